"""`python -m infra.local clock`: read a running server's clock, or move it ahead and tell what happens."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

from infra.local.client import Answer, Client, UnexpectedAnswer
from infra.local.clock_control import PATH
from infra.local.errors import LocalError

_DURATION = re.compile(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?")
_LONGEST = timedelta(days=3660)
# What people want to know of a time that passes, in the order in which they ask; one and several.
_WORDS = {
    "cme.enrolment.expiring.v1": ("notice of an expiry", "notices of an expiry"),
    "cme.module.retired.v1": ("edition retired", "editions retired"),
    "cme.enrolment.lapsed.v1": ("enrolment lapsed", "enrolments lapsed"),
    "cme.attempt.submitted.v1": ("attempt handed in", "attempts handed in"),
    "cme.attempt.passed.v1": ("attempt passed", "attempts passed"),
    "cme.attempt.failed.v1": ("attempt failed", "attempts failed"),
    "cme.certificate.issued.v1": ("certificate issued", "certificates issued"),
    "cme.enrolment.claim_closing.v1": ("reminder to claim credit", "reminders to claim credit"),
}


def duration(text: str) -> timedelta:
    """`30d`, `6h`, `15m` or `1d12h`, up to ten years; raise ValueError, which says so."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"'{text}' is no duration; write it as 30d, 6h, 15m or 1d12h")
    parts = {unit: int(number) for unit, number in found.groupdict("0").items()}
    if not any(parts.values()) or any(number > 10_000_000 for number in parts.values()):
        raise ValueError(f"'{text}' is not between a minute and ten years")
    length = timedelta(**parts)
    if length > _LONGEST:
        raise ValueError(f"'{text}' is not between a minute and ten years")
    return length


def move_clock(server: str, by: timedelta | None) -> int:
    """Tell the server's time; with `by`, move it and tell what happens meanwhile. Raise LocalError."""
    client = Client(server)
    answer = _ask(client, server, "GET")
    now = _now(answer)
    print(f"It is {_spoken(now)} at {server}.")
    if by is None:
        print(_what_is_next(answer))
        return 0
    until = now + by
    while now < until:
        answer = _ask(client, server, "POST", {"until": until.isoformat()})
        now = _now(answer)
        happened = _in_words(answer.fact("announced"))
        if happened:
            print(f"{_spoken(now)}: {happened}", flush=True)
    print(f"It is {_spoken(now)} now; the server stays ahead of this machine until it ends. {_what_is_next(answer)}")
    return 0


def _what_is_next(answer: Answer) -> str:
    due = answer.fact("next_due")
    return f"Next, something is due at {_spoken(datetime.fromisoformat(due))}." if due else "Nothing is due."


def _ask(client: Client, server: str, method: str, body: object = None) -> Answer:
    try:
        answer = client.send(method, PATH, body=body)
    except UnexpectedAnswer:
        raise LocalError(
            f"no server answers at {server}; start one with `make run`, or say where it is with --server"
        ) from None
    if answer.status != HTTPStatus.OK:
        raise LocalError(f"what answers at {server} has no clock to move: {answer.excerpt}")
    return answer


def _now(answer: Answer) -> datetime:
    return datetime.fromisoformat(answer.fact("now"))


def _in_words(announced: Mapping[str, int]) -> str:
    return ", ".join(
        f"{announced[kind]} {one if announced[kind] == 1 else several}"
        for kind, (one, several) in _WORDS.items()
        if kind in announced
    )


def _spoken(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
