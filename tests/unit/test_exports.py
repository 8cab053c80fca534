"""An export goes page by page through the editions, tells only what is new, and counts once it is accepted."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operations.oversee.exports import accept_export, start_export
from functions.operations.oversee.use_case import show_job
from functions.operations.work import exports
from functions.operations.work.use_case import do_page
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.domain.job import Job
from shared.domain.refusals import InvalidRequest, NotFound, VersionConflict
from shared.domain.reporting import KEPT_FOR, ExportKind, Report, Terms
from shared.events.operations import JobAdvancedV1
from tests.support.builders import (
    DAY,
    HOUR,
    MODULE,
    NOW,
    NUMBER,
    SCHEMES,
    a_profile,
    an_award,
    an_edition,
    an_enrolment,
    an_offer,
)
from tests.support.fakes import BrokenOff, FakeSchemes, World

CSV = Terms(kind=ExportKind.PARTICIPANTS_CSV)
PARS = Terms(kind=ExportKind.PARS_JSON)
PHYSICIAN: dict[str, Any] = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "npi": "1234567893",
    "birth_month_day": "12-10",
    "reporting_consent": True,
}


def a_world(*learners: str, editions: int = 1, consent: bool = True) -> World:
    """Learners who passed in each edition and have its credit."""
    world = World()
    world.schemes = FakeSchemes({**SCHEMES, "AMA-PRA": replace(SCHEMES["AMA-PRA"], reported_to_pars=True)})
    for number in range(1, editions + 1):
        offer = an_offer(scheme="AMA-PRA", activity_id="202612345")
        world.publish(replace(an_edition(number), content=replace(an_edition().content, credits=(offer,))))
    for name in learners:
        join(world, name, editions=editions, consent=consent)
    return world


def join(world: World, name: str, *, editions: int = 1, consent: bool | None = True, passed_at: Any = NOW) -> None:
    learner = LearnerId(name)
    world.profiles.given(replace(a_profile(**PHYSICIAN), learner_id=learner, reporting_consent=consent))
    for number in range(1, editions + 1):
        world.enrolments.given(
            an_enrolment(
                EnrolmentState.CERTIFIED, learner_id=learner, edition=number, passed_at=passed_at, certificate=NUMBER
            )
        )
        award = an_award(str(passed_at.date()), "0.75", scheme="AMA-PRA", learner_id=learner, edition=number)
        world.ledger.given(award)


def work(world: World, job: Job) -> Job:
    """Deliver the job's pages as the queue would."""
    done: set[str] = set()
    while waiting := [event for event in world.told(JobAdvancedV1) if event.job == job.job and event.id not in done]:
        for event in waiting:
            do_page(event, world)
            done.add(event.id)
    found = world.jobs.find(job.job)
    assert found
    return found


def run(world: World, terms: Terms = CSV) -> Job:
    """A run from its start to its end."""
    return work(world, start_export(terms, world, at=world.clock.now()))


def accept(world: World, job: Job) -> None:
    accept_export(job.job, world, at=world.clock.now())


def rows(world: World, job: Job) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(world.export_files.files[job.job].decode("utf-8-sig"), newline="")))


def told(world: World, job: Job) -> list[str]:
    return sorted(f"{row['action']} {row['learner']} {row['edition']}" for row in rows(world, job))


def skipped(world: World, job: Job) -> list[tuple[str, str]]:
    return [(skip.learner, skip.reason) for skip in world.export_runs.skips(job, 100)]


def test_every_participant_of_every_edition_is_told_once() -> None:
    world = a_world("ada", "ben", editions=3)
    job = run(world)
    assert told(world, job) == [f"add {name} {number}" for name in ("ada", "ben") for number in (1, 2, 3)]
    assert (job.total, job.done, job.require_export().reported) == (6, 6, 6)
    assert job.finished_at


def test_of_one_edition_no_other_is_told() -> None:
    world = a_world("ada", editions=3)
    job = run(world, replace(CSV, module_id=MODULE, edition=2))
    assert (told(world, job), job.total) == (["add ada 2"], 1)


def test_where_nothing_is_published_the_file_is_empty() -> None:
    world = World()
    job = run(world)
    assert (rows(world, job), job.total, bool(job.finished_at)) == ([], 0, True)


