"""The local system on a small template of its own: what AWS does between the functions, it does too."""

import base64
import json
import logging
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest

from infra.local.clock import LocalClock
from infra.local.errors import LocalError
from infra.local.issuer import AUDIENCE, ISSUER, Issuer
from infra.local.pollers import Delivery, Stuck
from infra.local.system import LocalSystem

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  JwtIssuer: {Type: String}
  JwtAudience: {Type: CommaDelimitedList}
  Origins: {Type: CommaDelimitedList, Default: ''}
Conditions:
  HasOrigins: !Not [!Equals [!Join ['', !Ref Origins], '']]
Globals:
  Function:
    Timeout: 7
    Environment: {Variables: {THING_TABLE: !Ref ThingTable}}
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      ProtocolType: HTTP
      CorsConfiguration: !If
        - HasOrigins
        - AllowOrigins: !Ref Origins
          AllowMethods: [GET, PUT]
          AllowHeaders: [authorization]
          ExposeHeaders: [ETag]
          MaxAge: 60
        - !Ref AWS::NoValue
  Tokens:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      AuthorizerType: JWT
      JwtConfiguration: {Issuer: !Ref JwtIssuer, Audience: !Ref JwtAudience}
  Put:
    Type: AWS::Serverless::Function
    Properties: {Handler: HERE.put, Environment: {Variables: {POWERTOOLS_SERVICE_NAME: put}}}
  PutIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Put.Arn}}
  PutRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      RouteKey: PUT /things/{thing_id}
      Target: !Sub integrations/${PutIntegration}
      AuthorizationType: JWT
      AuthorizerId: !Ref Tokens
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: HERE.echo
      Environment: {Variables: {POWERTOOLS_SERVICE_NAME: echo, API: !GetAtt Api.ApiEndpoint}}
  EchoIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Echo.Arn}}
  EchoRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: 'POST /echo/{word}', Target: !Sub 'integrations/${EchoIntegration}'}
  OwnRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      RouteKey: POST /own/{word}
      Target: !Sub integrations/${EchoIntegration}
      AuthorizationType: JWT
      AuthorizerId: !Ref Tokens
  Answer:
    Type: AWS::Serverless::Function
    Properties: {Handler: HERE.answer}
  AnswerIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Answer.Arn}}
  AnswerRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: GET /echo/answer, Target: !Sub 'integrations/${AnswerIntegration}'}
  Forward:
    Type: AWS::Serverless::Function
    Properties:
      Handler: HERE.forward
      Environment: {Variables: {WORDS_QUEUE_URL: !Ref WordsQueue, UNREAD_QUEUE_URL: !Ref UnreadQueue}}
      Events:
        Things:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt ThingTable.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 4
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria:
              Filters: [{Pattern: '{"dynamodb": {"NewImage": {"outbox": {"S": [{"exists": true}]}}}}'}]
  Read:
    Type: AWS::Serverless::Function
    Properties:
      Handler: HERE.read
      Events:
        Words:
          Type: SQS
          Properties: {Queue: !GetAtt WordsQueue.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]}
  Tick:
    Type: AWS::Serverless::Function
    Properties:
      Handler: HERE.tick
      Events: {Every: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(15 minutes)}}}
  WordsQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt WordsDeadLetters.Arn, maxReceiveCount: 3}
  WordsDeadLetters: {Type: AWS::SQS::Queue}
  UnreadQueue: {Type: AWS::SQS::Queue}
  ThingTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
""".replace("HERE", __name__)


class World:
    """What the handlers below saw, and how they are to misbehave."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.forwarded: list[str] = []
        self.forward_failures = 0
        self.ticks: list[Any] = []
        self.answer: Any = None


world = World()


