"""What was tried and what held, as figures: runs of the tests keep them in build/reliability.json.

``python -m tests.support.reliability`` prints what the last run of each command kept.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PLACE = Path(__file__).parents[2] / "build" / "reliability.json"


class Figures:
    """Counts, over one run of pytest, how often something was tried, and how often in tests that passed.

    A pytest plugin. Under pytest-xdist the process that collects the workers' reports has one, so nothing counts twice.
    """

    def __init__(self, command: str, place: Path = PLACE) -> None:
        """``command`` is what was run: its figures take the place of those of its last run, others stay."""
        self._command = command
        self._place = place
        self._tried: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()
        self._has_passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What a test has tried is whole once its fixtures are done."""
        if report.when == "call":
            self._has_passed[report.nodeid] = report.passed
        if report.when == "teardown":
            passed = self._has_passed.pop(report.nodeid, False) and report.passed
            for what, times in [value for name, value in report.user_properties if name == "tried"]:
                self._tried[what] += times
                self._passed[what] += times if passed else 0

    def pytest_sessionfinish(self) -> None:
        if self._tried:
            figures = {what: {"tried": self._tried[what], "passed": self._passed[what]} for what in sorted(self._tried)}
            self._place.parent.mkdir(exist_ok=True)
            self._place.write_text(json.dumps(_kept(self._place) | {self._command: figures}, indent=2) + "\n")


def table(place: Path = PLACE) -> str:
    """The figures as a table in Markdown."""
    lines = ["| what | tried | passed | by |", "|---|---:|---:|---|"]
    for command, figures in sorted(_kept(place).items()):
        for what, figure in figures.items():
            lines.append(f"| {what} | {figure['tried']:,} | {figure['passed']:,} | `{command}` |")
    return "\n".join(lines)


def _kept(place: Path) -> dict[str, Any]:
    return dict(json.loads(place.read_text())) if place.exists() else {}


if __name__ == "__main__":
    print(table())
