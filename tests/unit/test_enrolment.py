"""An enrolment, state by state: what each one allows, and what it makes of an event."""

from datetime import timedelta

import pytest

from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState
from shared.domain.refusals import AlreadyPassed, InformationChanged, NotAcknowledged, NotConfirmed
from tests.support.builders import DAY, ENROLMENT, HOUR, NOW, NUMBER, an_enrolment

STATES = set(EnrolmentState)
PASSED = {EnrolmentState.PASSED, EnrolmentState.CERTIFIED}
ANEW = {EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN}


def in_each(states: set[EnrolmentState]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("state", sorted(states))


def test_an_enrolment_begins_as_a_request() -> None:
    enrolment = Enrolment.requested(ENROLMENT, NOW)
    assert (enrolment.id, enrolment.state, enrolment.requests) == (ENROLMENT, EnrolmentState.REQUESTED, 1)
    assert enrolment.requested_at == NOW


def test_a_confirmation_carries_its_instant() -> None:
    confirmed = Enrolment.requested(ENROLMENT, NOW).confirmed(NOW)
    assert (confirmed.state, confirmed.confirmed_at) == (EnrolmentState.CONFIRMED, NOW)


def test_a_refusal_carries_its_reason() -> None:
    declined = Enrolment.requested(ENROLMENT, NOW).declined(DeclineReason.NOT_A_MEMBER, NOW)
    assert (declined.state, declined.reason) == (EnrolmentState.DECLINED, DeclineReason.NOT_A_MEMBER)
    assert declined.ended_at == NOW


@in_each(STATES)
def test_only_what_was_declined_or_withdrawn_can_be_requested_anew(state: EnrolmentState) -> None:
    assert an_enrolment(state).can_be_requested_anew is (state in ANEW)


@in_each(ANEW)
def test_a_request_anew_forgets_the_old_refusal_and_counts_on(state: EnrolmentState) -> None:
    old = an_enrolment(state, reason=DeclineReason.NOT_A_MEMBER, ended_at=NOW)
    anew = old.requested_anew(NOW + DAY)
    assert (anew.state, anew.requests, anew.requested_at) == (EnrolmentState.REQUESTED, 2, NOW + DAY)
    assert (anew.reason, anew.ended_at) == (None, None)


@in_each(STATES - PASSED)
def test_whoever_has_not_passed_can_withdraw(state: EnrolmentState) -> None:
    withdrawn = an_enrolment(state).withdrawn(NOW)
    assert (withdrawn.state, withdrawn.ended_at) == (EnrolmentState.WITHDRAWN, NOW)


@in_each(PASSED)
def test_whoever_has_passed_can_not_withdraw(state: EnrolmentState) -> None:
    with pytest.raises(AlreadyPassed):
        an_enrolment(state).withdrawn(NOW)


@in_each(STATES - PASSED)
def test_a_pass_turns_every_state_into_passed(state: EnrolmentState) -> None:
    passed = an_enrolment(state, ended_at=NOW).passed(2, 1, NOW, NOW)
    assert (passed.state, passed.passed_at, passed.settled) == (EnrolmentState.PASSED, NOW, {"2": 1})
    assert passed.ended_at is None


def test_a_pass_does_not_undo_a_certificate() -> None:
    passed = an_enrolment(EnrolmentState.CERTIFIED, certificate=NUMBER).passed(1, 1, NOW, NOW)
    assert (passed.state, passed.certificate, passed.passed_at) == (EnrolmentState.CERTIFIED, NUMBER, NOW)


def test_the_earliest_pass_counts_whichever_grade_comes_first() -> None:
    one = an_enrolment().passed(2, 1, NOW, NOW).passed(1, 1, NOW - DAY, NOW - DAY)
    other = an_enrolment().passed(1, 1, NOW - DAY, NOW - DAY).passed(2, 1, NOW, NOW)
    assert one == other
    assert one.passed_at == NOW - DAY


def test_a_grade_is_taken_in_once() -> None:
    assert an_enrolment().took_in(2, 1).took_in(1, 1).took_in(2, 1).settled == {"1": 1, "2": 1}


def test_a_lapse_carries_the_modules_end() -> None:
    lapsed = an_enrolment().lapsed(NOW)
    assert (lapsed.state, lapsed.ended_at) == (EnrolmentState.LAPSED, NOW)


def test_a_certificate_is_entered_with_its_number() -> None:
    certified = an_enrolment(EnrolmentState.PASSED).certified(NUMBER)
    assert (certified.state, certified.certificate) == (EnrolmentState.CERTIFIED, NUMBER)


@in_each(STATES)
def test_a_pass_counts_as_confirmed(state: EnrolmentState) -> None:
    if state in PASSED | {EnrolmentState.CONFIRMED}:
        an_enrolment(state).require_confirmed()
        return
    with pytest.raises(NotConfirmed) as refused:
        an_enrolment(state).require_confirmed()
    assert refused.value.facts == {"state": state}


def test_the_information_is_acknowledged_by_its_hash_and_with_the_time() -> None:
    enrolment = an_enrolment(acknowledged_hash=None, acknowledged_at=None).acknowledged("now", "now", NOW)
    assert (enrolment.acknowledged_hash, enrolment.acknowledged_at) == ("now", NOW)
    enrolment.require_acknowledged("now")


@pytest.mark.parametrize("said", ["", "old", "NOW"])
def test_any_other_hash_is_refused_and_told_the_current_one(said: str) -> None:
    with pytest.raises(InformationChanged) as refused:
        an_enrolment(acknowledged_hash="old").acknowledged(said, "now", NOW)
    assert refused.value.facts == {"information_hash": "now"}


def test_acknowledged_again_the_first_time_stands() -> None:
    enrolment = an_enrolment(acknowledged_hash=None).acknowledged("now", "now", NOW)
    assert enrolment.acknowledged("now", "now", NOW + HOUR) is enrolment


def test_only_a_confirmed_learner_acknowledges() -> None:
    with pytest.raises(NotConfirmed):
        an_enrolment(EnrolmentState.REQUESTED).acknowledged("now", "now", NOW)


@pytest.mark.parametrize("acknowledged", [None, "old"])
def test_the_test_waits_for_the_current_information(acknowledged: str | None) -> None:
    with pytest.raises(NotAcknowledged):
        an_enrolment(acknowledged_hash=acknowledged).require_acknowledged("now")


def test_the_claim_window_runs_from_the_pass() -> None:
    assert an_enrolment().claim_until(timedelta(days=30)) is None
    assert an_enrolment().passed(1, 1, NOW, NOW).claim_until(timedelta(days=30)) == NOW + 30 * DAY


def test_the_last_evaluation_counts() -> None:
    enrolment = an_enrolment().evaluated({"e1": "good"}, NOW).evaluated({"e1": "better"}, NOW + HOUR)
    assert (enrolment.evaluation, enrolment.evaluated_at) == ({"e1": "better"}, NOW + HOUR)
