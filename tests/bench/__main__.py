"""``make bench``: one table of all that is measured, and the same in build/bench.json."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import calls, certificates, cold_start, cost, growth, latency, overhead, throughput
from tests.bench.figures import Bench, Figure

MEASUREMENTS: Mapping[str, Callable[[Bench], Sequence[Figure]]] = {
    "calls": calls.measure,
    "growth": growth.measure,
    "cold start": cold_start.measure,
    "warm overhead": overhead.measure,
    "throughput": throughput.measure,
    "certificates": certificates.measure,
    "time to result": latency.measure,
    "cost": cost.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="under a minute: less of everything")
    parser.add_argument("--only", choices=MEASUREMENTS, help="one measurement")
    options = parser.parse_args()
    out = Path("build/bench")
    out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Sequence[Figure]] = {}
    for name, measure in MEASUREMENTS.items():
        if options.only in (None, name):
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as state, _aside(out / "functions.log"):
                found[name] = measure(Bench(Path(state), out, options.fast))
            Console(stderr=True).print(f"{name}: {time.monotonic() - began:.0f} s")
    Path("build/bench.json").write_text(
        json.dumps({name: [asdict(figure) for figure in figures] for name, figures in found.items()}, indent=1)
    )
    Console(width=150).print(_table(found))


@contextmanager
def _aside(log: Path) -> Iterator[None]:
    """What the functions say of themselves goes to a file: here one table is printed."""
    terminal = os.dup(1)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(terminal, 1)
        os.close(terminal)


def _table(found: Mapping[str, Sequence[Figure]]) -> Table:
    table = Table("measured", "what", "figure", "unit", "goal", "", box=None)
    for name, figures in found.items():
        for figure in figures:
            met = {None: "", True: "met", False: "missed"}[figure.is_met]
            goal = "" if figure.goal is None else f"{'>=' if figure.wanted_high else '<='} {figure.goal:g}"
            table.add_row(name, figure.what, f"{figure.value:,.4g}", figure.unit, goal, met)
    return table


if __name__ == "__main__":
    main()
