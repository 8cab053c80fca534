"""A client of the served system, as a learner's or an admin's program would be."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT = 30.0  # seconds for one answer


class UnexpectedAnswer(Exception):
    """What came is not what should have; the text says both, on one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    asked: str
    """Such as `PUT /me`."""
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    seconds: float

    def fact(self, *path: str | int) -> Any:
        """What the JSON body has at `path`; UnexpectedAnswer when it has nothing there."""
        try:
            found = json.loads(self.body)
            for place in path:
                found = found[place]
        except (ValueError, LookupError, TypeError):
            where = ".".join(str(place) for place in path)
            raise UnexpectedAnswer(f"{self.asked}: expected it to say {where}, got {self.excerpt}") from None
        return found

    @property
    def excerpt(self) -> str:
        """The status and the start of the body, on one line."""
        return " ".join([str(self.status), *self.body.decode(errors="replace").split()])[:300]


class Client:
    """Follows no redirects, so that a token reaches the API alone."""

    def __init__(self, address: str) -> None:
        self._address = address

    def send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`path` with its query, of the API; `body` goes as JSON. UnexpectedAnswer when none comes."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        return self._exchange(
            f"{method} {path}", method, self._address + path, None if body is None else json.dumps(body), sent
        )

    def fetch(self, address: str) -> Answer:
        """GET a whole address, without a token. UnexpectedAnswer when no answer comes."""
        return self._exchange(f"GET {address.partition('?')[0]}", "GET", address, None, {})

    def _exchange(self, asked: str, method: str, address: str, body: str | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(address)
        target = parts._replace(scheme="", netloc="").geturl()
        began = time.perf_counter()
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT)
        try:
            connection.request(method, target, body and body.encode(), headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise UnexpectedAnswer(f"{asked}: expected an answer, got {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(asked, response.status, named, content, time.perf_counter() - began)
