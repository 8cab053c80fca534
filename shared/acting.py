"""Who acts in the office: each item that an author or admin changes announces it in the write that changes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from shared.domain.ids import LearnerId
from shared.events.operations import AdminActedV1


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A request of an author or admin, under way.

    ``action`` is the operation's id, ``reason`` what the request gives as its reason, and ``read`` the digests of
    what was read so far, by subject: the state before.
    """

    actor: LearnerId
    action: str
    at: datetime
    reason_code: str = ""
    reason: str = ""
    read: dict[str, str] = field(default_factory=dict)


_current: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: Acting | None) -> Iterator[None]:
    """What is changed inside is changed by ``who``; None is anyone whose doings need no audit."""
    token = _current.set(who)
    try:
        yield
    finally:
        _current.reset(token)


def note_read(subject: str, facts: str | None) -> None:
    """Remember the state that a change of ``subject`` starts from."""
    who = _current.get()
    if who:
        who.read[subject] = digest(facts or "")


def acted(subject: str, facts: str, version: int) -> list[AdminActedV1]:
    """What the write of ``subject`` at ``version`` announces to the audit: nothing, or who changed it and how.

    A version above 1 was read before: raise KeyError where it was not.
    """
    who = _current.get()
    if who is None:
        return []
    before = who.read[subject] if version > 1 else ""
    after = who.read[subject] = digest(facts)
    return [
        AdminActedV1(
            at=who.at,
            ordinal=version,
            actor=who.actor,
            action=who.action,
            subject=subject,
            before=before,
            after=after,
            reason_code=who.reason_code,
            reason_digest=digest(who.reason) if who.reason else "",
        )
    ]


def digest(text: str) -> str:
    """SHA-256 in hexadecimal digits: tells that something is the same, not what it is."""
    return sha256(text.encode()).hexdigest()
