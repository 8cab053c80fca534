"""The edge of every HTTP step: authorization, then validation, then the answer."""

import base64
import json
from collections.abc import Callable
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any

import pytest
from botocore.exceptions import ClientError
from pydantic import Field

from shared.api.operation import KIB, Operation, Query
from shared.api.resolver import RUNS, Answer, Api, Call
from shared.api.shapes import Body, Instant, View
from shared.domain.refusals import AttemptCoolingDown, NotFound
from shared.messaging.trace import Trace, current_trace
from shared.ports import ConcurrentChange
from tests.support.builders import HOUR, LEARNER, MODULE, NOW, NUMBER, a_context

PATH = "/modules/{module_id}/editions/{edition}/things/{number}"
LEARNERS: dict[str, str] = {"sub": LEARNER, "token_use": "id", "name": "Dr. A"}


@pytest.fixture(autouse=True)
def _metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps count what they do under the namespace of their environment."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "CME")


class ThingBody(Body):
    text: str
    count: int = 1
    places: list[int] = Field(default_factory=list)


class ThingQuery(Query):
    limit: Annotated[int, Field(ge=1, le=10)] = 5


class ThingView(View):
    text: str
    at: Instant
    note: str | None = None


def an_operation(**changes: Any) -> Operation:
    facts: dict[str, Any] = {
        "id": "putThing",
        "summary": "Put a thing",
        "method": HTTPMethod.PUT,
        "path": PATH,
        "answers": {HTTPStatus.OK: ThingView},
        "body": ThingBody,
        "query": ThingQuery,
    }
    return Operation(**(facts | changes))


def echo(call: Call[Any, Any]) -> Answer:
    text = call.body.text if call.body else "nothing"
    return Answer(HTTPStatus.OK, ThingView(text=text, at=call.at))


