"""One table turns refusals into RFC 9457 problems."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from shared.domain import refusals
from shared.domain.refusals import Refusal
from shared.facts import instant

TYPE_PREFIX = "https://problems.cme.example/"
RETRY_SECONDS = 2


class Problem(NamedTuple):
    """How a refusal is answered; ``slug`` is the stable end of the problem's type."""

    status: HTTPStatus
    slug: str
    title: str


class Forbidden(Refusal):
    """The caller's groups do not allow this."""


class TooLarge(Refusal):
    """The body is larger than this operation takes."""


PROBLEMS: dict[type[Refusal], Problem] = {
    refusals.NotFound: Problem(HTTPStatus.NOT_FOUND, "not-found", "Not found"),
    Forbidden: Problem(HTTPStatus.FORBIDDEN, "forbidden", "Not allowed"),
    refusals.InvalidRequest: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "The request is not as expected"
    ),
    TooLarge: Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "The body is too large"),
    refusals.ModuleClosed: Problem(HTTPStatus.CONFLICT, "module-closed", "The module is not open"),
    refusals.NotEnrolled: Problem(HTTPStatus.CONFLICT, "not-enrolled", "Not enrolled"),
    refusals.NotConfirmed: Problem(HTTPStatus.CONFLICT, "not-confirmed", "The enrolment is not confirmed"),
    refusals.NotAcknowledged: Problem(
        HTTPStatus.CONFLICT, "not-acknowledged", "The information about the module has not been acknowledged"
    ),
    refusals.InformationChanged: Problem(
        HTTPStatus.CONFLICT, "information-changed", "The information about the module has changed"
    ),
    refusals.ProfileIncomplete: Problem(HTTPStatus.CONFLICT, "profile-incomplete", "The profile is incomplete"),
    refusals.NameNotPrintable: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "name-not-printable", "The name can't be printed"
    ),
    refusals.ViewingIncomplete: Problem(
        HTTPStatus.CONFLICT, "viewing-incomplete", "Not enough of the presentation has been watched"
    ),
    refusals.AttemptsExhausted: Problem(HTTPStatus.CONFLICT, "attempts-exhausted", "No attempt is left"),
    refusals.AttemptCoolingDown: Problem(
        HTTPStatus.CONFLICT, "attempt-cooling-down", "The next attempt is not allowed yet"
    ),
    refusals.GradingPending: Problem(HTTPStatus.CONFLICT, "grading-pending", "The last attempt is not graded yet"),
    refusals.AttemptOver: Problem(HTTPStatus.CONFLICT, "attempt-over", "The attempt is over"),
    refusals.AlreadyPassed: Problem(HTTPStatus.CONFLICT, "already-passed", "The test has been passed"),
    refusals.ReviewClosed: Problem(HTTPStatus.CONFLICT, "review-closed", "The review is closed"),
    refusals.NotPassed: Problem(HTTPStatus.CONFLICT, "not-passed", "The test has not been passed"),
    refusals.EvaluationMissing: Problem(HTTPStatus.CONFLICT, "evaluation-missing", "The evaluation form is missing"),
    refusals.CreditNotAllowed: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "credit-not-allowed", "This credit can't be claimed"
    ),
    refusals.ClaimWindowOver: Problem(HTTPStatus.CONFLICT, "claim-window-over", "Credit can no longer be claimed"),
    refusals.AlreadyPublished: Problem(HTTPStatus.CONFLICT, "already-published", "The edition is published"),
    refusals.NotPublishable: Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not-publishable", "The edition has gaps"),
    refusals.ImportFailed: Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "import-failed", "The file has errors"),
    refusals.VersionConflict: Problem(HTTPStatus.CONFLICT, "version-conflict", "Someone else changed this first"),
    refusals.PreconditionFailed: Problem(
        HTTPStatus.PRECONDITION_FAILED, "version-conflict", "Someone else changed this first"
    ),
    refusals.AlreadyJoined: Problem(HTTPStatus.CONFLICT, "already-joined", "The identity is joined otherwise"),
    refusals.IdentitiesConflict: Problem(
        HTTPStatus.CONFLICT, "identities-conflict", "Both identities have evidence in the same edition"
    ),
    refusals.LearnerErased: Problem(HTTPStatus.CONFLICT, "learner-erased", "The learner's data are erased"),
}
THROTTLED = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "throttled", "Too much at once")


def problem(refusal: Refusal, instance: str, now: datetime) -> tuple[HTTPStatus, dict[str, Any], dict[str, str]]:
    """Status, body and headers of the answer to a refusal."""
    kind = PROBLEMS[type(refusal)]
    facts = {name: _shown(value) for name, value in refusal.facts.items()}
    headers = {}
    next_at = refusal.facts.get("next_attempt_at")
    if isinstance(next_at, datetime):
        headers["Retry-After"] = str(max(1, int((next_at - now).total_seconds()) + 1))
    elif isinstance(refusal, refusals.GradingPending):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return kind.status, {**_body(kind, refusal.detail, instance), **facts}, headers


def throttled(instance: str) -> tuple[HTTPStatus, dict[str, Any], dict[str, str]]:
    """The answer when AWS, or a race with others, asks for patience."""
    body = _body(THROTTLED, "Send the same request again.", instance)
    return THROTTLED.status, body, {"Retry-After": str(RETRY_SECONDS)}


def _body(kind: Problem, detail: str, instance: str) -> dict[str, Any]:
    return {
        "type": TYPE_PREFIX + kind.slug,
        "title": kind.title,
        "status": int(kind.status),
        "detail": detail or f"{kind.title}.",
        "instance": instance,
    }


def _shown(value: object) -> object:
    return instant(value).replace(".000Z", "Z") if isinstance(value, datetime) else value
