"""Makes the template's tables, queues, buckets and keys in the engine, each when it is first referred to."""

import json
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.template import FUNCTION, Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

REGION: Final = "eu-central-1"
ACCOUNT = "123456789012"

_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)
_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "MaximumMessageSize",
    "DelaySeconds",
    "FifoQueue",
    "ContentBasedDeduplication",
)


class Clients(Protocol):
    """Clients of the engine, by AWS's name of the service."""

    def __call__(self, service: str) -> Any: ...


class Resources:
    """What the template's resources are called in the engine.

    Order needs no graph: a Ref or GetAtt makes what it refers to. A resource of a type that the local system has
    no use for is never made, so it is an error only when something that is used refers to it.
    """

    def __init__(self, template: Template, clients: Clients, address: str) -> None:
        """`address` is where this system's HTTP API answers, without a trailing slash."""
        self._template = template
        self._clients = clients
        self._address = address
        self._made: dict[str, dict[str | None, str]] = {}

    def make_all(self) -> int:
        """Make every resource the engine keeps; the number of them."""
        kept = [name for kind in _MAKERS for name in self._template.of_type(kind)]
        for name in kept:
            self.lookup(name, None)
        return len(kept)

    def lookup(self, name: str, attribute: str | None) -> str:
        """The value of a Ref (attribute None) or GetAtt; LocalError when there is none."""
        if name not in self._made:
            self._made[name] = self._make(name)
        values = self._made[name]
        if attribute not in values:
            words = f"!Ref {name}" if attribute is None else f"!GetAtt {name}.{attribute}"
            raise self._template.error(f"{words} ({self._template.type_of(name)}) has no value locally")
        return values[attribute]

    def resolve(self, value: Any) -> Any:
        return self._template.resolve(value, self.lookup)

    def _make(self, name: str) -> dict[str | None, str]:
        kind = self._template.type_of(name)
        if kind in _MAKERS:
            properties = self.resolve(self._template.properties_of(name))
            try:
                return _MAKERS[kind](self._clients, name, properties)
            except (BotoCoreError, ClientError) as error:
                raise self._template.error(f"the engine refused {name}: {' '.join(str(error).split())}") from error
        if kind == FUNCTION:
            return {None: name, "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}
        if kind == "AWS::ApiGatewayV2::Api":
            return {None: name, "ApiEndpoint": self._address, "ApiId": name}
        return {None: name}


def _make_table(clients: Clients, name: str, properties: dict[str, Any]) -> dict[str | None, str]:
    dynamodb: DynamoDBClient = clients("dynamodb")
    table_name = properties.get("TableName", name)
    request = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    if "StreamSpecification" in properties:
        request["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    table = dynamodb.create_table(TableName=table_name, **request)["TableDescription"]
    if "TimeToLiveSpecification" in properties:
        dynamodb.update_time_to_live(
            TableName=table_name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
        )
    made: dict[str | None, str] = {None: table_name, "Arn": table["TableArn"]}
    if "LatestStreamArn" in table:
        made["StreamArn"] = table["LatestStreamArn"]
    return made


def _make_queue(clients: Clients, name: str, properties: dict[str, Any]) -> dict[str | None, str]:
    sqs: SQSClient = clients("sqs")
    attributes = {key: _text(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    queue_name = properties.get("QueueName", name)
    url = sqs.create_queue(QueueName=queue_name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {None: url, "QueueUrl": url, "QueueName": queue_name, "Arn": arn}


def _make_bucket(clients: Clients, name: str, properties: dict[str, Any]) -> dict[str | None, str]:
    s3: S3Client = clients("s3")
    bucket = properties.get("BucketName", f"cme-local-{name.lower()}")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
    return {None: bucket, "Arn": f"arn:aws:s3:::{bucket}"}


def _make_key(clients: Clients, _name: str, properties: dict[str, Any]) -> dict[str | None, str]:
    kms: KMSClient = clients("kms")
    request = {key: properties[key] for key in ("KeySpec", "KeyUsage", "Description") if key in properties}
    key = kms.create_key(**request)["KeyMetadata"]
    return {None: key["KeyId"], "Arn": key["Arn"]}


def _make_identity(clients: Clients, _name: str, properties: dict[str, Any]) -> dict[str | None, str]:
    ses: SESV2Client = clients("sesv2")
    identity = properties["EmailIdentity"]
    ses.create_email_identity(EmailIdentity=identity)
    return {None: identity}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_MAKERS = {
    "AWS::SQS::Queue": _make_queue,
    "AWS::DynamoDB::Table": _make_table,
    "AWS::S3::Bucket": _make_bucket,
    "AWS::KMS::Key": _make_key,
    "AWS::SES::EmailIdentity": _make_identity,
}
