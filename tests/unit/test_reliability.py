"""The figures of reliability count what was tried, and as passed only what was tried by tests that passed."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.reliability import Figures, table


def run(figures: Figures, test: str, *, outcome: Literal["passed", "failed"], **tried: int) -> None:
    """Report a test as pytest does: what it has tried is known once it was called, the rest from its fixtures."""
    properties: list[tuple[str, Any]] = [("tried", (what, times)) for what, times in tried.items()]
    for when, said in (("setup", []), ("call", properties[:1]), ("teardown", properties)):
        report = pytest.TestReport(
            nodeid=test,
            location=("", 0, ""),
            keywords={},
            outcome=outcome if when == "call" else "passed",
            longrepr=None,
            when=when,  # type: ignore[arg-type]
            user_properties=said,
        )
        figures.pytest_runtest_logreport(report)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "build" / "reliability.json"


def test_what_a_failed_test_has_tried_did_not_pass(place: Path) -> None:
    figures = Figures("make test", place)
    run(figures, "one", outcome="passed", calls=1200, duplicates=3)
    run(figures, "two", outcome="failed", calls=34)
    figures.pytest_sessionfinish()
    assert json.loads(place.read_text()) == {
        "make test": {"calls": {"tried": 1234, "passed": 1200}, "duplicates": {"tried": 3, "passed": 3}}
    }
    assert table(place).splitlines()[2:] == [
        "| calls | 1,234 | 1,200 | `make test` |",
        "| duplicates | 3 | 3 | `make test` |",
    ]


def test_a_commands_figures_take_the_place_of_those_of_its_last_run_alone(place: Path) -> None:
    for command, times in (("make test", 1), ("make engine", 2), ("make test", 3)):
        figures = Figures(command, place)
        run(figures, "one", outcome="passed", calls=times)
        figures.pytest_sessionfinish()
    kept = json.loads(place.read_text())
    assert {command: figures["calls"]["tried"] for command, figures in kept.items()} == {
        "make test": 3,
        "make engine": 2,
    }


def test_a_run_that_tried_nothing_leaves_what_is_kept(place: Path) -> None:
    Figures("make test", place).pytest_sessionfinish()
    assert not place.exists()
