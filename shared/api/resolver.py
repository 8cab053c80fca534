"""The edge of every HTTP step: authorize, validate, hand over, shape the answer."""

import base64
import binascii
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from shared.acting import Acting, acting
from shared.api.caller import Caller
from shared.api.etag import content_etag, names
from shared.api.operation import Operation
from shared.api.problems import TooLarge, problem, throttled
from shared.api.shapes import ID_PATTERN, View
from shared.deadline import until_the_end_of
from shared.domain.certificate_number import is_well_formed
from shared.domain.ids import CertificateNumber, EditionId, EnrolmentReference, LearnerId, ModuleId
from shared.domain.refusals import InvalidRequest, NotFound, Refusal
from shared.domain.status_list import StatusListId, is_list_id
from shared.faults import is_passing_fault
from shared.messaging.trace import Trace, tracing
from shared.observability import count, logger
from shared.ports import ConcurrentChange

B = TypeVar("B")
Q = TypeVar("Q")

JSON = "application/json"
PDF = "application/pdf"
# What curl says of a body when it is told nothing.
UNSAID = "application/x-www-form-urlencoded"
PROBLEM_JSON = "application/problem+json"
COUNTING_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
# A lost race is run again from a fresh read this often: fifty tabs of one learner all get through.
RUNS = 24
# Between two runs, so that those who race don't meet again: at most this many seconds.
LONGEST_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is a view, or text or bytes of ``media_type``.

    A public answer may be kept by whoever got it, for ``kept_for`` without asking again; it has an ETag.
    """

    status: HTTPStatus
    body: View | str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON
    kept_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A body that is taken as it is."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """An authorized and validated request; ``at`` is the instant at which it reached the API."""

    at: datetime
    body: B
    query: Q
    headers: Mapping[str, str]
    path: Mapping[str, str]
    identity: Caller | None

    @property
    def caller(self) -> Caller:
        """Who is asking; only operations that aren't public have one."""
        if self.identity is None:
            raise AssertionError("a public operation has no caller")
        return self.identity

    @property
    def module_id(self) -> ModuleId:
        return ModuleId(self._identifier("module_id"))

    @property
    def learner_id(self) -> LearnerId:
        return LearnerId(self._identifier("learner_id"))

    @property
    def other_identity(self) -> LearnerId:
        return LearnerId(self._identifier("identity"))

    @property
    def job(self) -> str:
        return self._identifier("job")

    @property
    def edition(self) -> int:
        return self._counting_number("edition")

    @property
    def edition_id(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    @property
    def enrolment(self) -> EnrolmentReference:
        """Which of the caller's own enrolments is meant: another learner's can't be named."""
        return EnrolmentReference(self.caller.learner_id, self.module_id, getattr(self.query, "edition", None))

    @property
    def attempt(self) -> int:
        return self._counting_number("attempt")

    @property
    def number(self) -> CertificateNumber:
        """A certificate number; one that is mistyped is none of ours."""
        number = self.path["number"]
        if not is_well_formed(number):
            raise NotFound(f"There is no certificate {number!r}.")
        return CertificateNumber(number)

    @property
    def status_list(self) -> StatusListId:
        if not is_list_id(self.path["list"]):
            raise NotFound("There is no such list.")
        return StatusListId(self.path["list"])

    def _identifier(self, name: str) -> str:
        if not re.fullmatch(ID_PATTERN, self.path[name]):
            raise NotFound(f"There is no such {name}.")
        return self.path[name]

    def _counting_number(self, name: str) -> int:
        if not COUNTING_NUMBER.fullmatch(self.path[name]):
            raise NotFound(f"There is no such {name}.")
        return int(self.path[name])

    def accepts(self, media_type: str) -> bool:
        """Whether the Accept header names ``media_type``."""
        return media_type in self.headers.get("accept", "")


Function = Callable[[Call[Any, Any]], Answer]


class Api:
    """The operations of one function. Not safe for threads: a resolver keeps the current event on its class."""

    def __init__(self) -> None:
        self._resolver = APIGatewayHttpResolver()
        self._resolve = logger.inject_lambda_context(self._resolver.resolve, clear_state=True)

    def operation(self, operation: Operation) -> Callable[[Function], Function]:
        """Let the decorated function answer ``operation``."""

        def register(function: Function) -> Function:
            rule = re.sub(r"{(\w+)}", r"<\1>", operation.path)

            def answer(**path: str) -> Response[Any]:
                event = self._resolver.current_event
                return _answer(operation, function, event, path)

            self._resolver.route(rule=rule, method=str(operation.method))(answer)
            return function

        return register

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        with until_the_end_of(context):
            return self._resolve(event, context)


def _answer(
    operation: Operation, function: Function, event: APIGatewayProxyEventV2, path: Mapping[str, str]
) -> Response[Any]:
    request_id = event.request_context.request_id
    at = datetime.fromtimestamp(event.request_context.time_epoch / 1000, UTC)
    logger.set_correlation_id(request_id)
    try:
        call = _call(operation, event, path, at)
        with tracing(Trace(correlation_id=request_id, causation_id=request_id)), acting(_acting(operation, call)):
            answer = run_until_won(function, call)
    except Refusal as refusal:
        logger.info("refused", extra={"operation": operation.id, "refusal": type(refusal).__name__})
        response = _problem(*problem(refusal, event.path, at))
    except Exception as error:
        count("Failed")
        logger.exception("operation_failed", extra={"operation": operation.id})
        if not is_passing_fault(error):
            raise
        count("Postponed")
        return _problem(*throttled(event.path))
    else:
        logger.info("answered", extra={"operation": operation.id, "status": int(answer.status)})
        response = _response(answer, event.headers)
    count("Succeeded")
    return response


def run_until_won(function: Function, call: Call[Any, Any]) -> Answer:
    """Run an operation, again from a fresh read where a race was lost; RUNS in all, then raise ConcurrentChange."""
    for run in range(RUNS - 1):
        try:
            return function(call)
        except ConcurrentChange:
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.005 * 2**run)))  # noqa: S311 - spreads, hides nothing
    return function(call)