def put(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Keep a thing; its body is the outbox. A body that is absent announces nothing."""
    item = {"pk": {"S": event["pathParameters"]["thing_id"]}}
    if "body" in event:
        item["outbox"] = {"S": event["body"]}
    boto3.client("dynamodb").put_item(TableName=os.environ["THING_TABLE"], Item=item)
    print("kept a thing")  # noqa: T201
    return {"statusCode": 202, "body": "{}"}


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    seen = {"event": event, "left_ms": context.get_remaining_time_in_millis(), "env": dict(os.environ)}
    return {"statusCode": 200, "body": json.dumps(seen), "headers": {"ETag": '"1"'}, "cookies": ["a=b"]}


def answer(event: dict[str, Any], context: Any) -> Any:
    if isinstance(world.answer, Exception):
        raise world.answer
    return world.answer


def forward(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send every outbox on, as `queue` names it; fails from the second record on while it is told to."""
    sqs = boto3.client("sqs")
    for place, record in enumerate(event["Records"]):
        if world.forward_failures and place > 0:
            world.forward_failures -= 1
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        outbox = record["dynamodb"]["NewImage"]["outbox"]["S"]
        url = os.environ["UNREAD_QUEUE_URL" if "unread" in outbox else "WORDS_QUEUE_URL"]
        sqs.send_message(QueueUrl=url, MessageBody=outbox)
        world.forwarded.append(json.loads(outbox)["word"])
    return {"batchItemFailures": []}


def read(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failed = []
    for record in event["Records"]:
        word = json.loads(record["body"])["word"]
        world.words.append(word)
        if word == "poison":
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def tick(event: dict[str, Any], context: Any) -> None:
    world.ticks.append(event)


START = datetime(2022, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_world() -> None:
    world.__init__()  # type: ignore[misc]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def system(template: Path, tmp_path: Path) -> Iterator[LocalSystem]:
    with LocalSystem(template=template, state=tmp_path, clock=LocalClock(START, ticking=False)) as system:
        yield system


@pytest.fixture
def live(template: Path, tmp_path: Path) -> Iterator[LocalSystem]:
    with LocalSystem(template=template, state=tmp_path, port=0, log=tmp_path / "run.log") as system:
        system.go_live()
        yield system


def put_words(system: LocalSystem, *words: str) -> None:
    token = system.token("dr-a")
    for place, word in enumerate(words):
        assert system.request("PUT", f"/things/{place}-{word}", token, {"word": word}).status == 202


def eventually(condition: Any, seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)


# The gateway


def test_a_handler_is_told_the_request_as_payload_2_0_has_it(system: LocalSystem) -> None:
    answer = system.request("POST", "/echo/a%20b?x=1&y=&x=2", body={"k": "é"}, headers={"Cookie": "c=d; e=f"})
    event = answer.json()["event"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /echo/{word}"
    assert event["rawPath"] == "/echo/a%20b"
    assert event["pathParameters"] == {"word": "a b"}
    assert event["rawQueryString"] == "x=1&y=&x=2"
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["c=d", "e=f"]
    assert json.loads(event["body"]) == {"k": "é"}
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["stage"] == "$default"
    assert event["requestContext"]["timeEpoch"] == int(START.timestamp() * 1000)
    assert "authorizer" not in event["requestContext"]
    assert 6000 < answer.json()["left_ms"] <= 7000
    assert answer.headers["etag"] == '"1"'
    assert answer.cookies == ("a=b",)


def test_what_a_request_does_not_have_its_event_does_not_have(system: LocalSystem) -> None:
    world.answer = {"statusCode": 204}
    events = []
    system.observers.append(lambda invocation: events.append(invocation.event))
    assert system.request("GET", "/echo/answer").status == 204
    assert not {"body", "queryStringParameters", "pathParameters", "cookies"} & set(events[0])


@pytest.mark.parametrize(
    ("kind", "body", "as_text"),
    [
        ("application/json; charset=utf-8", b"{}", True),
        ("text/x-gift", b"a", True),
        ("application/problem+json", b"{}", True),
        ("application/x-www-form-urlencoded", b"a=b", False),
        ("application/zip", b"PK", False),
        ("application/json", b"\xff", False),
    ],
)
def test_a_body_that_is_not_text_comes_in_base64(system: LocalSystem, kind: str, body: bytes, as_text: bool) -> None:
    event = system.request("POST", "/echo/x", body=body, headers={"content-type": kind}).json()["event"]
    assert event["isBase64Encoded"] is not as_text
    assert event["body"] == (body.decode() if as_text else base64.b64encode(body).decode())


def test_a_full_path_wins_over_a_parameter(system: LocalSystem) -> None:
    world.answer = {"statusCode": 200, "body": "the answer"}
    assert system.request("GET", "/echo/answer").body == b"the answer"


def test_a_binary_answer_and_a_bare_one_are_what_the_client_gets(system: LocalSystem) -> None:
    world.answer = {"statusCode": 200, "body": base64.b64encode(b"%PDF").decode(), "isBase64Encoded": True}
    assert system.request("GET", "/echo/answer").body == b"%PDF"
    world.answer = {"bare": True}
    assert system.request("GET", "/echo/answer").json() == {"bare": True}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("PATCH", "/echo/x"), ("GET", "/echo/x/y"), ("POST", "/echo/")]
)
def test_an_unknown_route_is_not_found(system: LocalSystem, method: str, path: str) -> None:
    answer = system.request(method, path)
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


def test_claims_are_strings_and_a_list_stands_in_brackets(system: LocalSystem) -> None:
    token = system.token("dr-a", name="Dr. A", groups=["admin", "author"])
    claims = system.request("POST", "/own/x", token).json()["event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["sub"] == "dr-a"
    assert claims["name"] == "Dr. A"
    assert claims["token_use"] == "id"
    assert claims["cognito:groups"] == "[admin author]"
    assert claims["email_verified"] == "true"
    assert claims["exp"] == str(int((START + timedelta(days=1)).timestamp()))


def test_a_learner_has_no_groups_claim(system: LocalSystem) -> None:
    event = system.request("POST", "/own/x", system.token("dr-a")).json()["event"]
    assert "cognito:groups" not in event["requestContext"]["authorizer"]["jwt"]["claims"]


def test_a_token_without_the_word_bearer_is_taken(system: LocalSystem) -> None:
    assert system.request("POST", "/own/x", headers={"Authorization": system.token("dr-a")}).status == 200


def bad_tokens(system: LocalSystem, folder: Path) -> dict[str, str]:
    good = system.token("dr-a")
    claims = jwt.decode(good, options={"verify_signature": False})
    key = system.issuer._key
    head, payload, signature = good.split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"cognito:groups": ["admin"]}).encode()).decode().rstrip("=")

    def signed(**changes: Any) -> str:
        return jwt.encode({**claims, **changes}, key, algorithm="RS256")

    return {
        "empty": "",
        "garbage": "abc",
        "alg none": jwt.encode(claims, None, algorithm="none"),
        "another's key": Issuer(folder / "other").token("dr-a", at=START),
        "forged groups": f"{head}.{forged}.{signature}",
        "no signature": f"{head}.{payload}.",
        "another issuer": signed(iss="https://elsewhere.example"),
        "another audience": signed(aud="another-client"),
        "no expiry": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="RS256"),
        "expiry that is no number": signed(exp=[1]),
        "expired": signed(exp=int(START.timestamp())),
        "issued later": signed(iat=int(START.timestamp()) + 60),
    }


