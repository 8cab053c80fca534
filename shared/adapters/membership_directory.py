"""The society's own directory of members, asked over HTTP."""

import json
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from shared.adapters.breaker import Breaker
from shared.domain.ids import LearnerId
from shared.domain.learner import Membership
from shared.observability import count, logger
from shared.ports import DirectoryUnavailable

# A batch of ten requests meets a dead directory twice, then the breaker: within the function's twenty seconds.
SECONDS_TO_CONNECT = 1.0
SECONDS_TO_ANSWER = 2.0
TRIES = 2
FAILURES = 2
SECONDS_OF_REST = 30.0
LARGEST_ANSWER = 64 * 1024  # bytes


class NoDirectory:
    """See ``ports.MembershipDirectory``: the society has none, so nobody is known to it."""

    def find(self, learner_id: LearnerId) -> Membership | None:  # noqa: ARG002
        return None


class HttpMembershipDirectory:
    """See ``ports.MembershipDirectory``.

    ``GET {url}/{learner_id}`` answers 200 with ``{"member": true, "until": "2027-12-31"}``, ``until`` being the last
    day, null or absent without an end; or 404 for someone it does not know. A token goes as ``Authorization: Bearer``.
    Redirects are not followed, for they would take the token elsewhere.
    """

    def __init__(self, url: str, token: str | None = None, breaker: Breaker | None = None) -> None:
        self._url = url
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._breaker = breaker or Breaker(FAILURES, SECONDS_OF_REST)
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=SECONDS_TO_CONNECT, read=SECONDS_TO_ANSWER),
            retries=urllib3.Retry(
                total=TRIES - 1,
                status_forcelist=[status for status in HTTPStatus if status >= HTTPStatus.INTERNAL_SERVER_ERROR],
                backoff_factor=0.2,
                raise_on_status=False,
                respect_retry_after_header=False,
            ),
        )

    def find(self, learner_id: LearnerId) -> Membership | None:
        try:
            return self._ask_unless_broken(learner_id)
        except DirectoryUnavailable as unavailable:
            count("DirectoryUnavailable")
            logger.warning("directory_unavailable", extra={"cause": str(unavailable)})
            raise

    def _ask_unless_broken(self, learner_id: LearnerId) -> Membership | None:
        if self._breaker.is_open:
            raise DirectoryUnavailable("it gave no answer lately")
        try:
            membership = self._ask(learner_id)
        except DirectoryUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return membership

    def _ask(self, learner_id: LearnerId) -> Membership | None:
        address = f"{self._url}/{quote(learner_id, safe='')}"
        try:
            answer = self._pool.request("GET", address, headers=self._headers, redirect=False, preload_content=False)
            body = answer.read(LARGEST_ANSWER)
            answer.release_conn()
        except HTTPError as error:
            raise DirectoryUnavailable(type(error).__name__) from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise DirectoryUnavailable(f"status {answer.status}")
        return _membership(learner_id, body)


def _membership(learner_id: LearnerId, body: bytes) -> Membership:
    """What an answer says; raise DirectoryUnavailable where it can't be understood: that must decline nobody."""
    try:
        said: Any = json.loads(body)
        member, until = said["member"], said.get("until")
        if type(member) is not bool:
            raise TypeError(f"member is {member!r}")
        return Membership(learner_id=learner_id, member=member, until=date.fromisoformat(until) if until else None)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise DirectoryUnavailable(f"an answer that says nothing of a membership: {type(error).__name__}") from error
