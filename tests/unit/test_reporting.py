"""What is new since the last accepted run: nothing twice, nothing lost, corrections as a deletion and an addition."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.refusals import NotFound, VersionConflict
from shared.domain.reporting import (
    KEPT_FOR,
    Change,
    Export,
    ExportKind,
    Findings,
    Gap,
    Kept,
    Record,
    Report,
    Reported,
    Terms,
    changes,
)
from shared.facts import dump, load
from tests.support.builders import DAY, ENROLMENT, HOUR, NOW

TERMS = Terms(kind=ExportKind.PARS_JSON)
JANUARY = Terms(kind=ExportKind.PARS_JSON, first=date(2026, 1, 1), last=date(2026, 1, 31))
EVERYTHING = Terms(kind=ExportKind.PARS_JSON, everything=True)
NEW_YEAR = date(2026, 1, 1)

DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))
WORLDS = st.dictionaries(
    st.sampled_from("abcd"), st.builds(lambda on, says: Kept(on=on, facts={"says": says}), DAYS, st.integers(0, 2))
)


def a_record(key: str = "a", says: str = "1.00", on: date = NEW_YEAR, *, constant: bool = False) -> Record:
    return Record(key=key, on=on, facts={"says": says}, constant=constant)


def told(*records: Record, gaps: tuple[Gap, ...] = (), before: Mapping[str, Kept], terms: Terms = TERMS) -> list[str]:
    lines = changes(Findings(records=records, gaps=gaps), before, terms)
    return [f"{line.action} {line.key} {line.facts.get('says')}" for line in lines]


def kept(*records: Record) -> dict[str, Kept]:
    return {record.key: record.kept for record in records}


def after(before: Mapping[str, Kept], lines: list[Change]) -> dict[str, Kept]:
    """What a receiver holds who takes the lines in, one by one."""
    held = dict(before)
    for line in lines:
        if line.action == "delete":
            assert held.pop(line.key) == line.kept
        else:
            held[line.key] = line.kept
    return held


def found(world: Mapping[str, Kept]) -> Findings:
    return Findings(records=[Record(key=key, on=each.on, facts=each.facts) for key, each in world.items()])


def test_what_is_new_is_added_and_what_was_reported_is_not_repeated() -> None:
    assert told(a_record("a"), a_record("b"), before=kept(a_record("a"))) == ["add b 1.00"]


def test_a_correction_is_a_deletion_and_an_addition() -> None:
    assert told(a_record(says="0.75"), before=kept(a_record(says="1.00"))) == ["delete a 1.00", "add a 0.75"]


def test_what_is_no_more_is_deleted() -> None:
    assert told(before=kept(a_record())) == ["delete a 1.00"]


def test_all_repeats_what_is_unchanged_and_corrects_what_is_not() -> None:
    before = kept(a_record("a"), a_record("b", says="2.00"))
    assert told(a_record("a"), a_record("b"), before=before, terms=EVERYTHING) == [
        "delete b 2.00",
        "add a 1.00",
        "add b 1.00",
    ]


def test_what_can_not_be_told_now_stands_as_it_was_told() -> None:
    gap = Gap(key="a", on=NEW_YEAR, reason="licence-missing")
    assert told(gaps=(gap,), before=kept(a_record())) == []


def test_what_the_learner_withdrew_is_deleted() -> None:
    gap = Gap(key="a", on=NEW_YEAR, reason="no-consent", withdrawn=True)
    assert told(gaps=(gap,), before=kept(a_record())) == ["delete a 1.00"]
    assert told(gaps=(gap,), before={}) == []


@pytest.mark.parametrize(("day", "reported"), [(1, True), (31, True)])
def test_both_days_of_a_time_are_included(day: int, reported: bool) -> None:
    assert bool(told(a_record(on=date(2026, 1, day)), before={}, terms=JANUARY)) is reported


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 2, 1)])
def test_other_days_are_not_reported(day: date) -> None:
    assert told(a_record(on=day), before={}, terms=JANUARY) == []
    assert told(before=kept(a_record(on=day)), terms=JANUARY) == []


def test_a_record_that_moves_out_of_the_time_is_corrected_whole() -> None:
    before = kept(a_record(on=date(2026, 1, 31)))
    assert told(a_record(on=date(2026, 2, 1)), before=before, terms=JANUARY) == ["delete a 1.00", "add a 1.00"]


def test_of_a_constant_record_only_the_key_is_remembered() -> None:
    record = a_record(constant=True)
    assert record.kept.facts == {}
    assert told(record, before=kept(record)) == []


@given(WORLDS, WORLDS)
def test_whoever_takes_the_changes_in_holds_what_is_so(before: dict[str, Kept], now: dict[str, Kept]) -> None:
    for terms in (TERMS, EVERYTHING):
        lines = changes(found(now), before, terms)
        held = after(before, lines)
        assert held == now
        assert changes(found(now), held, TERMS) == []


@given(WORLDS, WORLDS)
def test_times_one_after_the_other_tell_the_whole(before: dict[str, Kept], now: dict[str, Kept]) -> None:
    held = dict(before)
    for first, last in ((date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))):
        held = after(held, changes(found(now), held, Terms(kind=ExportKind.PARS_JSON, first=first, last=last)))
    assert held == now


# What counts as reported


def reported(*proposals: tuple[str, Mapping[str, Kept | None]]) -> Reported:
    empty = Reported.nothing(ENROLMENT, Report.PARS)
    for number, (job, records) in enumerate(proposals):
        lines = [
            Change(action="add" if each else "delete", key=key, kept=each or a_record().kept, facts={})
            for key, each in records.items()
        ]
        empty = empty.proposed(job, lines, NOW + number * HOUR)
    return empty


def settled(what: Reported, now: datetime = NOW, **accepted_at: datetime | None) -> Mapping[str, Kept]:
    return what.settled({proposal.job: None for proposal in what.proposals} | accepted_at, now).accepted


ONE, TWO = a_record(says="1.00").kept, a_record(says="2.00").kept


def test_a_run_that_was_not_accepted_changes_nothing() -> None:
    assert settled(reported(("first", {"a": ONE}))) == {}


def test_an_accepted_run_counts_and_its_proposal_is_taken_in() -> None:
    done = reported(("first", {"a": ONE})).settled({"first": NOW}, NOW)
    assert (done.accepted, done.proposals) == ({"a": ONE}, ())
    assert done.settled({}, NOW) == done


def test_runs_count_in_the_order_of_their_acceptance() -> None:
    both = reported(("first", {"a": ONE}), ("second", {"a": TWO}))
    assert settled(both, first=NOW, second=NOW + HOUR) == {"a": TWO}
    assert settled(both, first=NOW + HOUR, second=NOW) == {"a": ONE}
    assert settled(both, second=NOW) == {"a": TWO}


def test_a_later_acceptance_adds_to_an_earlier_one() -> None:
    both = reported(("first", {"a": ONE}), ("second", {"b": TWO}))
    halfway = both.settled({"first": None, "second": NOW}, NOW)
    assert halfway.accepted == {"b": TWO}
    assert settled(halfway, first=NOW + HOUR) == {"a": ONE, "b": TWO}


def test_an_accepted_deletion_is_forgotten() -> None:
    done = reported(("first", {"a": ONE}), ("second", {"a": None}))
    assert settled(done, first=NOW, second=NOW + HOUR) == {}


def test_a_run_broken_off_and_done_again_proposes_once() -> None:
    again = reported(("first", {"a": ONE}), ("first", {"b": TWO}))
    assert [proposal.records for proposal in again.proposals] == [{"b": TWO}]
    assert reported(("first", {"a": ONE}), ("first", {})).proposals == ()


def test_a_proposal_that_nobody_can_accept_any_more_is_forgotten() -> None:
    waiting = reported(("first", {"a": ONE}))
    assert waiting.settled({"first": None}, NOW + KEPT_FOR).proposals
    assert not waiting.settled({"first": None}, NOW + 2 * KEPT_FOR).proposals


def test_it_is_stored_and_read_as_it_is() -> None:
    what = reported(("first", {"a": ONE, "b": None})).settled({"first": NOW}, NOW).proposed("second", [], NOW)
    assert load(dump(what), Reported) == what
    pending = reported(("first", {"a": ONE, "b": None}))
    assert load(dump(pending), Reported) == pending


# Acceptance


def test_a_run_is_accepted_once_and_keeps_its_first_instant() -> None:
    accepted = Export(terms=TERMS).accepted(NOW, NOW + HOUR)
    assert accepted.accepted_at == NOW + HOUR
    assert accepted.accepted(NOW, NOW + 2 * KEPT_FOR) is accepted


def test_a_running_export_can_not_be_accepted() -> None:
    with pytest.raises(VersionConflict):
        Export(terms=TERMS).accepted(None, NOW)


def test_an_export_can_be_accepted_while_its_file_is_kept() -> None:
    assert Export(terms=TERMS).accepted(NOW, NOW + KEPT_FOR - timedelta(milliseconds=1)).accepted_at
    with pytest.raises(NotFound):
        Export(terms=TERMS).accepted(NOW, NOW + KEPT_FOR)


def test_the_formats_of_one_report_count_as_one() -> None:
    assert ExportKind.PARS_TSV.report is ExportKind.PARS_JSON.report is Report.PARS
    assert {kind.report for kind in ExportKind} == set(Report)
    assert DAY < KEPT_FOR