def test_any_other_token_is_unauthorized(system: LocalSystem, tmp_path: Path) -> None:
    assert system.request("POST", "/own/x", system.token("dr-a")).status == 200
    refusals = {
        name: (answer.status, answer.json(), answer.headers["www-authenticate"])
        for name, token in bad_tokens(system, tmp_path).items()
        for answer in [system.request("POST", "/own/x", token)]
    }
    assert refusals == dict.fromkeys(refusals, (401, {"message": "Unauthorized"}, "Bearer"))
    assert system.request("POST", "/own/x").status == 401


def test_a_token_expires_by_the_injected_clock(system: LocalSystem) -> None:
    token = system.token("dr-a")
    system.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert system.request("POST", "/own/x", token).status == 200
    system.advance(timedelta(seconds=1))
    assert system.request("POST", "/own/x", token).status == 401


def test_a_token_is_good_for_the_next_system_with_the_same_folder(template: Path, tmp_path: Path) -> None:
    token = Issuer(tmp_path).token("dr-a", at=START)
    for _ in range(2):
        with LocalSystem(template=template, state=tmp_path, clock=LocalClock(START, ticking=False)) as system:
            assert system.request("POST", "/own/x", token).status == 200


def test_a_fault_of_a_function_tells_the_client_nothing_and_the_log_all(
    system: LocalSystem, caplog: pytest.LogCaptureFixture
) -> None:
    world.answer = RuntimeError("the secret cause")
    with caplog.at_level(logging.ERROR):
        answer = system.request("GET", "/echo/answer")
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "the secret cause" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("nonsense", [object(), {"statusCode": "many"}, {"statusCode": 200, "body": {"not": "text"}}])
def test_an_answer_that_is_none_is_a_server_error(system: LocalSystem, nonsense: Any) -> None:
    world.answer = nonsense
    assert system.request("GET", "/echo/answer").status == 500


def test_a_body_over_ten_mebibytes_is_too_large(system: LocalSystem) -> None:
    at_most = b"x" * 10 * 1024 * 1024
    assert system.request("POST", "/echo/x", body=at_most).status == 200
    answer = system.request("POST", "/echo/x", body=at_most + b"x")
    assert (answer.status, answer.json()) == (413, {"message": "Request Entity Too Large"})