@pytest.mark.parametrize("page", [1, 2, 3, 7])
def test_the_size_of_a_page_changes_no_file(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    names = [f"dr-{number}" for number in range(5)]
    whole = a_world(*names, editions=2)
    expected = whole.export_files.files[run(whole).job]
    monkeypatch.setattr(exports, "PAGE", page)
    world = a_world(*names, editions=2)
    job = run(world)
    assert world.export_files.files[job.job] == expected
    assert job.page >= 10 // page


def test_a_page_reads_only_so_many_empty_shelves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "READS", 2)
    world = a_world(editions=5)
    join(world, "ada", editions=1)
    job = run(world)
    assert (told(world, job), job.page > 2) == (["add ada 1"], True)


# Only what is new


def test_a_second_run_after_acceptance_tells_nothing() -> None:
    world = a_world("ada", "ben")
    accept(world, run(world))
    assert told(world, run(world)) == []


def test_a_run_that_was_not_accepted_changes_nothing() -> None:
    world = a_world("ada")
    first = run(world)
    world.clock.at += HOUR
    assert told(world, run(world)) == told(world, first) == ["add ada 1"]


def test_who_comes_later_is_told_alone() -> None:
    world = a_world("ada")
    accept(world, run(world))
    join(world, "ben")
    assert told(world, run(world)) == ["add ben 1"]


def test_all_tells_what_was_told_before() -> None:
    world = a_world("ada")
    accept(world, run(world))
    assert told(world, run(world, replace(CSV, everything=True))) == ["add ada 1"]


def test_a_correction_is_a_deletion_and_an_addition() -> None:
    world = a_world("ada")
    accept(world, run(world))
    profile = world.profiles.find(LearnerId("ada"))
    assert profile
    world.profiles.save(replace(profile, name="Ada Byron"))
    job = run(world)
    assert [(row["action"], row["name"]) for row in rows(world, job)] == [
        ("delete", "Ada Lovelace"),
        ("add", "Ada Byron"),
    ]
    accept(world, job)
    assert told(world, run(world)) == []


def test_an_acceptance_of_an_earlier_run_leaves_what_came_after_it_to_be_told() -> None:
    world = a_world("ada")
    first = run(world)
    join(world, "ben")
    world.clock.at += HOUR
    second = run(world)
    assert first.job != second.job
    accept(world, first)
    assert told(world, run(world)) == ["add ben 1"]
    accept(world, second)
    assert told(world, run(world)) == []


def test_each_report_has_its_own_memory() -> None:
    world = a_world("ada")
    accept(world, run(world, CSV))
    pars = run(world, PARS)
    assert pars.require_export().reported == 1
    accept(world, pars)
    assert run(world, replace(PARS, kind=ExportKind.PARS_TSV)).require_export().reported == 0
    assert run(world, Terms(kind=ExportKind.XAPI_JSON)).require_export().reported > 0


def test_a_time_is_told_alone_and_the_rest_remains_to_be_told() -> None:
    world = a_world("ada")
    join(world, "ben", passed_at=NOW - 40 * DAY)
    march = replace(CSV, first=date(2026, 3, 1), last=date(2026, 3, 31))
    job = run(world, march)
    assert told(world, job) == ["add ada 1"]
    accept(world, job)
    assert told(world, run(world)) == ["add ben 1"]


def test_what_was_reported_is_kept_with_the_learner() -> None:
    world = a_world("ada")
    accept(world, run(world))
    join(world, "ben")
    run(world)
    for name in ("ada", "ben"):
        assert world.reported.find(EnrolmentId(LearnerId(name), MODULE, 1), Report.PARTICIPANTS)


# Consent, and whoever is left out


@pytest.mark.parametrize("kind", list(ExportKind))
def test_without_consent_nothing_leaves(kind: ExportKind) -> None:
    world = a_world("ada")
    join(world, "ben", consent=None)
    join(world, "zed", consent=False)
    job = run(world, Terms(kind=kind))
    file = world.export_files.files[job.job].decode()
    assert "ben" not in file
    assert "zed" not in file
    assert skipped(world, job) == [("ben", "no-consent"), ("zed", "no-consent")]