class Received:
    """An answer as API Gateway gets it."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.text: str = answer["body"]
        self.headers: dict[str, str] = answer["headers"]

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def slug(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return str(self.json["type"].rpartition("/")[2])

    @property
    def places(self) -> list[list[Any]]:
        """Where the request is not as expected."""
        assert all(error["msg"] for error in self.json["errors"])
        return [error["loc"] for error in self.json["errors"]]


def send(
    body: Any = None,
    *,
    function: Callable[[Call[Any, Any]], Answer] = echo,
    operation: Operation | None = None,
    claims: dict[str, str] | None = LEARNERS,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    path: str = f"/modules/{MODULE}/editions/2/things/{NUMBER}",
    is_base64: bool = False,
) -> Received:
    """Send one request; a ``body`` that is no text goes as JSON. Without ``claims`` there is no authorizer."""
    operation = operation or an_operation()
    api = Api()
    api.operation(operation)(function)
    text = body if isinstance(body, str | None) else json.dumps(body)
    context: dict[str, Any] = {
        "requestId": "request-1",
        "stage": "$default",
        "timeEpoch": int(NOW.timestamp() * 1000),
        "http": {"method": str(operation.method), "path": path},
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query,
        "requestContext": context,
        "body": text,
        "isBase64Encoded": is_base64,
    }
    return Received(api(event, a_context()))


THING = {"text": "something"}


def never(_: Call[Any, Any]) -> Answer:
    raise AssertionError("called in spite of a refusal")


def test_a_valid_request_is_answered_with_its_view() -> None:
    received = send(THING)
    assert (received.status, received.headers["Content-Type"]) == (200, "application/json")
    assert received.json == {"text": "something", "at": "2026-03-02T09:00:00Z"}
    assert received.headers["Cache-Control"] == "no-store"


def test_a_step_decides_by_the_instant_at_which_the_request_reached_the_api() -> None:
    assert send(THING).json["at"] == "2026-03-02T09:00:00Z"


def test_a_step_sees_who_asks_and_what_the_path_names() -> None:
    seen: list[object] = []

    def look(call: Call[Any, Any]) -> Answer:
        seen.extend([call.caller.learner_id, call.module_id, call.edition, call.number, call.query.limit])
        return echo(call)

    send(THING, function=look, query={"limit": "7"})
    assert seen == [LEARNER, MODULE, 2, NUMBER, 7]


def test_what_a_step_announces_belongs_to_the_request() -> None:
    seen: list[Trace | None] = []

    def look(call: Call[Any, Any]) -> Answer:
        seen.append(current_trace())
        return echo(call)

    send(THING, function=look)
    assert seen == [Trace(correlation_id="request-1", causation_id="request-1")]


@pytest.mark.parametrize(
    "claims",
    [None, {}, {"sub": "x", "token_use": "access"}],
    ids=["no authorizer", "no claims", "an access token"],
)
def test_without_an_id_token_nothing_is_allowed(claims: dict[str, str] | None) -> None:
    received = send(THING, claims=claims, function=never)
    assert (received.status, received.slug) == (403, "forbidden")


@pytest.mark.parametrize("body", ["{", {"unknown": 1}, "x" * 300 * KIB, None])
def test_authorization_comes_before_validation(body: Any) -> None:
    assert send(body, claims={}, function=never, query={"limit": "x"}).slug == "forbidden"


def test_groups_are_asked_for() -> None:
    operation = an_operation(groups=frozenset({"author"}))
    assert send(THING, operation=operation, function=never).slug == "forbidden"
    assert send(THING, operation=operation, claims={**LEARNERS, "cognito:groups": "[author]"}).status == 200
    assert send(THING, operation=operation, claims={**LEARNERS, "cognito:groups": "[admin x]"}).status == 200


def test_a_public_operation_asks_nobody_for_a_token() -> None:
    assert send(THING, operation=an_operation(public=True), claims=None).status == 200


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, [["body", "text"]]),
        (None, [["body", "text"]]),
        ({"text": 5}, [["body", "text"]]),
        ({"text": "x", "count": "1"}, [["body", "count"]]),
        ({"text": "x", "count": True}, [["body", "count"]]),
        ({"text": "x", "count": 1.5}, [["body", "count"]]),
        ({"text": "x", "places": [1, "2"]}, [["body", "places", 1]]),
        ({"text": "x", "more": 1}, [["body", "more"]]),
        ({"count": "1", "more": 1}, [["body", "text"], ["body", "count"], ["body", "more"]]),
        ([THING], [["body"]]),
        ("{", [["body"]]),
        ("null", [["body"]]),
        ('{"text": NaN}', [["body", "text"]]),
        ('{"text": "\\ud800"}', [["body"]]),
        ("\ud800", [["body"]]),
    ],
    ids=str,
)
def test_a_body_that_is_not_as_expected_is_refused_with_all_the_places(body: Any, places: list[list[Any]]) -> None:
    received = send(body, function=never)
    assert (received.status, received.slug) == (422, "invalid-request")
    assert sorted(received.places, key=str) == sorted(places, key=str)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    assert "secret" not in send({"text": ["secret"], "secret-field": "secret"}, function=never).text.replace(
        "secret-field", ""
    )


@pytest.mark.parametrize("limit", ["0", "11", "x", "1.5", ""])
def test_a_query_that_is_not_as_expected_is_refused(limit: str) -> None:
    received = send(THING, query={"limit": limit}, function=never)
    assert (received.status, received.slug, received.places) == (422, "invalid-request", [["query", "limit"]])


def test_a_query_parameter_that_is_not_known_is_left_aside() -> None:
    assert send(THING, query={"utm_source": "mail"}).status == 200


def test_a_body_as_large_as_allowed_is_taken_and_one_byte_more_is_not() -> None:
    room = 256 * KIB - len(json.dumps({"text": ""}))
    assert send({"text": "x" * room}).status == 200
    received = send({"text": "x" * (room + 1)}, function=never)
    assert (received.status, received.slug, received.json["max_bytes"]) == (413, "too-large", 256 * KIB)


def test_size_counts_in_bytes_not_in_characters() -> None:
    body = json.dumps({"text": "é" * 130 * KIB}, ensure_ascii=False)
    assert send(body, function=never).slug == "too-large"


def test_an_operation_may_take_more() -> None:
    operation = an_operation(max_bytes=1024 * KIB)
    assert send({"text": "x" * 512 * KIB}, operation=operation).status == 200


@pytest.mark.parametrize("body", [None, "", "{}", " { } ", "\n{}\n"])
def test_an_operation_without_a_body_takes_none_or_an_empty_one(body: str | None) -> None:
    assert send(body, operation=an_operation(body=None)).json["text"] == "nothing"


@pytest.mark.parametrize("body", [THING, "[]", "null", "x"])
def test_an_operation_without_a_body_refuses_one(body: Any) -> None:
    received = send(body, operation=an_operation(body=None), function=never)
    assert (received.slug, received.places) == ("invalid-request", [["body"]])


def test_a_body_in_base64_is_read() -> None:
    encoded = base64.b64encode(json.dumps(THING).encode()).decode()
    assert send(encoded, is_base64=True).json["text"] == "something"


@pytest.mark.parametrize("garbage", ["%%%", "a", base64.b64encode(b"\xff\xfe").decode()])
def test_a_body_that_is_neither_base64_nor_utf_8_is_refused(garbage: str) -> None:
    received = send(garbage, is_base64=True, function=never)
    assert (received.slug, received.places) == ("invalid-request", [["body"]])


def test_another_media_type_is_refused() -> None:
    received = send("<thing/>", headers={"content-type": "application/xml"}, function=never)
    assert (received.slug, received.places) == ("invalid-request", [["header", "Content-Type"]])


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/x-www-form-urlencoded"]
)
def test_json_is_json_however_it_is_written(media_type: str) -> None:
    assert send(THING, headers={"content-type": media_type}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/modules/Upper/editions/2/things/{NUMBER}",
        f"/modules/{'x' * 65}/editions/2/things/{NUMBER}",
        f"/modules/{MODULE}/editions/0/things/{NUMBER}",
        f"/modules/{MODULE}/editions/02/things/{NUMBER}",
        f"/modules/{MODULE}/editions/two/things/{NUMBER}",
        f"/modules/{MODULE}/editions/12345/things/{NUMBER}",
        f"/modules/{MODULE}/editions/2/things/{NUMBER[:-1]}Z",
    ],
)
def test_a_path_that_can_name_nothing_names_nothing(path: str) -> None:
    def look(call: Call[Any, Any]) -> Answer:
        return never(call) if (call.module_id, call.edition, call.number) else echo(call)

    received = send(THING, path=path, function=look)
    assert (received.status, received.slug) == (404, "not-found")


@pytest.mark.parametrize("identifier", ["a\n", "a/b", "", "ä"])
def test_an_identifier_is_letters_digits_and_hyphens_to_its_end(identifier: str) -> None:
    call: Call[None, None] = Call(
        at=NOW, body=None, query=None, headers={}, path={"module_id": identifier}, identity=None
    )
    with pytest.raises(NotFound):
        _ = call.module_id


def test_a_refusal_is_answered_as_a_problem_with_its_facts() -> None:
    def refuse(_: Call[Any, Any]) -> Answer:
        raise AttemptCoolingDown(next_attempt_at=NOW + HOUR)

    received = send(THING, function=refuse)
    assert (received.status, received.slug) == (409, "attempt-cooling-down")
    assert received.json["next_attempt_at"] == "2026-03-02T10:00:00Z"
    assert received.json["instance"] == f"/modules/{MODULE}/editions/2/things/{NUMBER}"
    assert int(received.headers["Retry-After"]) >= 3600


def test_a_lost_race_is_run_again_from_a_fresh_read() -> None:
    runs: list[int] = []

    def lose_twice(call: Call[Any, Any]) -> Answer:
        runs.append(1)
        if len(runs) < 3:
            raise ConcurrentChange("somebody was faster")
        return echo(call)

    assert send(THING, function=lose_twice).status == 200
    assert len(runs) == 3


def test_whoever_loses_every_race_is_asked_for_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.api.resolver.LONGEST_PAUSE", 0)
    runs: list[int] = []

    def lose(_: Call[Any, Any]) -> Answer:
        runs.append(1)
        raise ConcurrentChange("somebody was faster")

    received = send(THING, function=lose)
    assert (received.status, received.slug, len(runs)) == (503, "throttled", RUNS)
    assert int(received.headers["Retry-After"]) > 0


def test_throttling_by_aws_is_passed_on_as_such() -> None:
    def throttle(_: Call[Any, Any]) -> Answer:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "m"}}, "GetItem")

    received = send(THING, function=throttle)
    assert (received.status, received.slug) == (503, "throttled")
    assert int(received.headers["Retry-After"]) > 0


def test_a_fault_that_nobody_can_interpret_propagates() -> None:
    def fail(_: Call[Any, Any]) -> Answer:
        raise LookupError("a bug")

    with pytest.raises(LookupError, match="a bug"):
        send(THING, function=fail)


def test_an_answer_may_be_a_page_with_headers_of_its_own() -> None:
    def page(_: Call[Any, Any]) -> Answer:
        return Answer(HTTPStatus.OK, "<p>Page</p>", {"Cache-Control": "public"}, media_type="text/html")

    received = send(THING, function=page)
    assert (received.text, received.headers["Content-Type"]) == ("<p>Page</p>", "text/html")
    assert received.headers["Cache-Control"] == "public"


def test_an_answer_may_have_no_body() -> None:
    received = send(THING, function=lambda _: Answer(HTTPStatus.SEE_OTHER, headers={"Location": "https://x"}))
    assert (received.status, received.text, received.headers["Location"]) == (303, "", "https://x")


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [("application/json", True), ("text/html,application/json;q=0.5", True), ("text/html", False), ("*/*", False)],
)
def test_json_is_given_when_it_is_asked_for(accept: str, json_wanted: bool) -> None:
    seen: list[bool] = []

    def look(call: Call[Any, Any]) -> Answer:
        seen.append(call.accepts("application/json"))
        return echo(call)

    send(THING, function=look, headers={"Accept": accept})
    assert seen == [json_wanted]


def test_of_a_view_what_is_not_there_is_left_out_and_what_must_be_there_may_be_null() -> None:
    class Mixed(View):
        needed: str | None
        optional: str | None = None

    assert json.loads(Mixed(needed=None).model_dump_json()) == {"needed": None}