def test_without_origins_there_is_no_cors(system: LocalSystem) -> None:
    answer = system.request("POST", "/echo/x", headers={"Origin": "https://app.example"})
    assert "access-control-allow-origin" not in answer.headers
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    assert system.request("OPTIONS", "/echo/x", headers=preflight).status == 404


def test_cors_is_as_the_template_says(template: Path, tmp_path: Path) -> None:
    own, other = {"Origin": "https://app.example"}, {"Origin": "https://evil.example"}
    origins = {"Origins": "https://app.example,https://www.example"}
    with LocalSystem(template=template, state=tmp_path, parameters=origins) as system:
        preflight = system.request("OPTIONS", "/own/x", headers=own | {"Access-Control-Request-Method": "PUT"})
        assert preflight.status == 204
        assert preflight.headers == {
            "access-control-allow-origin": "https://app.example",
            "access-control-allow-methods": "GET,PUT",
            "access-control-allow-headers": "authorization",
            "access-control-max-age": "60",
            "vary": "Origin",
        }
        refused = system.request("POST", "/own/x", headers=own)
        assert refused.status == 401
        assert refused.headers["access-control-allow-origin"] == "https://app.example"
        assert refused.headers["access-control-expose-headers"] == "ETag"
        assert "access-control-allow-origin" not in system.request("POST", "/echo/x", headers=other).headers


# Streams and queues


def test_what_is_written_with_an_outbox_reaches_its_queue_and_its_reader(system: LocalSystem) -> None:
    put_words(system, "one", "two")
    assert world.words == []
    system.drain()
    assert world.words == ["one", "two"]


def test_the_filter_of_the_template_decides_what_a_stream_delivers(system: LocalSystem) -> None:
    assert system.request("PUT", "/things/silent", system.token("dr-a")).status == 202
    put_words(system, "one")
    system.drain()
    assert world.forwarded == ["one"]


def test_only_the_failed_message_comes_again_and_ends_as_a_dead_letter(system: LocalSystem) -> None:
    put_words(system, "good", "poison", "fine")
    system.drain()
    assert sorted(world.words) == ["fine", "good", "poison", "poison", "poison"]
    assert system.messages("WordsDeadLetters") == [{"word": "poison"}]


def test_messages_of_a_queue_that_nobody_reads_are_kept_in_order(system: LocalSystem) -> None:
    put_words(system, "unread-1", "unread-2")
    system.drain()
    put_words(system, "unread-3")
    system.drain()
    expected = [{"word": "unread-1"}, {"word": "unread-2"}, {"word": "unread-3"}]
    assert system.messages("UnreadQueue") == expected
    assert system.messages("UnreadQueue") == expected
    with pytest.raises(ValueError, match="WordsQueue"):
        system.messages("WordsQueue")


def test_a_stream_goes_on_from_the_first_failed_record_in_order(system: LocalSystem) -> None:
    world.forward_failures = 3
    words = [f"w{place}" for place in range(9)]
    put_words(system, *words)
    system.drain()
    assert world.forwarded == words


def test_a_stream_is_read_to_its_end_however_much_there_is(system: LocalSystem) -> None:
    words = [f"w{place}" for place in range(250)]
    put_words(system, *words)
    system.drain()
    assert world.forwarded == words


def test_a_stream_goes_on_after_a_transaction_that_was_cancelled(system: LocalSystem) -> None:
    put_words(system, "one")
    system.drain()
    dynamodb, table = system.aws("dynamodb"), system.reference("ThingTable")
    [row, *_] = dynamodb.scan(TableName=table)["Items"]
    names = {"#key": next(iter(row))}
    put = {"TableName": table, "Item": row, "ConditionExpression": "attribute_not_exists(#key)"}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=[{"Put": {**put, "ExpressionAttributeNames": names}}])
    put_words(system, "two")
    system.drain()
    assert world.forwarded == ["one", "two"]


