"""`python -m infra.local clock`: time passes on a served system, and what comes of it is told in words."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local import sample
from infra.local.clock import LocalClock
from infra.local.clock_command import duration, move_clock
from infra.local.clock_control import PATH
from infra.local.errors import LocalError
from infra.local.system import LocalSystem

# Three days before the sample's second edition has 30 days left.
START = datetime(2027, 12, 12, 8, tzinfo=UTC)
END = datetime(2028, 1, 14, 23, tzinfo=UTC)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[LocalSystem]:
    with LocalSystem(
        clock=LocalClock(START), token_clock=LocalClock(), port=0, state=tmp_path, log=tmp_path / "functions.log"
    ) as system:
        sample.load(system)
        system.drain()
        system.go_live()
        system.pass_time(system.clock.now())  # what is due from the start is over
        yield system


def an_enrolled_learner(system: LocalSystem) -> tuple[str, str]:
    """The learner's token and the path of the enrolment, once it is confirmed."""
    token = system.token("dr-a", name="Dr. A")
    path = f"/modules/{next(sample.editions()).module_id}/enrolment"
    assert system.request("PUT", path, token).status == 202
    until = time.monotonic() + 10
    while state(system, token, path) != "confirmed":
        assert time.monotonic() < until
        time.sleep(0.02)
    return token, path


def state(system: LocalSystem, token: str, path: str) -> Any:
    return system.request("GET", path, token).json()["state"]


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the command printed; the functions of this process print their metrics among it."""
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]


def test_time_that_passes_shows_notices_the_retirement_and_the_lapse(
    system: LocalSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    token, path = an_enrolled_learner(system)
    assert move_clock(system.address, timedelta(days=40)) == 0
    first, *happened, last = said(capsys)
    assert first == f"It is 2027-12-12 08:00 UTC at {system.address}."
    assert happened == [
        "2027-12-15 23:00 UTC: 1 notice of an expiry",
        "2028-01-07 23:00 UTC: 1 notice of an expiry",
        "2028-01-13 23:00 UTC: 1 notice of an expiry",
        "2028-01-14 23:00 UTC: 1 edition retired, 1 enrolment lapsed",
    ]
    assert last.startswith("It is 2028-01-21 08:00 UTC now; ")
    # Tokens go by the machine's clock.
    assert state(system, token, path) == "lapsed"


def test_without_a_time_to_pass_it_tells_the_time_and_what_is_next(
    system: LocalSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    assert move_clock(system.address, None) == 0
    assert said(capsys) == [
        f"It is 2027-12-12 08:00 UTC at {system.address}.",
        "Next, something is due at 2027-12-15 23:00 UTC.",
    ]


def test_what_follows_of_a_step_is_over_when_it_is_told(system: LocalSystem) -> None:
    token, path = an_enrolled_learner(system)
    while system.clock.now() < END:
        announced = system.pass_time(END)
    assert announced["cme.enrolment.lapsed.v1"] == 1
    assert state(system, token, path) == "lapsed"


@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        ("POST", {"until": "2030-01-01T00:00:00Z"}, {"origin": "https://elsewhere.example"}, 403),
        ("POST", {"until": "tomorrow"}, {}, 422),
        ("POST", [1], {}, 422),
        ("POST", None, {}, 422),
        ("PUT", {"until": "2030-01-01T00:00:00Z"}, {}, 405),
    ],
)
def test_what_is_no_request_to_move_the_clock_does_not(
    system: LocalSystem, method: str, body: Any, headers: dict[str, str], status: int
) -> None:
    assert system.request(method, PATH, body=body, headers=headers).status == status
    assert system.clock.now() < START + timedelta(hours=1)


def test_an_instant_that_is_past_moves_nothing_backward(system: LocalSystem) -> None:
    answer = system.request("POST", PATH, body={"until": "2020-01-01T00:00:00Z"})
    assert answer.status == 200
    assert datetime.fromisoformat(answer.json()["now"]) >= START


def test_where_no_server_is_the_command_says_how_to_start_one() -> None:
    with pytest.raises(LocalError, match=re.escape("no server answers at http://127.0.0.1:1; start one with")):
        move_clock("http://127.0.0.1:1", timedelta(days=1))


def test_what_has_no_clock_to_move_is_told(system: LocalSystem) -> None:
    with pytest.raises(LocalError, match="has no clock to move: 404"):
        move_clock(f"{system.address}/elsewhere", None)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30d", timedelta(days=30)),
        ("6h", timedelta(hours=6)),
        ("15m", timedelta(minutes=15)),
        ("1d12h30m", timedelta(days=1, hours=12, minutes=30)),
        ("3660d", timedelta(days=3660)),
    ],
)
def test_a_duration_is_days_hours_and_minutes(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-1d", "1w", "1h1d", "1.5h", "3661d", f"{'9' * 30}m", "1d "])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration|is not between a minute and ten years"):
        duration(text)


def test_the_answers_are_json(system: LocalSystem) -> None:
    answer = system.request("GET", PATH)
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body).keys() == {"now", "next_due"}