def _call(operation: Operation, event: APIGatewayProxyEventV2, path: Mapping[str, str], at: datetime) -> Call[Any, Any]:
    """Authorization comes before validation."""
    identity = None
    if not operation.public:
        authorizer = event.request_context.authorizer
        identity = Caller.of((authorizer.jwt_claim if authorizer else None) or {})
        identity.require_any(operation.groups)
    headers = {name.lower(): value for name, value in event.headers.items()}
    return Call(
        at=at,
        body=_body(operation, event, headers),
        query=_query(operation, event),
        headers=headers,
        path=path,
        identity=identity,
    )


def _acting(operation: Operation, call: Call[Any, Any]) -> Acting | None:
    """Who acts, where the operation is for authors or admins."""
    if not operation.groups:
        return None
    reason, note, code = (getattr(call.body, name, "") for name in ("reason", "note", "reason_code"))
    return Acting(
        actor=call.caller.learner_id, action=operation.id, at=call.at, reason_code=code, reason=reason or note
    )


def _body(operation: Operation, event: APIGatewayProxyEventV2, headers: Mapping[str, str]) -> Any:
    raw = (event.body or "").encode("utf-8", "surrogatepass")  # what is no text is refused as no JSON
    if event.is_base64_encoded:
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error as error:
            errors = [{"loc": ["body"], "msg": "Must be base64, as announced."}]
            raise InvalidRequest("The body can't be read.", errors=errors) from error
    if len(raw) > operation.max_bytes:
        raise TooLarge(f"At most {operation.max_bytes // 1024} KiB are taken.", max_bytes=operation.max_bytes)
    if operation.body is None:
        if raw.translate(None, b" \t\r\n") not in (b"", b"{}"):
            raise InvalidRequest("This operation takes no body.", errors=[{"loc": ["body"], "msg": "Not expected."}])
        return None
    media_type = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    media_type = JSON if media_type == UNSAID else media_type
    if media_type in operation.files:
        return File(media_type, raw)
    if media_type != JSON:
        taken = ", ".join(operation.files or (JSON,))
        errors = [{"loc": ["header", "Content-Type"], "msg": f"Must be {taken}."}]
        raise InvalidRequest(f"The media type {media_type} is not taken here.", errors=errors)
    try:
        return operation.body.model_validate_json(raw.strip() or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None


def _query(operation: Operation, event: APIGatewayProxyEventV2) -> Any:
    if operation.query is None:
        return None
    try:
        return operation.query.model_validate(event.query_string_parameters or {})
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _invalid(error: ValidationError, part: str) -> InvalidRequest:
    errors = [
        {"loc": [part, *fault["loc"]], "msg": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return InvalidRequest(f"The {part} is not as expected.", errors=errors)


def _written(body: View | str | bytes | None) -> str | bytes:
    return body.model_dump_json() if isinstance(body, View) else body or ""


def _response(answer: Answer, asked: Mapping[str, str]) -> Response[Any]:
    body, status = _written(answer.body), answer.status
    headers = {"Cache-Control": "no-store", **answer.headers}
    if answer.kept_for is not None and answer.status is HTTPStatus.OK:
        tag = content_etag(body)
        kept = f"public, max-age={int(answer.kept_for.total_seconds())}" if answer.kept_for else "no-cache"
        headers |= {"Cache-Control": kept, "ETag": tag}
        if names(asked, tag):
            body, status = "", HTTPStatus.NOT_MODIFIED
    return Response(int(status), content_type=answer.media_type, body=body, headers=headers)


def _problem(status: HTTPStatus, body: dict[str, Any], headers: dict[str, str]) -> Response[Any]:
    return Response(int(status), content_type=PROBLEM_JSON, body=json.dumps(body), headers=headers)
