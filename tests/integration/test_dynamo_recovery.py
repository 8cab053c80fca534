"""What waits for recovery stands on the due index; whatever is written to it meanwhile takes it off."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.announcements import awaited_announcement
from shared.bootstrap import Deps
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import LearnerId, ModuleId
from shared.domain.job import Cursor, Job, JobKind
from shared.domain.recovery import PATIENCE
from shared.events.enrolment import EnrolmentRequestedV1
from shared.messaging.trace import Trace, tracing
from shared.ports import ConcurrentChange, Overdue
from tests.integration.conftest import Stored
from tests.support.builders import (
    EDITION,
    HOUR,
    MILLISECOND,
    MINUTE,
    MODULE,
    NOW,
    RIGHT,
    a_claim,
    a_graded_attempt,
    a_place,
    a_reissue,
    a_status,
    an_attempt,
    an_enrolment,
)

JOURNEY = Trace(correlation_id="request-7", causation_id="request-7")


def a_request(learner: str, **changes: Any) -> Enrolment:
    changed = {"requested_at": NOW, "confirmed_at": None, **changes}
    return replace(an_enrolment(EnrolmentState.REQUESTED), learner_id=LearnerId(learner), **changed)


def saved(deps: Deps, enrolment: Enrolment) -> Enrolment:
    announced = awaited_announcement(enrolment)
    with tracing(JOURNEY):
        return deps.enrolments.save(enrolment, announcing=[announced])


def overdue(deps: Deps, learner: str, at: Any = NOW + PATIENCE) -> Overdue | None:
    found = [each for each in deps.recovery.overdue(at) if getattr(each.waiting, "learner_id", None) == learner]
    return found[0] if found else None


def row(stored: Stored, learner: str) -> dict[str, Any]:
    found = stored("LearningTable", f"LEARNER#{learner}", f"ENROLMENT#{MODULE}#0001")
    assert found
    return found


def test_a_request_is_overdue_five_minutes_after_it_was_made(deps: Deps) -> None:
    request = saved(deps, a_request("early"))
    assert overdue(deps, "early", NOW + PATIENCE - MILLISECOND) is None
    found = overdue(deps, "early")
    assert found
    assert (found.waiting, found.announced_again) == (request, 0)


def test_announced_again_it_is_what_it_was_with_the_same_event_of_the_same_journey(deps: Deps, stored: Stored) -> None:
    saved(deps, a_request("again"))
    before = row(stored, "again")
    found = overdue(deps, "again")
    assert found
    deps.recovery.announce_again(found, awaited_announcement(found.waiting), NOW + HOUR)
    after = row(stored, "again")
    assert json.loads(after["outbox"]) == json.loads(before["outbox"])
    assert json.loads(after["outbox"])[0]["correlationid"] == "request-7"
    assert after["facts"] == before["facts"]
    assert after["announced_again"] == "1"
    assert overdue(deps, "again", NOW + HOUR - MILLISECOND) is None
    later = overdue(deps, "again", NOW + HOUR)
    assert later
    assert later.announced_again == 1


def test_without_a_trace_of_its_journey_the_event_begins_one(deps: Deps, stored: Stored) -> None:
    deps.enrolments.save(a_request("untraced"))
    found = overdue(deps, "untraced")
    assert found
    event = awaited_announcement(found.waiting)
    deps.recovery.announce_again(found, event, NOW + HOUR)
    [announced] = json.loads(row(stored, "untraced")["outbox"])
    assert (announced["id"], announced["correlationid"]) == (event.id, event.id)


def test_a_write_of_what_waits_forgets_how_often_it_was_announced(deps: Deps, stored: Stored) -> None:
    saved(deps, a_request("reset"))
    found = overdue(deps, "reset")
    assert found
    deps.recovery.announce_again(found, awaited_announcement(found.waiting), NOW + HOUR)
    current = deps.enrolments.find(found.waiting.id)  # type: ignore[union-attr, arg-type]
    assert current
    saved(deps, current.declined(reason=None, at=NOW).requested_anew(NOW + MINUTE))  # type: ignore[arg-type]
    assert "announced_again" not in row(stored, "reset")
    assert overdue(deps, "reset", NOW + MINUTE + PATIENCE - MILLISECOND) is None
    again = overdue(deps, "reset", NOW + MINUTE + PATIENCE)
    assert again
    assert again.announced_again == 0


def test_what_moved_on_is_not_written_over(deps: Deps) -> None:
    request = saved(deps, a_request("moved"))
    found = overdue(deps, "moved")
    assert found
    confirmed = deps.enrolments.save(request.confirmed(NOW))
    event = awaited_announcement(found.waiting)
    with pytest.raises(ConcurrentChange):
        deps.recovery.announce_again(found, event, NOW + HOUR)
    with pytest.raises(ConcurrentChange):
        deps.recovery.give_up(found, NOW)
    assert deps.enrolments.find(request.id) == confirmed
    assert overdue(deps, "moved", NOW + 30 * HOUR) is None


def test_two_runs_at_once_announce_once(deps: Deps) -> None:
    saved(deps, a_request("twice"))
    first, second = overdue(deps, "twice"), overdue(deps, "twice")
    assert first
    assert second
    event = awaited_announcement(first.waiting)
    deps.recovery.announce_again(first, event, NOW + HOUR)
    with pytest.raises(ConcurrentChange):
        deps.recovery.announce_again(second, event, NOW + 2 * HOUR)


def test_what_is_given_up_is_due_no_more_but_counted_until_somebody_writes_it(deps: Deps, stored: Stored) -> None:
    saved(deps, a_request("stuck"))
    found = overdue(deps, "stuck")
    assert found
    before = deps.recovery.stuck()
    deps.recovery.give_up(found, NOW + HOUR)
    assert overdue(deps, "stuck", NOW + 1000 * HOUR) is None
    assert deps.recovery.stuck() == before + 1
    assert "outbox" not in row(stored, "stuck")
    current = deps.enrolments.find(found.waiting.id)  # type: ignore[union-attr, arg-type]
    assert current
    deps.enrolments.save(current.confirmed(NOW))
    assert deps.recovery.stuck() == before
    assert not {"due_step", "due_at", "announced_again"} & row(stored, "stuck").keys()


def test_every_kind_that_waits_is_found_and_read_back_as_it_is(deps: Deps) -> None:
    learner = LearnerId("kinds")
    told = replace(an_enrolment(edition_ended_at=NOW), learner_id=learner)
    submitted = replace(an_attempt(1).submitted(RIGHT, NOW), learner_id=learner)
    graded = replace(a_graded_attempt(2, passed=True), learner_id=learner)
    to_regrade = replace(a_graded_attempt(3, passed=False).taken_in().asked_to_regrade(2, NOW), learner_id=learner)
    claim = a_claim(learner_id=learner)
    reissue = replace(a_reissue(), learner_id=learner, status=a_place(4))
    job = replace(Job.over(EDITION, JobKind.LAPSES, NOW), job="kinds").advanced(25, Cursor(shard=1), NOW + MINUTE)
    status = replace(a_status(), module_id=ModuleId("kinds"), retired_at=NOW, retired_reason="expired")
    kept = [
        deps.enrolments.save(told),
        *(deps.attempts.save(attempt) for attempt in (submitted, graded, to_regrade)),
        deps.claims.save(claim),
        deps.reissues.save(reissue, announcing=[]),
        deps.jobs.save(job, announcing=[]),
        deps.catalogue.save_status(status, announcing=[]),
    ]

    def found(at: Any) -> list[Any]:
        return [
            each.waiting
            for each in deps.recovery.overdue(at)
            if "kinds" in (getattr(each.waiting, name, None) for name in ("learner_id", "job", "module_id"))
        ]

    last = NOW + MINUTE + PATIENCE
    assert len(found(last)) == len(kept)
    assert all(each in kept for each in found(last))
    # A page done puts the job off: it is overdue when the next one is.
    assert {type(each) for each in found(last - MILLISECOND)} == {type(each) for each in kept} - {Job}


def test_what_has_gone_its_way_is_not_found(deps: Deps) -> None:
    learner = LearnerId("gone")
    request = saved(deps, a_request("gone"))
    deps.enrolments.save(request.confirmed(NOW).told_of_end(NOW).lapsed(NOW))
    attempt = replace(a_graded_attempt(passed=True), learner_id=learner)
    deps.attempts.save(deps.attempts.save(attempt).taken_in())
    deps.claims.save(deps.claims.save(replace(a_claim(), learner_id=learner)).entered())
    assert overdue(deps, "gone", NOW + 1000 * HOUR) is None


def test_an_event_of_another_kind_in_the_outbox_does_not_stand_in_for_the_one_that_is_missing(deps: Deps) -> None:
    request = saved(deps, a_request("told"))
    told = request.told_of_end(NOW)
    deps.enrolments.save(told)
    found = overdue(deps, "told")
    assert found
    assert type(awaited_announcement(found.waiting)) is EnrolmentRequestedV1