def test_consent_taken_back_takes_back_what_was_told() -> None:
    world = a_world("ada")
    accept(world, run(world, PARS))
    profile = world.profiles.find(LearnerId("ada"))
    assert profile
    world.profiles.save(replace(profile, reporting_consent=False))
    job = run(world, PARS)
    assert b'"action": "delete"' in world.export_files.files[job.job]
    assert b'"action": "add"' not in world.export_files.files[job.job]
    assert skipped(world, job) == [("ada", "no-consent")]


def test_a_licence_that_is_lost_takes_nothing_back() -> None:
    world = a_world("ada")
    accept(world, run(world, PARS))
    profile = world.profiles.find(LearnerId("ada"))
    assert profile
    world.profiles.save(replace(profile, npi=None))
    job = run(world, PARS)
    assert (job.require_export().reported, skipped(world, job)) == (0, [("ada", "licence-or-npi-missing")])


def test_who_is_left_out_is_named_once_for_each_reason_and_only_in_the_time_asked_for() -> None:
    world = a_world("ada", consent=False)
    assert skipped(world, run(world, PARS)) == [("ada", "no-consent")]
    xapi = Terms(kind=ExportKind.XAPI_JSON)
    assert skipped(world, run(world, xapi)) == [("ada", "no-consent")]
    assert skipped(world, run(world, replace(PARS, last=date(2025, 12, 31)))) == []


def test_credit_taken_back_is_deleted_and_given_back_is_added() -> None:
    world = a_world("ada")
    [award] = world.ledger.of_learner(LearnerId("ada"))
    for entry, action in ((None, "add"), (award.taken_back(1, NOW), "delete"), (award.given_back(1, NOW), "add")):
        if entry:
            world.ledger.given(entry)
        job = run(world, PARS)
        assert world.export_files.files[job.job].count(b'"action"') == 1
        assert f'"action": "{action}"'.encode() in world.export_files.files[job.job]
        accept(world, job)


# Broken off


def pages(world: World, job: Job) -> list[JobAdvancedV1]:
    return [event for event in world.told(JobAdvancedV1) if event.job == job.job]


@pytest.mark.parametrize("broken_at", range(8))
def test_broken_off_anywhere_a_run_goes_on_and_tells_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, broken_at: int
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    names = ("ada", "ben", "cy", "dee")
    world = a_world(*names)
    job = start_export(CSV, world, at=NOW)

    def break_off(after: int) -> None:
        def interrupt() -> None:
            if after:
                break_off(after - 1)
            else:
                raise BrokenOff

        (world.reported.records if broken_at % 2 else world.jobs).meanwhile = interrupt

    break_off(broken_at // 4)
    for _ in range(2):
        try:
            job = work(world, job)
        except BrokenOff:
            continue
        break
    job = work(world, job)
    assert told(world, job) == [f"add {name} 1" for name in names]
    assert job.require_export().reported == len(names)
    accept(world, job)
    assert told(world, run(world)) == []


def test_a_page_delivered_again_changes_nothing() -> None:
    world = a_world("ada")
    job = run(world)
    file = world.export_files.files[job.job]
    for event in pages(world, job):
        do_page(event, world)
    assert world.jobs.find(job.job) == job
    assert world.export_files.files[job.job] == file


# The office


def test_an_export_that_runs_is_found_and_not_started_again() -> None:
    world = a_world("ada")
    first = start_export(CSV, world, at=NOW)
    assert start_export(CSV, world, at=NOW + HOUR) == first
    other = start_export(replace(CSV, everything=True), world, at=NOW)
    assert other.job != first.job
    work(world, first)
    assert start_export(CSV, world, at=NOW + HOUR).job not in (first.job, other.job)


def test_broken_off_before_its_job_is_stored_an_export_is_started_by_the_next_call() -> None:
    world = a_world("ada")

    def interrupt() -> None:
        raise BrokenOff

    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        start_export(CSV, world, at=NOW)
    job = start_export(CSV, world, at=NOW + HOUR)
    assert told(world, work(world, job)) == ["add ada 1"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"first": date(2026, 2, 1), "last": date(2026, 1, 31)}, InvalidRequest),
        ({"module_id": MODULE, "edition": 9}, NotFound),
        ({"module_id": ModuleId("absent"), "edition": 1}, NotFound),
    ],
)
def test_what_can_not_be_exported_is_refused(changes: Mapping[str, Any], refusal: type[Exception]) -> None:
    world = a_world("ada")
    with pytest.raises(refusal):
        start_export(replace(CSV, **changes), world, at=NOW)
    assert world.told(JobAdvancedV1) == []