def test_a_cancelled_transaction_leaves_no_trace_in_table_or_stream(system: LocalSystem) -> None:
    put_words(system, "one")
    system.drain()
    dynamodb, table = system.aws("dynamodb"), system.reference("ThingTable")
    [row] = dynamodb.scan(TableName=table)["Items"]
    key = next(iter(row))
    other = {**row, key: {"S": "other"}, "outbox": {"S": json.dumps(["never"])}}
    refused = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}}
    writes = [
        {"Put": {"TableName": table, "Item": {**row, "more": {"S": "never"}}}},
        {"Put": {"TableName": table, "Item": other}},
        {"ConditionCheck": {"TableName": table, "Key": {key: {"S": "third"}}, **refused}},
    ]
    for cancelled in ([*writes, {"Put": {"TableName": table, "Item": row, **refused}}], [*writes, writes[0]]):
        with pytest.raises(dynamodb.exceptions.ClientError):
            dynamodb.transact_write_items(TransactItems=cancelled)
    system.drain()
    assert dynamodb.scan(TableName=table)["Items"] == [row]
    assert world.forwarded == ["one"]
    dynamodb.transact_write_items(TransactItems=writes)
    assert len(dynamodb.scan(TableName=table)["Items"]) == 2


def test_a_stream_that_never_gets_on_is_told_with_its_cause(system: LocalSystem) -> None:
    broken = system.token("dr-a")
    system.request("PUT", "/things/broken", broken, "this is not JSON", {"content-type": "text/plain"})
    with pytest.raises(Stuck, match="ThingTable") as caught:
        system.drain()
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)


def test_every_message_can_be_delivered_twice(system: LocalSystem) -> None:
    system.delivery = Delivery(times=2)
    put_words(system, "one", "two")
    system.drain()
    assert world.forwarded == ["one", "two", "one", "two"]
    assert sorted(world.words) == ["one"] * 4 + ["two"] * 4


def test_messages_can_come_in_another_order_but_each_comes(system: LocalSystem) -> None:
    words = [f"w{place:02}" for place in range(23)]
    system.delivery = Delivery(seed=1)
    put_words(system, *words)
    system.drain()
    assert world.forwarded == words
    assert sorted(world.words) == words
    assert world.words != words


def test_a_dead_letter_is_one_also_when_all_is_delivered_twice_and_shuffled(system: LocalSystem) -> None:
    system.delivery = Delivery(times=2, seed=3)
    put_words(system, "good", "poison")
    system.drain()
    assert world.words.count("good") == 4
    assert world.words.count("poison") == 2 * 2 * 3
    assert system.messages("WordsDeadLetters") == [{"word": "poison"}] * 2


def test_observers_see_every_invocation_with_its_messages(system: LocalSystem) -> None:
    seen: list[tuple[str, str, list[Any]]] = []
    system.observers.append(lambda call: seen.append((call.function, call.trigger, call.messages)))
    put_words(system, "one")
    system.drain()
    assert seen == [("Put", "http", []), ("Forward", "stream", []), ("Read", "queue", [{"word": "one"}])]


def test_each_system_starts_empty(template: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with LocalSystem(template=template, state=tmp_path) as system:
            put_words(system, "one")
            assert len(system.aws("dynamodb").scan(TableName=system.reference("ThingTable"))["Items"]) == 1


# Schedules, environment


def test_a_schedule_fires_on_demand_as_the_scheduler_does(system: LocalSystem) -> None:
    assert system.schedules == ["Tick"]
    system.fire("Tick")
    assert [(event["source"], event["time"]) for event in world.ticks] == [("aws.scheduler", "2022-05-01T12:00:00Z")]
    with pytest.raises(KeyError):
        system.fire("Read")


def test_handlers_find_their_environment_and_nothing_of_the_users(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://elsewhere.example")
    with LocalSystem(template=template, state=tmp_path) as system:
        env = system.request("POST", "/echo/x").json()["env"]
        assert env["THING_TABLE"] == "ThingTable"
        assert env["API"] == system.address
        assert env["POWERTOOLS_SERVICE_NAME"] == "echo"
        assert env["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_DYNAMODB"} & set(env)
    assert os.environ["AWS_PROFILE"] == "production"
    assert "THING_TABLE" not in os.environ
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_one_name_with_two_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE.replace("API: !GetAtt Api.ApiEndpoint", "THING_TABLE: other"))
    with pytest.raises(LocalError, match="THING_TABLE is 'ThingTable' for one function and 'other' for Echo"):
        LocalSystem(template=path, state=tmp_path)


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        ("integrations/${PutIntegration}", "integrations/none", "route 'PUT /things/{thing_id}' leads to 'none'"),
        ("!GetAtt WordsQueue.Arn", "!GetAtt WordQueue.Arn", "'WordQueue' is referred to"),
        ("rate(15 minutes)", "'cron(0 6 * * ? *)'", r"the schedule of Tick is 'cron\(0 6 \* \* \? \*\)'"),
        ("Type: ScheduleV2", "Type: S3", "Tick has an event of type S3"),
    ],
)
def test_wrong_wiring_is_one_clear_line(tmp_path: Path, was: str, becomes: str, line: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE.replace(was, becomes))
    with pytest.raises(LocalError, match=f"^template.yaml: {line}[^\n]*$"):
        LocalSystem(template=path, state=tmp_path)


