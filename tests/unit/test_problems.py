"""Every refusal has its answer, and what will do later is told from what won't."""

import inspect
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from pynamodb.exceptions import PutError

from shared.api import problems
from shared.api.problems import PROBLEMS, problem, throttled
from shared.domain import refusals
from shared.domain.refusals import AttemptCoolingDown, GradingPending, InvalidRequest, Refusal
from shared.faults import is_passing_fault
from shared.ports import ConcurrentChange
from tests.support.builders import NOW

REFUSALS = {
    kind
    for module in (refusals, problems)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Refusal) and kind is not Refusal
}


def aws(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "PutItem")


def test_every_refusal_has_its_answer() -> None:
    assert set(PROBLEMS) == REFUSALS


@pytest.mark.parametrize("kind", sorted(REFUSALS, key=lambda kind: kind.__name__))
def test_a_problem_has_all_that_rfc_9457_asks(kind: type[Refusal]) -> None:
    status, body, _ = problem(kind("Because.", fact=1), "/modules", NOW)
    assert body["type"].rpartition("/")[2] == PROBLEMS[kind].slug
    assert (body["status"], body["title"], body["detail"]) == (int(status), PROBLEMS[kind].title, "Because.")
    assert (body["instance"], body["fact"]) == ("/modules", 1)


def test_a_refusal_without_words_still_has_a_detail() -> None:
    assert problem(GradingPending(), "/", NOW)[1]["detail"]


def test_instants_among_the_facts_are_written_as_everywhere() -> None:
    _, body, _ = problem(InvalidRequest(since=NOW), "/", NOW)
    assert body["since"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize("wait", [timedelta(milliseconds=1), timedelta(seconds=90), timedelta(seconds=90.5)])
def test_whoever_retries_after_the_cool_down_is_not_too_early(wait: timedelta) -> None:
    _, body, headers = problem(AttemptCoolingDown(next_attempt_at=NOW + wait), "/", NOW)
    seconds = timedelta(seconds=int(headers["Retry-After"]))
    assert wait <= seconds <= wait + timedelta(seconds=1)
    assert body["next_attempt_at"].startswith("2026-03-02T09:0")


def test_a_pending_grade_asks_to_retry_soon() -> None:
    assert int(problem(GradingPending(), "/", NOW)[2]["Retry-After"]) > 0


def test_throttling_asks_to_send_the_same_request_again() -> None:
    status, body, headers = throttled("/modules")
    assert (int(status), body["status"], body["instance"]) == (503, 503, "/modules")
    assert body["type"].endswith("/throttled")
    assert int(headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "fault",
    [
        aws("ThrottlingException"),
        aws("ProvisionedThroughputExceededException"),
        aws("SlowDown"),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ConcurrentChange("x"),
        PutError("Failed", aws("RequestLimitExceeded")),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_what_will_do_later_is_a_passing_fault(fault: Exception) -> None:
    assert is_passing_fault(fault)


def test_a_passing_fault_is_found_behind_another() -> None:
    fault = RuntimeError()
    fault.__cause__ = aws("Throttling")
    assert is_passing_fault(fault)


@pytest.mark.parametrize(
    "fault", [aws("ValidationException"), aws("AccessDeniedException"), LookupError(), PutError("x", aws("X"))]
)
def test_what_will_never_do_is_none(fault: Exception) -> None:
    assert not is_passing_fault(fault)
