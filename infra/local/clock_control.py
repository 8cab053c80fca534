"""`/dev/clock`: the clock of the served system, to read and to move ahead; AWS has nothing of it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from infra.local.gateway import Request, Response
from infra.local.lambdas import Invocation

PATH = "/dev/clock"


class Announced:
    """Counts the facts that are announced; an observer. One that is announced again counts once."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}

    def __call__(self, invocation: Invocation) -> None:
        if invocation.trigger == "stream":
            for record in invocation.event["Records"]:
                for event in json.loads(record["dynamodb"]["NewImage"]["outbox"]["S"]):
                    self._types.setdefault(event["id"], event["type"])

    def counts(self) -> dict[str, int]:
        """By event type."""
        found = list(self._types.values())
        return {kind: found.count(kind) for kind in sorted(set(found))}


class ClockControl:
    """GET tells the time; POST `{"until": instant}` moves it one step on, and tells what that set going.

    A page that the user visits may send requests to this machine, too: what comes with an Origin is refused.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        next_due: Callable[[datetime], datetime | None],
        step: Callable[[datetime], Mapping[str, int]],
    ) -> None:
        """`next_due` is the first instant after one at which something is to be done; `step` moves the clock towards
        an instant and counts, by type, the events that followed."""
        self._now = now
        self._next_due = next_due
        self._step = step

    @staticmethod
    def is_asked(request: Request) -> bool:
        return request.target.partition("?")[0] == PATH

    def handle(self, request: Request) -> Response:
        if "origin" in request.headers:
            return _answer(HTTPStatus.FORBIDDEN, {"message": "Not from a page"})
        if request.method == "GET":
            return _answer(HTTPStatus.OK, self._time())
        if request.method != "POST":
            return _answer(HTTPStatus.METHOD_NOT_ALLOWED, {"message": "GET or POST"})
        try:
            until = datetime.fromisoformat(json.loads(request.body)["until"]).astimezone(UTC)
        except (ValueError, LookupError, TypeError, OverflowError):
            wanted = 'A body like {"until": "2026-05-05T09:00:00Z"}'
            return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"message": wanted})
        announced = self._step(until)
        return _answer(HTTPStatus.OK, self._time() | {"announced": dict(announced)})

    def _time(self) -> dict[str, Any]:
        now = self._now()
        due = self._next_due(now)
        return {"now": now.isoformat(), "next_due": due.isoformat() if due else None}


def _answer(status: HTTPStatus, body: dict[str, Any]) -> Response:
    return Response(
        status, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(body).encode()
    )
