"""The built template, deployed as it stands to ministack, with a user pool whose tokens it takes.

What the emulator lacks is worked around here and nowhere else:

- it speaks plain HTTP, which the buckets refuse on AWS: that statement is taken out of their policies after the deploy;
- it refuses an alarm that computes, so that is left out of what is deployed;
- to a bucket's policy it names a role's session, on AWS the role: the role that reads evidence is named so there;
- it takes a number that comes from a parameter for text, and its poller falls over it: the number is said again;
- schedules fire a minute after the deploy at the earliest: `fire` calls their function;
- its clock is the machine's, and nobody moves it: `put_back` lets an item say that it was written earlier;
- it has no way to ask whether all is quiet: `drain` waits until no queue has held a message for a while.
"""

import http.client
import json
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

from infra.local.clock import LocalClock
from infra.local.engine import Ministack
from infra.local.gateway import Response
from infra.local.lambdas import Observer
from infra.local.outbox import SentMail
from shared.facts import instant

REGION = "us-east-1"
STACK = "cme"
PUBLIC_URL = "https://cme.example"
PASSWORD = "Only-for-this-pool-1"
SESSION = "test"
QUIET_SECONDS = 3.0  # longer than a warm relay takes to bring a change from a table's stream to its queue
PATIENCE_SECONDS = 120.0
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class DeployedSystem:
    """What tests say to a local system, said to a deployed one."""

    def __init__(self, engine: Ministack, built: Path, sam: Path, home: Path) -> None:
        self._engine = engine
        self._built = built
        self._sam = sam
        self._home = home
        self._tokens: dict[str, str] = {}
        self.clock = LocalClock()
        self.observers: list[Observer] = []

    def deploy(self) -> None:
        """Make the pool, deploy the built template, and say again what the emulator takes otherwise than AWS does."""
        pool = self.aws("cognito-idp").create_user_pool(PoolName=STACK)["UserPool"]["Id"]
        client = self.aws("cognito-idp").create_user_pool_client(
            UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        self._pool, self._client = pool, client["UserPoolClient"]["ClientId"]
        for group in ("admin", "author"):
            self.aws("cognito-idp").create_group(UserPoolId=pool, GroupName=group)
        parameters = {
            "Architecture": "x86_64",
            "JwtIssuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
            "JwtAudience": self._client,
            "PublicUrl": PUBLIC_URL,
            "MailFrom": "office@example.org",
            "MailIdentity": "example.org",
            "UserPoolId": pool,
            # What a job waits for takes no longer here.
            "JobPause": "1",
        }
        command = [
            str(self._sam), "deploy", "--template-file", str(self._template()), "--stack-name", STACK, "--resolve-s3",
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "--no-confirm-changeset", "--no-progressbar",
            "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
        ]  # fmt: skip
        environment = {
            "PATH": f"{self._sam.parent}:{os.environ['PATH']}",
            "HOME": str(self._home),
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": self._engine.address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, "\n".join([*self._refused_resources(), done.stdout[-1000:], done.stderr[-3000:]])
        for bucket in ("DocumentBucket", "EvidenceBucket"):
            self._say_policy_again(self.reference(bucket))
        self._say_numbers_again()
        self._warm_the_consumers()

    def _template(self) -> Path:
        """The built template without the alarms that compute; beside it, for its paths are relative."""
        template = yaml_parse(self._built.read_text(encoding="utf-8"))
        template["Resources"] = {
            name: resource
            for name, resource in template["Resources"].items()
            if not (resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"])
        }
        path = self._built.with_name("deployed.json")
        path.write_text(json.dumps(template), encoding="utf-8")
        return path

    def _refused_resources(self) -> Sequence[str]:
        """What could not be made, and why."""
        pages = self.aws("cloudformation").get_paginator("describe_stack_events").paginate(StackName=STACK)
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for page in pages
            for event in page["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
        ]

    def _say_policy_again(self, bucket: str) -> None:
        """Without the statement that demands TLS, and with sessions in the place of their role."""
        s3, reader = self.aws("s3"), self._arn_of("EvidenceReader")
        session = f"{reader.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{SESSION}"
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"].replace(reader, session))
        policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "OnlyOverTls"]
        s3.delete_bucket_policy(Bucket=bucket)
        if policy["Statement"]:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def _say_numbers_again(self) -> None:
        functions = self.aws("lambda")
        for page in functions.get_paginator("list_event_source_mappings").paginate():
            for mapping in page["EventSourceMappings"]:
                most = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
                if most is not None:
                    scaling = {"MaximumConcurrency": int(most)}
                    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)

    def _warm_the_consumers(self) -> None:
        """Nobody can see a change that a cold relay has not taken up yet, so none of them is cold."""
        found = self.aws("lambda").get_paginator("list_event_source_mappings").paginate()
        functions = {one["FunctionArn"] for page in found for one in page["EventSourceMappings"]}
        for function in sorted(functions):
            self.aws("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')

    @property
    def address(self) -> str:
        return PUBLIC_URL

    def aws(self, service: str) -> Any:
        """A client of the engine with all rights."""
        return self._client_of(service, {"AccessKeyId": "test", "SecretAccessKey": "test"})

    def aws_as(self, role: str, service: str) -> Any:
        """A client with the rights of a role (by its logical id)."""
        given = self.aws("sts").assume_role(RoleArn=self._arn_of(role), RoleSessionName=SESSION)["Credentials"]
        return self._client_of(service, given)

    def _arn_of(self, role: str) -> str:
        return str(self.aws("iam").get_role(RoleName=self.reference(role))["Role"]["Arn"])

    def _client_of(self, service: str, credentials: Mapping[str, str]) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._engine.address,
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"mode": "standard", "max_attempts": 4}),
        )

    @cached_property
    def resources(self) -> dict[str, str]:
        """What each resource of the template is called in the engine."""
        pages = self.aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        return {
            found["LogicalResourceId"]: found["PhysicalResourceId"]
            for page in pages
            for found in page["StackResourceSummaries"]
        }

    def reference(self, name: str) -> str:
        return self.resources[name]

    # People

    def sub_of(self, name: str, groups: tuple[str, ...] = ()) -> str:
        """A new user of the pool, with an address that was verified; the pool chose the id."""
        cognito, user = self.aws("cognito-idp"), uuid4().hex
        attributes = [{"Name": "name", "Value": name}]
        made = cognito.admin_create_user(UserPoolId=self._pool, Username=user, UserAttributes=attributes)
        sub = next(str(one["Value"]) for one in made["User"]["Attributes"] if one["Name"] == "sub")
        cognito.admin_update_user_attributes(
            UserPoolId=self._pool,
            Username=user,
            UserAttributes=[
                {"Name": "email", "Value": f"{sub}@example.org"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        cognito.admin_set_user_password(UserPoolId=self._pool, Username=user, Password=PASSWORD, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=self._pool, Username=user, GroupName=group)
        self._tokens[sub] = self.sign_in(user)["IdToken"]
        return sub

    def accounts_of(self, sub: str) -> Sequence[Any]:
        """The users of the pool with this ``sub``: one, or none."""
        found = self.aws("cognito-idp").list_users(UserPoolId=self._pool, Filter=f'sub = "{sub}"')
        return list(found["Users"])

    def sign_in(self, user: str) -> Any:
        """The tokens of a user of the pool."""
        return self.aws("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self._client,
            AuthParameters={"USERNAME": user, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]

    def token(self, sub: str, *, name: str | None = None, groups: list[str] | None = None) -> str:
        return self._tokens[sub]

    # Requests, time and delivery

    def request(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """What the deployed HTTP API answers."""
        sent = {"host": f"{self.reference('Api')}.execute-api.{self._engine.address.removeprefix('http://')}"}
        if body is not None:
            sent["content-type"] = "application/json"
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        host, _, port = self._engine.address.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            connection.request(method, path, body=body.encode() if isinstance(body, str) else body, headers=sent)
            answer = connection.getresponse()
            given = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, given, answer.read())
        finally:
            connection.close()

    def advance(self, by: timedelta) -> None:
        raise AssertionError(f"a deployed system tells the time by itself; nobody moves it by {by}")

    def put_back(self, table: str, pk: str, sk: str, by: timedelta) -> None:
        """Let an item of a table (by its logical id) be as if it had been written that much earlier."""

        def earlier(found: re.Match[str]) -> str:
            return instant(datetime.fromisoformat(found[0]) - by)

        dynamodb, name = self.aws("dynamodb"), self.reference(table)
        item = dynamodb.get_item(TableName=name, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)["Item"]
        for attribute in ("facts", "due_at"):
            if attribute in item:
                item[attribute] = {"S": INSTANT.sub(earlier, item[attribute]["S"])}
        item.pop("outbox", None)
        dynamodb.put_item(TableName=name, Item=item)

    def fire(self, function: str) -> Any:
        """Call a scheduled function as its schedule does."""
        answer = self.aws("lambda").invoke(FunctionName=self.reference(function), Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    def drain(self) -> None:
        """Wait until no queue has held a message for a while; dead letters are an error."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            assert time.monotonic() < deadline, f"messages still wait: {self.depths()}\n{self.complaints()}"
            if any(self.depths().values()):
                quiet_since = time.monotonic()
            time.sleep(0.1)
        dead = {name: depth for name, depth in self.depths(dead=True).items() if depth}
        assert not dead, f"{dead}\n{self.complaints()}"

    def mails(self) -> Sequence[SentMail]:
        """All mail that was sent, oldest first."""
        return self._engine.mails()

    def depths(self, *, dead: bool = False) -> dict[str, int]:
        """How many messages each queue holds, those being worked on included."""
        wanted = "DeadLetters" if dead else "Queue"
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        depths = {}
        for name, url in self.resources.items():
            if name.endswith(wanted) and url.startswith("http"):
                found = self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                depths[name] = sum(int(value) for value in found.values())
        return depths

    def complaints(self) -> str:
        """What the functions' logs say of errors, the last first."""
        logs = self.aws("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        events = [event for group in groups for event in logs.filter_log_events(logGroupName=group).get("events", [])]
        words = ("AccessDenied", "Traceback", '"ERROR"', "timed out")
        said = [event["message"][:1500] for event in events if any(word in event["message"] for word in words)]
        return "\n".join(reversed(said))[:8000]
