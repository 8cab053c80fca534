"""Letters: what each event is told as, and that it is true when it is told."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from functions.operations.notify.letters import LETTERS, Tellable
from shared.domain.certificate import RevocationReason
from shared.domain.edition import Evaluation
from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState
from shared.domain.mail import Letter, NotSent
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateRestoredV1,
    CertificateRevokedV1,
)
from shared.events.enrolment import (
    EnrolmentAttemptFailedV1,
    EnrolmentClaimClosingV1,
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentEvent,
    EnrolmentExpiringV1,
    EnrolmentLapsedV1,
    EnrolmentPassedV1,
)
from shared.mail.wording import word_letter
from tests.support.builders import (
    DAY,
    HOUR,
    LEARNER,
    MILLISECOND,
    MODULE,
    NOW,
    NUMBER,
    PUBLIC_URL,
    a_certificate,
    a_claim,
    a_content,
    a_graded_attempt,
    a_head,
    a_reissue,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
    the_terms,
)
from tests.support.fakes import World

END = a_status().terminates_at
LAST_DAY = date(2028, 1, 14)
OFFICE = "admin"


def told(event: Tellable, world: World) -> Letter | NotSent:
    return LETTERS[type(event)](event, world)


def letter(event: Tellable, world: World) -> Letter:
    """What is told; it has all the facts that its words need."""
    found = told(event, world)
    assert isinstance(found, Letter)
    assert word_letter(found, "Ada Lovelace").text
    return found


def of_enrolment(kind: type[EnrolmentEvent], **facts: Any) -> EnrolmentEvent:
    return kind(**{"at": NOW, "learner_id": LEARNER, "module_id": MODULE, "edition": 1, **facts})


def a_world(enrolment: Enrolment | None = None, *, end: Any = END, **content: Any) -> World:
    """Edition 1 with ``content``, and one enrolment in it."""
    world = World()
    world.publish(an_edition(**content), expires_at=end)
    world.enrolments.given(enrolment or an_enrolment())
    return world


# Enrolment

CONFIRMED = of_enrolment(EnrolmentConfirmedV1)


def test_a_confirmation_says_what_is_to_be_done_and_until_when() -> None:
    found = letter(CONFIRMED, a_world())
    assert (found.kind, found.paragraphs) == ("enrolment_confirmed", ("enrolled", "test", "open_until"))
    assert found.facts == {
        "title": "Oligometastatic Disease",
        "edition": 1,
        "pass_mark": 70,
        "attempts": 3,
        "last_day": LAST_DAY,
    }
    assert found.link == f"https://learn.example.org/{MODULE}/1"


def test_the_last_day_is_that_of_an_early_retirement_where_there_was_one() -> None:
    world = World()
    world.publish(retired_at=NOW + 3 * DAY, retired_reason="a faulty slide")
    world.enrolments.given(an_enrolment())
    assert letter(CONFIRMED, world).facts["last_day"] == date(2026, 3, 5)


@pytest.mark.parametrize("state", [EnrolmentState.PASSED, EnrolmentState.CERTIFIED])
def test_a_late_confirmation_is_still_true_after_a_pass(state: EnrolmentState) -> None:
    assert letter(CONFIRMED, a_world(an_enrolment(state)))


@pytest.mark.parametrize(
    "enrolment",
    [
        an_enrolment(EnrolmentState.WITHDRAWN),
        an_enrolment(EnrolmentState.LAPSED),
        an_enrolment(EnrolmentState.WITHDRAWN).requested_anew(NOW),
        an_enrolment(requests=2),
    ],
    ids=["withdrawn", "lapsed", "requested anew", "confirmed anew"],
)
def test_who_is_no_longer_enrolled_by_this_request_is_not_told_that_they_are(enrolment: Enrolment) -> None:
    assert told(CONFIRMED, a_world(enrolment)) is NotSent.MOVED_ON


@pytest.mark.parametrize("reason", DeclineReason)
def test_a_refusal_has_its_reason(reason: DeclineReason) -> None:
    world = a_world(an_enrolment().declined(reason, NOW))
    found = letter(of_enrolment(EnrolmentDeclinedV1, reason=reason), world)
    assert found.paragraphs == ("declined", reason)


def test_who_has_asked_again_is_not_told_of_the_refusal_before() -> None:
    anew = an_enrolment().declined(DeclineReason.NOT_A_MEMBER, NOW).requested_anew(NOW)
    declined = of_enrolment(EnrolmentDeclinedV1, reason="not-a-member")
    assert told(declined, a_world(anew)) is NotSent.MOVED_ON
    again = replace(anew, state=EnrolmentState.DECLINED)
    assert told(declined, a_world(again)) is NotSent.MOVED_ON


def test_who_was_never_answered_learns_that_it_was_too_late_and_nobody_else_does() -> None:
    lapsed = of_enrolment(EnrolmentLapsedV1, at=END)
    never_answered = replace(an_enrolment(EnrolmentState.LAPSED), confirmed_at=None)
    assert letter(lapsed, a_world(never_answered)).paragraphs == ("too_late", "newer_edition")
    asked_anew = replace(an_enrolment(EnrolmentState.LAPSED), requested_at=NOW)
    assert letter(lapsed, a_world(asked_anew)).paragraphs == ("too_late", "newer_edition")
    assert told(lapsed, a_world(an_enrolment(EnrolmentState.LAPSED))) is NotSent.NOTHING_NEW
    assert told(lapsed, a_world(an_enrolment(EnrolmentState.PASSED))) is NotSent.MOVED_ON


# The test

FAILED = of_enrolment(EnrolmentAttemptFailedV1, ordinal=2, attempts_left=1)


def test_a_fail_says_how_many_attempts_are_left_as_it_was_then_and_when_the_next_may_start() -> None:
    world = a_world()
    world.attempts.given(a_graded_attempt(passed=False), a_graded_attempt(2, passed=False), an_attempt(3))
    found = letter(FAILED, world)
    assert found.paragraphs == ("failed", "try_again")
    facts = {name: found.facts[name] for name in ("attempt", "attempts_left", "next_attempt_at")}
    assert facts == {"attempt": 2, "attempts_left": 1, "next_attempt_at": NOW + 24 * HOUR}


def test_after_the_last_fail_there_is_none_to_come() -> None:
    assert letter(replace(FAILED, attempts_left=0), a_world()).paragraphs == ("failed", "no_attempts_left")


@pytest.mark.parametrize(
    ("end", "what_next"), [(24 * HOUR, "closes_first"), (24 * HOUR + MILLISECOND, "try_again")], ids=["at", "after"]
)
def test_no_attempt_is_promised_that_the_end_of_the_module_forbids(end: timedelta, what_next: str) -> None:
    assert letter(FAILED, a_world(end=NOW + end)).paragraphs == ("failed", what_next)


@pytest.mark.parametrize("state", [EnrolmentState.PASSED, EnrolmentState.CERTIFIED, EnrolmentState.WITHDRAWN])
def test_who_has_passed_or_left_since_is_not_told_of_a_fail(state: EnrolmentState) -> None:
    assert told(FAILED, a_world(an_enrolment(state))) is NotSent.MOVED_ON


PASSED = of_enrolment(EnrolmentPassedV1)
HAS_PASSED = an_enrolment().passed(1, 1, NOW, NOW)
ASKED = Evaluation(required=True)


def test_after_the_pass_of_an_automatic_module_the_certificate_comes_by_itself() -> None:
    assert letter(PASSED, a_world(HAS_PASSED)).paragraphs == ("passed", "certificate_follows")


def test_a_certificate_that_was_quicker_than_the_word_of_the_pass_is_not_still_to_come() -> None:
    assert letter(PASSED, a_world(HAS_PASSED.certified(NUMBER))).paragraphs == ("passed",)


def test_where_credit_is_claimed_a_pass_says_until_when_and_what_comes_before() -> None:
    found = letter(PASSED, a_world(HAS_PASSED, claim="claimed"))
    assert found.paragraphs == ("passed", "claim")
    assert found.facts["claim_until"] == NOW + 30 * DAY
    asked = a_world(HAS_PASSED, claim="claimed", evaluation=ASKED)
    assert letter(PASSED, asked).paragraphs == ("passed", "evaluate_and_claim")
    answered = a_world(HAS_PASSED.evaluated({}, NOW), claim="claimed", evaluation=ASKED)
    assert letter(PASSED, answered).paragraphs == ("passed", "claim")


def test_a_late_word_of_a_pass_asks_for_no_claim_that_was_made_or_comes_too_late() -> None:
    claimed = a_world(HAS_PASSED, claim="claimed")
    claimed.claims.given(a_claim())
    assert letter(PASSED, claimed).paragraphs == ("passed",)
    late = a_world(HAS_PASSED, claim="claimed")
    late.clock.at = NOW + 30 * DAY
    assert letter(PASSED, late).paragraphs == ("passed",)


def test_the_rules_are_those_that_hold_for_this_learner_whatever_became_of_the_edition() -> None:
    terms = a_content(test=the_terms(attempts=5, cooldown_hours=1), claim="claimed", claim_window_days=2).terms
    confirmed = letter(CONFIRMED, a_world(an_enrolment(terms=terms)))
    assert confirmed.facts["attempts"] == 5
    failed = letter(FAILED, a_world(an_enrolment(terms=terms)))
    assert failed.facts["next_attempt_at"] == NOW + HOUR
    has_passed = letter(PASSED, a_world(replace(HAS_PASSED, terms=terms)))
    assert has_passed.facts["claim_until"] == NOW + 2 * DAY


# Reminders

EXPIRING = of_enrolment(EnrolmentExpiringV1, days=7, ordinal=7)


def test_a_reminder_says_what_is_left() -> None:
    found = letter(EXPIRING, a_world())
    assert found.paragraphs == ("closes", "attempts_left")
    assert (found.facts["last_day"], found.facts["attempts_left"]) == (LAST_DAY, 3)


def test_during_the_cool_down_it_says_when_the_next_attempt_may_start() -> None:
    world = a_world()
    world.attempts.given(a_graded_attempt(passed=False, at=NOW - HOUR))
    found = letter(EXPIRING, world)
    assert found.paragraphs == ("closes", "attempts_left", "next_attempt")
    assert (found.facts["attempts_left"], found.facts["next_attempt_at"]) == (2, NOW + 23 * HOUR)
    world.clock.at += 23 * HOUR
    assert letter(EXPIRING, world).paragraphs == ("closes", "attempts_left")


def test_an_attempt_that_is_open_is_to_be_handed_in_be_it_the_last() -> None:
    world = a_world(test=the_terms(attempts=1))
    world.attempts.given(an_attempt())
    assert letter(EXPIRING, world).paragraphs == ("closes", "attempt_open")


def test_who_can_not_pass_any_more_is_not_reminded() -> None:
    exhausted = a_world(test=the_terms(attempts=1))
    exhausted.attempts.given(a_graded_attempt(passed=False, at=NOW - 2 * DAY))
    assert told(EXPIRING, exhausted) is NotSent.MOVED_ON
    cooling_down = a_world(end=NOW + 23 * HOUR)
    cooling_down.attempts.given(a_graded_attempt(passed=False, at=NOW - HOUR))
    assert told(EXPIRING, cooling_down) is NotSent.MOVED_ON
    over = a_world()
    over.clock.at = END
    assert told(EXPIRING, over) is NotSent.MOVED_ON


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - {EnrolmentState.CONFIRMED}))
def test_only_who_has_still_to_pass_is_reminded_of_the_end(state: EnrolmentState) -> None:
    assert told(EXPIRING, a_world(an_enrolment(state))) is NotSent.MOVED_ON


CLOSING = of_enrolment(EnrolmentClaimClosingV1, claim_until=NOW + 7 * DAY)


def test_before_the_claim_window_closes_one_is_told_until_when() -> None:
    found = letter(CLOSING, a_world(HAS_PASSED, claim="claimed"))
    assert found.paragraphs == ("not_claimed", "claim")
    assert (found.facts["claim_until"], found.facts["claim_day"]) == (NOW + 7 * DAY, date(2026, 3, 9))
    asked = a_world(HAS_PASSED, claim="claimed", evaluation=ASKED)
    assert letter(CLOSING, asked).paragraphs == ("not_claimed", "evaluate_and_claim")


def test_who_has_claimed_or_comes_too_late_is_not_asked_to_claim() -> None:
    claimed = a_world(HAS_PASSED, claim="claimed")
    claimed.claims.given(a_claim())
    assert told(CLOSING, claimed) is NotSent.MOVED_ON
    late = a_world(HAS_PASSED, claim="claimed")
    late.clock.at = NOW + 7 * DAY
    assert told(CLOSING, late) is NotSent.MOVED_ON


# Certificates

ISSUED = CertificateIssuedV1(at=NOW, certificate=NUMBER, version=1)
REISSUED = CertificateReissuedV1(at=NOW, certificate=NUMBER, version=2)
REVOKED = CertificateRevokedV1(at=NOW, certificate=NUMBER, version=1)
RESTORED = CertificateRestoredV1(at=NOW, certificate=NUMBER, version=1)


def with_certificate(**changes: Any) -> World:
    world = a_world(HAS_PASSED.certified(NUMBER))
    world.claims.given(a_claim(certified=True, **changes))
    world.certificates.kept.given(a_head())
    return world


def revoked_in(world: World, reason: RevocationReason = RevocationReason.OTHER) -> World:
    head = world.certificates.head(NUMBER)
    assert head
    world.certificates.kept.save(head.revoked(reason, "the office's own note", NOW))
    return world


def restored_in(world: World) -> World:
    head = world.certificates.head(NUMBER)
    assert head
    world.certificates.kept.save(head.restored("a mistake", NOW))
    return world


def reissued_in(world: World, *, notify: bool = True) -> World:
    head = world.certificates.head(NUMBER)
    assert head
    world.reissues.save(a_reissue(head, requested_by=OFFICE, notify=notify), [])
    world.certificates.kept.save(replace(head, current=2))
    return world


def test_a_new_certificate_comes_with_its_number_its_credit_and_where_it_is_verified() -> None:
    found = letter(ISSUED, with_certificate())
    assert found.paragraphs == ("issued", "credit", "where")
    assert (found.facts["number"], found.facts["credits"]) == (NUMBER, a_certificate().credits)
    assert found.link == f"{PUBLIC_URL}/verify/{NUMBER}?version=1"


def test_one_without_credit_says_so() -> None:
    world = with_certificate(content=a_certificate(credits=()))
    assert letter(ISSUED, world).paragraphs == ("issued", "participation", "where")


def test_a_reissue_says_which_version_takes_the_place_of_which_and_why() -> None:
    found = letter(REISSUED, reissued_in(with_certificate()))
    facts = {name: found.facts[name] for name in ("version", "supersedes", "reason")}
    assert facts == {"version": 2, "supersedes": 1, "reason": "Name corrected"}
    assert found.link == f"{PUBLIC_URL}/verify/{NUMBER}?version=2"


def test_an_edition_reissued_without_telling_the_holders_tells_nobody() -> None:
    assert told(REISSUED, reissued_in(with_certificate(), notify=False)) is NotSent.NOT_WANTED


def test_what_was_issued_is_told_though_another_version_has_come_since() -> None:
    assert letter(ISSUED, reissued_in(with_certificate()))


@pytest.mark.parametrize("event", [ISSUED, REISSUED], ids=["issued", "reissued"])
def test_of_a_revoked_certificate_it_is_not_told_that_it_is_there(event: Tellable) -> None:
    assert told(event, revoked_in(reissued_in(with_certificate()))) is NotSent.MOVED_ON


@pytest.mark.parametrize("reason", RevocationReason)
def test_a_revocation_has_its_public_reason_and_not_the_offices_note(reason: RevocationReason) -> None:
    found = letter(REVOKED, revoked_in(with_certificate(), reason))
    assert found.paragraphs == ("revoked", reason, "contact")
    assert found.facts["revoked_on"] == NOW.date()
    assert "note" not in repr(found)


def test_who_has_it_back_is_told_so_and_not_that_it_was_revoked() -> None:
    world = restored_in(revoked_in(with_certificate()))
    assert told(REVOKED, world) is NotSent.MOVED_ON
    assert letter(RESTORED, world).paragraphs == ("restored",)


def test_revoked_again_it_is_that_revocation_which_is_told() -> None:
    world = revoked_in(restored_in(revoked_in(with_certificate())))
    assert told(REVOKED, world) is NotSent.MOVED_ON
    assert told(RESTORED, world) is NotSent.MOVED_ON
    assert letter(replace(REVOKED, ordinal=2), world)


@pytest.mark.parametrize("event", [CONFIRMED, ISSUED], ids=["enrolment", "order"])
def test_an_event_before_what_it_is_about_comes_again(event: Tellable) -> None:
    world = World()
    world.certificates.kept.given(a_head())
    with pytest.raises(LookupError):
        told(event, world)