# Live


def call(
    system: LocalSystem, method: str, path: str, body: bytes | None = None, token: str = ""
) -> tuple[int, bytes, Any]:
    headers = {"content-type": "application/json", "authorization": token}
    request = urllib.request.Request(system.address + path, method=method, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def test_a_live_system_answers_over_http(live: LocalSystem) -> None:
    status, body, headers = call(live, "POST", "/echo/a%20b?x=1", b"{}")
    event = json.loads(body)["event"]
    assert status == 200
    assert event["rawPath"] == "/echo/a%20b"
    assert event["headers"]["host"] == live.address.removeprefix("http://")
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert headers["set-cookie"] == "a=b"
    assert call(live, "GET", "/nothing")[:2] == (404, b'{"message": "Not Found"}')
    assert call(live, "PUT", "/things/x", b"{}")[:2] == (401, b'{"message": "Unauthorized"}')


def test_a_live_system_delivers_as_soon_as_something_is_written(live: LocalSystem) -> None:
    took = []
    for place in range(5):
        began = time.perf_counter()
        assert call(live, "PUT", f"/things/{place}", b'{"word": "one"}', live.token("dr-a"))[0] == 202
        eventually(lambda count=place + 1: len(world.words) == count)
        took.append(time.perf_counter() - began)
    assert min(took) < live._engine.queue_seconds / 2, "woken, not found by looking now and then"


def test_a_live_system_tries_a_failed_message_again_until_it_is_a_dead_letter(live: LocalSystem) -> None:
    call(live, "PUT", "/things/1", b'{"word": "poison"}', live.token("dr-a"))
    eventually(lambda: live.messages("WordsDeadLetters") == [{"word": "poison"}], seconds=15)
    assert world.words == ["poison"] * 3


def test_a_live_schedule_fires_at_the_start_and_when_the_clock_is_moved_past_its_time(live: LocalSystem) -> None:
    eventually(lambda: len(world.ticks) == 1)
    live.advance(timedelta(minutes=14))
    time.sleep(0.05)
    assert len(world.ticks) == 1
    live.advance(timedelta(minutes=1))
    eventually(lambda: len(world.ticks) == 2)


def test_what_handlers_print_goes_to_the_log(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.log"
    with LocalSystem(template=template, state=tmp_path, port=0, log=log) as system:
        system.observers.append(lambda call: print(f"seen: {call.function}"))  # noqa: T201
        system.go_live()
        call(system, "PUT", "/things/1", b'{"word": "one"}', system.token("dr-a"))
    assert "kept a thing" in log.read_text()
    assert "seen: Put" not in log.read_text()
    terminal = capsys.readouterr().out
    assert "kept a thing" not in terminal
    assert "seen: Put" in terminal


def test_parallel_requests_take_turns(live: LocalSystem) -> None:
    """A Powertools resolver keeps the current event on its class."""
    running, most = 0, 0

    def busy(*_: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        running -= 1
        return {"statusCode": 204}

    live._lambdas._handler = lambda _function: busy  # type: ignore[method-assign]
    threads = [threading.Thread(target=call, args=(live, "GET", "/echo/answer")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_live_system_does_not_drain(live: LocalSystem) -> None:
    with pytest.raises(RuntimeError):
        live.drain()


def test_a_port_in_use_is_one_clear_line(template: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"^port {port} is in use; take another one "):
            LocalSystem(template=template, state=tmp_path, port=port)


def test_a_closed_system_leaves_no_thread_and_no_port(template: Path, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with LocalSystem(template=template, state=tmp_path, port=0) as system:
        system.go_live()
        assert call(system, "POST", "/echo/x")[0] == 200
        port = int(system.address.rpartition(":")[2])
    eventually(lambda: not [thread for thread in threading.enumerate() if thread not in before])
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_the_issuer_is_the_same_for_all_that_start_at_once(tmp_path: Path) -> None:
    issuers: list[Issuer] = []
    threads = [threading.Thread(target=lambda: issuers.append(Issuer(tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    token = issuers[0].token("dr-a", at=START)
    for issuer in issuers:
        assert issuer.claims(token, issuer=ISSUER, audience=[AUDIENCE], at=START)["sub"] == "dr-a"
    assert (tmp_path / "issuer.pem").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["issuer.pem"]