def test_an_acceptance_is_one_write_and_a_repeat_changes_nothing() -> None:
    world = a_world("ada")
    job = run(world)
    _, accepted_at = accept_export(job.job, world, at=NOW + HOUR)
    writes = world.jobs.writes
    assert accept_export(job.job, world, at=NOW + DAY)[1] == accepted_at == NOW + HOUR
    assert world.jobs.writes == writes


def test_what_is_not_finished_or_no_export_or_gone_is_not_accepted() -> None:
    world = a_world("ada")
    running = start_export(CSV, world, at=NOW)
    with pytest.raises(VersionConflict):
        accept(world, running)
    job = work(world, running)
    for name, at in (("absent", NOW), (job.job, NOW + KEPT_FOR)):
        with pytest.raises(NotFound):
            accept_export(name, world, at=at)


def test_an_export_is_shown_to_admins_alone_with_its_address_while_its_file_is_kept() -> None:
    world = a_world("ada", consent=False)
    job = run(world)
    with pytest.raises(NotFound):
        show_job(job.job, world, by_admin=False, at=NOW)
    _, delivery = show_job(job.job, world, by_admin=True, at=NOW)
    assert delivery
    assert delivery.address
    assert [skip.learner for skip in delivery.skips] == ["ada"]
    _, late = show_job(job.job, world, by_admin=True, at=NOW + KEPT_FOR)
    assert late
    assert late.address is None


def test_while_it_runs_an_export_delivers_nothing() -> None:
    world = a_world("ada")
    job = start_export(CSV, world, at=NOW)
    assert show_job(job.job, world, by_admin=True, at=NOW)[1] is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from("abc")),
        st.tuples(st.just("rename"), st.sampled_from("abc")),
        st.tuples(st.just("consent"), st.sampled_from("abc")),
        st.tuples(st.just("refuse"), st.sampled_from("abc")),
        st.tuples(st.just("run"), st.booleans()),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whoever_takes_accepted_files_in_holds_exactly_what_is_permitted(steps: list[tuple[str, Any]]) -> None:
    """The receiver applies each accepted file; in the end it holds everybody with consent, as they are."""
    world = a_world()
    held: dict[str, str] = {}

    def run_once(accepted: bool) -> None:
        job = run(world)
        world.clock.at += HOUR
        if not accepted:
            return
        for row in rows(world, job):
            if row["action"] == "delete":
                assert held.pop(row["learner"]) == row["name"]
            else:
                assert row["learner"] not in held
                held[row["learner"]] = row["name"]
        accept(world, job)

    for number, (step, what) in enumerate(steps):
        profile = None if step == "run" else world.profiles.find(LearnerId(what))
        if step == "run":
            run_once(what)
        elif step == "join":
            join(world, what) if profile is None else None
        elif profile:
            change = {
                "rename": {"name": f"Name {number}"},
                "consent": {"reporting_consent": True},
                "refuse": {"reporting_consent": False},
            }[step]
            world.profiles.save(replace(profile, **change))
    run_once(accepted=True)
    assert held == {one.learner_id: one.name for one in world.profiles.all() if one.reporting_consent}
    assert run(world).require_export().reported == 0


@pytest.mark.parametrize("kind", [ExportKind.PARS_JSON, ExportKind.XAPI_JSON])
def test_json_of_many_pages_is_one_list(monkeypatch: pytest.MonkeyPatch, kind: ExportKind) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    world = a_world("ada", "ben", "cy")
    job = run(world, Terms(kind=kind))
    assert len(json.loads(world.export_files.files[job.job])) == job.require_export().reported >= 3


def test_what_a_broken_page_proposed_and_no_longer_tells_does_not_count() -> None:
    world = a_world("ada")
    job = start_export(CSV, world, at=NOW)

    def interrupt() -> None:
        raise BrokenOff

    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        work(world, job)
    profile = world.profiles.find(LearnerId("ada"))
    assert profile
    refusing = world.profiles.save(replace(profile, reporting_consent=False))
    accept(world, work(world, job))
    world.profiles.save(replace(refusing, reporting_consent=True))
    assert told(world, run(world)) == ["add ada 1"]
