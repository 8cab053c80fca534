"""The transcript: a learner's ledger, summed per calendar year and for the five-year cycle."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.domain.claim import LedgerEntry

# Source: ESMO-MORA, points are counted over five years.
CYCLE_YEARS = 5


@dataclass(frozen=True, slots=True)
class YearTotal:
    """``self_reported`` is the part of ``amount`` that the learner entered by hand."""

    year: int
    scheme: str
    amount: Decimal
    self_reported: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CycleTotal:
    """Credit of a scheme over the five calendar years from ``first`` to ``last`` (both days included).

    ``self_reported`` is the part of ``amount`` that the learner entered by hand.
    """

    scheme: str
    first: date
    last: date
    amount: Decimal
    self_reported: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Transcript:
    entries: Sequence[LedgerEntry]
    totals: Sequence[YearTotal]
    cycle: Sequence[CycleTotal]


def transcript(ledger: Sequence[LedgerEntry], *, year: int | None, scheme: str | None, today: date) -> Transcript:
    """Entries and totals of ``year`` (else of all years) and ``scheme`` (else of all schemes).

    The cycle ends with ``year``, else with the current one.
    """
    of_scheme = [entry for entry in ledger if scheme is None or entry.scheme == scheme]
    shown = [entry for entry in of_scheme if year is None or _year(entry) == year]
    totals: defaultdict[tuple[int, str], list[LedgerEntry]] = defaultdict(list)
    for entry in shown:
        totals[_year(entry), entry.scheme].append(entry)
    last = year or today.year
    cycle: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in of_scheme:
        if last - CYCLE_YEARS < _year(entry) <= last:
            cycle[entry.scheme].append(entry)
    first_day, last_day = date(last - CYCLE_YEARS + 1, 1, 1), date(last, 12, 31)
    return Transcript(
        entries=shown,
        totals=[YearTotal(of_year, name, *_sums(totals[of_year, name])) for of_year, name in sorted(totals)],
        cycle=[CycleTotal(name, first_day, last_day, *_sums(cycle[name])) for name in sorted(cycle)],
    )


def _sums(entries: Sequence[LedgerEntry]) -> tuple[Decimal, Decimal]:
    """The sum of all, and of those that the learner entered by hand."""
    by_hand = [entry.amount for entry in entries if entry.is_self_reported]
    return sum((entry.amount for entry in entries), Decimal(0)), sum(by_hand, Decimal(0))


def _year(entry: LedgerEntry) -> int:
    return date.fromisoformat(entry.earned_on).year
