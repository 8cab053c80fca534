"""AWS as it is on a bad day: it throttles, fails, or does not answer, so many times, before it goes on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answer(request: Any, status: int, code: str) -> AWSResponse:
    """An error in both of AWS's languages, whichever the service speaks."""
    as_json = "json" in str(request.headers.get("Content-Type", "")) or "X-Amz-Target" in request.headers
    body = json.dumps({"__type": code, "message": "m"}) if as_json else f"<Error><Code>{code}</Code></Error>"
    return AWSResponse(request.url, status, {"x-amzn-errortype": code}, _Raw(body.encode()))


def throttles(request: Any) -> AWSResponse:
    return _answer(request, 400, "ThrottlingException")


def asks_to_slow_down(request: Any) -> AWSResponse:
    return _answer(request, 503, "SlowDown")


def fails(request: Any) -> AWSResponse:
    return _answer(request, 500, "InternalServerError")


def is_not_there(request: Any) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=request.url)


def does_not_answer(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


FAULTS: tuple[Callable[[Any], AWSResponse], ...] = (
    throttles,
    asks_to_slow_down,
    fails,
    is_not_there,
    does_not_answer,
)


@dataclass
class BadDay:
    """The next ``times`` calls, of one ``operation`` or of all, go wrong."""

    fault: Callable[[Any], AWSResponse]
    times: int
    operation: str
    tried: int = field(default=0, init=False)

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if not event_name.endswith(self.operation):
            return None
        self.tried += 1
        return self.fault(request) if self.tried <= self.times else None


@contextmanager
def a_bad_day(client: Any, fault: Callable[[Any], AWSResponse], times: int, operation: str = "") -> Iterator[BadDay]:
    """What ``client`` asks for inside, of one ``operation`` or of all, goes wrong ``times`` times."""
    day = BadDay(fault, times, operation)
    client.meta.events.register_last("before-send", day)
    try:
        yield day
    finally:
        client.meta.events.unregister("before-send", day)
