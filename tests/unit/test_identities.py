"""Joined identities: one person in all that is asked, two partitions in all that is stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from functions.assessment.attempt.use_case import save_answers, show_attempt, start_attempt, submit_attempt
from functions.assessment.grade.use_case import grade_attempt
from functions.assessment.settle.use_case import settle_grade
from functions.certification.certify.use_case import issue_version
from functions.certification.record.privacy import request_erasure
from functions.certification.record.use_case import change_profile, list_certificates, show_certificate, show_profile
from functions.enrolment.admit.award import Award, award_by_hand
from functions.enrolment.admit.joining import join_identities, separate_identities, show_identities
from functions.enrolment.confirm.use_case import confirm_enrolment
from functions.enrolment.enrol.use_case import acknowledge, record_views, request_enrolment, show_enrolment, withdraw
from functions.enrolment.inspect.use_case import find_learners, show_learner
from functions.operations.notify.use_case import notify
from functions.operations.work.use_case import do_page
from shared.domain.accommodation import Accommodation, shared_grants
from shared.domain.admission import weightiest
from shared.domain.certificate_number import certificate_number
from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState, Joint
from shared.domain.erasure import GRACE
from shared.domain.identities import counting, join, reconciled, require_reconcilable, separate
from shared.domain.ids import EnrolmentId, EnrolmentReference, LearnerId, ModuleId
from shared.domain.job import Job
from shared.domain.learner import Contact, Joined, Membership, Profile
from shared.domain.refusals import AlreadyJoined, IdentitiesConflict, InvalidRequest, LearnerErased, NotFound
from shared.events.assessment import AttemptPassedV1, AttemptSubmittedV1
from shared.events.certification import CertificateIssuedV1, CreditClaimedV1
from shared.events.enrolment import EnrolmentPassedV1, EnrolmentRequestedV1
from shared.jobs import next_page
from shared.ports import ConcurrentChange
from tests.support.builders import (
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    REFERENCE,
    a_bank,
    a_certificate,
    a_claim,
    a_contact,
    a_graded_attempt,
    a_head,
    a_key,
    a_profile,
    an_attempt,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World
from tests.support.paging import all_of

OTHER = LearnerId("dr-a-old")
THIRD = LearnerId("dr-a-older")
ADMIN = LearnerId("admin")
JOINED = Joined(learner_id=OTHER, reason="the same licence", by=ADMIN, at=NOW)
KEY = a_key()
A, B = Profile(learner_id=LEARNER), Profile(learner_id=OTHER)


def of_other(edition: int = 1, state: EnrolmentState = EnrolmentState.CONFIRMED, **changes: Any) -> Enrolment:
    return an_enrolment(state, learner_id=OTHER, edition=edition, **changes)


def a_world(*enrolments: Enrolment, profile: Profile | None = None) -> World:
    """Ada has two accounts that nobody has joined yet."""
    world = World()
    world.publish()
    world.publish(an_edition(2))
    world.profiles.given(profile or a_profile(), a_profile(learner_id=OTHER, name="Ada Byron"))
    world.enrolments.given(*enrolments)
    return world


def joined(world: World, primary: LearnerId = LEARNER, other: LearnerId = OTHER) -> World:
    join_identities(primary, other, "the same licence", ADMIN, world, at=NOW)
    return world


def named(learner_id: LearnerId, edition: int | None = None) -> EnrolmentReference:
    return EnrolmentReference(learner_id, MODULE, edition)


# The rule


def test_each_of_two_knows_the_other_and_the_primary() -> None:
    primary, other = join(A, B, JOINED)
    assert (primary.identities, primary.joined, primary.joined_to) == ((LEARNER, OTHER), (JOINED,), None)
    assert (other.person, other.joined) == (LEARNER, ())
    assert join(primary, other, replace(JOINED, reason="once more")) == (primary, other)
    assert separate(primary, other) == (A, B)
    assert separate(A, B) == (A, B)


def test_an_identity_is_not_joined_with_itself() -> None:
    with pytest.raises(InvalidRequest) as refused:
        join(A, A, JOINED)
    assert refused.value.facts["errors"]


def test_a_person_has_one_primary_and_no_chains() -> None:
    primary, other = join(A, B, JOINED)
    stranger = Profile(learner_id=THIRD)
    for one, two, known in (
        (other, primary, LEARNER),
        (other, stranger, LEARNER),
        (stranger, other, LEARNER),
        (stranger, primary, LEARNER),
    ):
        with pytest.raises(AlreadyJoined) as refused:
            join(one, two, replace(JOINED, learner_id=two.learner_id))
        assert refused.value.facts["primary"] == known
    several, _ = join(primary, stranger, replace(JOINED, learner_id=THIRD))
    assert several.identities == (LEARNER, OTHER, THIRD)


@pytest.mark.parametrize(
    "of_the_other",
    [
        ([of_other()], [an_attempt(learner_id=OTHER)]),
        ([of_other()], [a_graded_attempt(passed=False, learner_id=OTHER)]),
        ([of_other(state=EnrolmentState.WITHDRAWN)], [a_graded_attempt(passed=False, learner_id=OTHER)]),
        ([of_other(state=EnrolmentState.PASSED)], []),  # by hand
    ],
)
def test_two_with_evidence_in_one_edition_are_irreconcilable(of_the_other: Any) -> None:
    enrolments, attempts = of_the_other
    mine = [an_enrolment(), an_enrolment(edition=2)]
    with pytest.raises(IdentitiesConflict) as refused:
        require_reconcilable([*mine, *enrolments], [an_attempt(), an_attempt(edition=2), *attempts], OTHER)
    assert refused.value.facts["editions"] == [{"module_id": MODULE, "edition": 1}]
    # Evidence of one alone, or in different editions, is no conflict.
    require_reconcilable([*mine, *enrolments], attempts, OTHER)
    require_reconcilable([*mine, *enrolments], [an_attempt(edition=2), *attempts], OTHER)


def test_what_one_identity_alone_began_is_not_touched() -> None:
    elsewhere = of_other(module_id=ModuleId("another"))
    assert reconciled([an_enrolment(), an_enrolment(edition=2), elsewhere], [an_attempt()], NOW) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "attempts", "counts"),
    [
        (an_enrolment(), of_other(), [], LEARNER),
        (an_enrolment(), of_other(), [an_attempt(learner_id=OTHER)], OTHER),
        (an_enrolment(), of_other(state=EnrolmentState.CERTIFIED), [], OTHER),
        (an_enrolment(EnrolmentState.DECLINED), of_other(), [], OTHER),
        (an_enrolment(EnrolmentState.WITHDRAWN), of_other(), [an_attempt()], LEARNER),
        (an_enrolment(EnrolmentState.LAPSED), of_other(state=EnrolmentState.DECLINED), [], LEARNER),
    ],
)
def test_of_two_in_one_edition_one_counts_and_the_other_is_set_aside(
    mine: Enrolment, theirs: Enrolment, attempts: Any, counts: LearnerId
) -> None:
    after = {one.learner_id: one for one in reconciled([mine, theirs], attempts, NOW)}
    yields = OTHER if counts == LEARNER else LEARNER
    assert {one.learner_id: one.joint for one in after.values()} == {counts: Joint.COUNTS, yields: Joint.SET_ASIDE}
    before = {LEARNER: mine, OTHER: theirs}
    assert replace(after[counts], joint=None) == before[counts]
    assert not after[yields].is_open
    assert after[yields].state == (EnrolmentState.WITHDRAWN if before[yields].is_open else before[yields].state)
    assert reconciled(list(after.values()), attempts, NOW + HOUR) == []
    for order in permutations(after.values()):
        found = counting(order, None)
        assert found
        assert found.learner_id == counts


def test_in_several_editions_the_newest_is_meant() -> None:
    begun = reconciled([an_enrolment(), of_other(2), of_other(3)], [], NOW)
    assert {one.joint for one in begun} == {Joint.COUNTS}
    assert [found.edition for edition in (None, 1, 2) if (found := counting(begun, edition))] == [3, 1, 2]
    assert counting(begun, 4) is None


def test_each_identity_is_granted_the_most_of_what_any_of_them_is() -> None:
    def granted(learner_id: LearnerId, minutes: int, attempts: int, module: ModuleId = MODULE) -> Accommodation:
        return Accommodation(
            learner_id=learner_id,
            module_id=module,
            extra_minutes=minutes,
            extra_attempts=attempts,
            reason="a certified need",
            granted_by=ADMIN,
            granted_at=NOW,
            version=3,
        )

    another = ModuleId("another")
    mine = [granted(LEARNER, 10, 0), granted(OTHER, 5, 2), granted(OTHER, 7, 0, another)]
    found = shared_grants(mine, [LEARNER, OTHER])
    assert [(one.learner_id, one.module_id, one.extra) for one in found] == [
        (LEARNER, MODULE, (10, 2)),
        (OTHER, MODULE, (10, 2)),
        (LEARNER, another, (7, 0)),
    ]
    assert shared_grants([*found, mine[2]], [LEARNER, OTHER]) == []
    assert shared_grants([], [LEARNER, OTHER]) == []


def test_a_membership_that_holds_outweighs_what_is_said_of_another_identity() -> None:
    no, yes = Membership(learner_id=LEARNER, member=False), Membership(learner_id=OTHER, member=True)
    over = Membership(learner_id=OTHER, member=True, until=NOW.date() - timedelta(days=1))
    assert weightiest([no, yes], NOW, "UTC") == yes
    assert weightiest([None, over, no], NOW, "UTC") == over
    assert weightiest([None], NOW, "UTC") is None


# Joining


def test_a_join_that_breaks_off_is_completed_by_the_same_request() -> None:
    world = a_world(an_enrolment(), of_other())
    world.attempts.given(an_attempt(learner_id=OTHER))

    def break_off() -> None:
        raise BrokenOff

    world.enrolments.meanwhile = break_off
    with pytest.raises(BrokenOff):
        joined(world)
    primary, is_new = join_identities(LEARNER, OTHER, "the same licence", ADMIN, world, at=NOW + HOUR)
    assert (primary.joined, is_new) == ((JOINED,), False)
    assert {one.learner_id: one.joint for one in world.enrolments.all()} == {
        LEARNER: Joint.SET_ASIDE,
        OTHER: Joint.COUNTS,
    }


def test_a_refused_join_writes_nothing() -> None:
    world = a_world(an_enrolment(), of_other())
    world.attempts.given(an_attempt(), an_attempt(learner_id=OTHER))
    with pytest.raises(IdentitiesConflict):
        joined(world)
    assert (world.profiles.writes, world.enrolments.writes) == (0, 0)


@pytest.mark.parametrize("known", ["contact", "membership", "enrolment"])
def test_who_never_said_anything_can_be_joined(known: str) -> None:
    world = World()
    world.profiles.given(a_profile())
    match known:
        case "contact":
            world.contacts.given(Contact(learner_id=OTHER, email="ada@hospital.example"))
        case "membership":
            world.memberships.given(Membership(learner_id=OTHER, member=True))
        case _:
            world.enrolments.given(of_other())
    joined(world)
    assert show_identities(OTHER, world).identities == (LEARNER, OTHER)
    assert show_profile(OTHER, world).name == "Ada Lovelace"


def test_of_whom_nothing_is_known_nobody_is_joined() -> None:
    world = a_world()
    for primary, other in ((LEARNER, THIRD), (THIRD, LEARNER)):
        with pytest.raises(NotFound):
            joined(world, primary, other)
    with pytest.raises(NotFound):
        show_identities(THIRD, world)


def test_a_profile_that_changed_meanwhile_is_not_overwritten() -> None:
    world = a_world()
    world.profiles.meanwhile = lambda: change_profile(OTHER, {"name": "Ada King"}, world)
    with pytest.raises(ConcurrentChange):
        joined(world)
    assert world.identities.of(LEARNER) == (LEARNER,)


def test_the_other_identity_changes_the_primarys_profile_and_has_its_own_again_afterwards() -> None:
    world = joined(a_world())
    change_profile(OTHER, {"name": "Augusta Ada King"}, world)
    assert {show_profile(each, world).name for each in (LEARNER, OTHER)} == {"Augusta Ada King"}
    separate_identities(LEARNER, OTHER, world)
    assert (show_profile(LEARNER, world).name, show_profile(OTHER, world).name) == ("Augusta Ada King", "Ada Byron")
    writes = world.profiles.writes
    separate_identities(LEARNER, OTHER, world)
    assert world.profiles.writes == writes


# What follows for the learner


def test_an_enrolment_is_found_under_either_identity_and_begun_once() -> None:
    world = joined(a_world(an_enrolment()))
    for reference in (named(OTHER), named(OTHER, 1)):
        assert show_enrolment(reference, world)[0].learner_id == LEARNER
        assert request_enrolment(replace(reference, edition=1), world, at=NOW) == (world.enrolments.all()[0], False)
    request_enrolment(named(OTHER, 2), world, at=NOW)
    assert [one.id for one in world.enrolments.all()] == [ENROLMENT, replace(ENROLMENT, edition=2)]


def test_a_module_that_nobody_began_begins_under_the_identity_that_asks() -> None:
    world = joined(a_world())
    request_enrolment(named(OTHER, 1), world, at=NOW)
    assert [one.learner_id for one in world.enrolments.all()] == [OTHER]


def test_a_pass_by_hand_goes_where_the_module_was_begun() -> None:
    world = joined(a_world(of_other()))
    by_hand = Award(enrolment=replace(ENROLMENT, edition=2), passed_at=NOW, reason="sat on paper")
    passed, is_new = award_by_hand(by_hand, ADMIN, world, at=NOW)
    assert (passed.id, is_new) == (EnrolmentId(OTHER, MODULE, 2), True)
    [claim] = world.claims.all()
    assert (claim.learner_id, claim.content.attested_name) == (OTHER, "Ada Lovelace")
    assert [event.learner_id for event in world.told(EnrolmentPassedV1)] == [OTHER]


def test_what_is_set_aside_is_not_asked_for_anew() -> None:
    world = joined(a_world(an_enrolment(), of_other()))
    enrolment, created = request_enrolment(named(OTHER, 1), world, at=NOW)
    assert (enrolment.learner_id, created) == (LEARNER, False)
    withdraw(named(OTHER), world, at=NOW)
    enrolment, created = request_enrolment(named(OTHER, 1), world, at=NOW)
    assert (enrolment.learner_id, enrolment.state, created) == (LEARNER, EnrolmentState.REQUESTED, True)


def test_separated_an_enrolment_is_its_own_again() -> None:
    world = joined(a_world(an_enrolment(), of_other(2)))
    assert show_enrolment(named(LEARNER), world)[0].edition == 2
    separate_identities(LEARNER, OTHER, world)
    assert show_enrolment(named(LEARNER), world)[0].edition == 1
    with pytest.raises(NotFound):
        show_enrolment(named(LEARNER, 2), world)


def a_request(learner_id: LearnerId = LEARNER) -> EnrolmentRequestedV1:
    return EnrolmentRequestedV1(at=NOW, ordinal=1, learner_id=learner_id, module_id=MODULE, edition=1)


def confirmed(world: World, learner_id: LearnerId = LEARNER) -> Enrolment:
    asked = EnrolmentId(learner_id, MODULE, 1)
    world.enrolments.given(Enrolment.requested(asked, NOW))
    confirm_enrolment(a_request(learner_id), world)
    found = world.enrolments.find(asked)
    assert found
    return found


def test_the_societys_directory_is_asked_about_each_identity() -> None:
    world = a_world()
    world.membership_directory.members[OTHER] = Membership(learner_id=OTHER, member=True)
    assert confirmed(world).reason is DeclineReason.NOT_A_MEMBER
    assert confirmed(joined(world)).state is EnrolmentState.CONFIRMED


def test_what_the_office_says_of_another_identity_comes_before_a_directory_that_is_down() -> None:
    world = joined(a_world())
    world.memberships.given(Membership(learner_id=OTHER, member=True))
    world.membership_directory.is_down = True
    assert confirmed(world).state is EnrolmentState.CONFIRMED


@pytest.mark.parametrize("of_primary", ["new@example.org", None])
def test_a_letter_goes_to_the_primarys_address_else_to_that_of_the_enrolment(of_primary: str | None) -> None:
    world = joined(a_world())
    passed = of_other(state=EnrolmentState.CERTIFIED, certificate=NUMBER, passed_at=NOW)
    world.enrolments.given(passed)
    world.claims.given(a_claim(certified=True, learner_id=OTHER))
    world.certificates.kept.given(a_head(learner_id=OTHER))
    world.contacts.given(a_contact(learner_id=OTHER, email="old@example.org"))
    if of_primary:
        world.contacts.given(a_contact(email=of_primary))
    notify(CertificateIssuedV1(at=NOW, certificate=NUMBER, version=1), world)
    assert [mail.to for mail in world.mailer.sent] == [of_primary or "old@example.org"]


# What it costs


def test_who_has_one_identity_pays_nothing_for_those_who_have_two() -> None:
    """From the confirmation to the certificate nobody asks who else a learner is."""
    world = World()
    world.publish()
    world.question_banks.put(an_edition().id, a_bank())
    world.answer_keys.put(an_edition().id, KEY)
    world.profiles.given(a_profile())
    world.memberships.given(Membership(learner_id=LEARNER, member=True))
    request_enrolment(REFERENCE, world, at=NOW)
    assert world.identities.asked == [LEARNER]  # is it begun under another?
    world.identities.asked.clear()
    [requested] = world.told(EnrolmentRequestedV1)
    confirm_enrolment(requested, world)
    request_enrolment(REFERENCE, world, at=NOW)
    for reference in (REFERENCE, named(LEARNER, 1)):
        show_enrolment(reference, world)
        acknowledge(reference, an_edition().information_hash, world, at=NOW)
        record_views(reference, [(0, 60)], world, at=NOW)
        attempt, *_ = start_attempt(reference, world, at=NOW)
        right = {one.question_id: KEY.entries[one.question_id].correct for one in attempt.form.questions}
        chosen = {question: tuple(sorted(correct)) for question, correct in right.items()}
        save_answers(reference, 1, chosen, world, at=NOW)
        show_attempt(reference, 1, world, at=NOW)
    submit_attempt(REFERENCE, 1, {}, world, at=NOW)
    for kind, step in STEPS:
        [announced] = world.told(kind)
        step(announced, world)
    assert show_certificate(LEARNER, world.enrolments.all()[0].certificate or NUMBER, None, world)
    assert world.identities.asked == []


STEPS: Sequence[tuple[type[Any], Callable[[Any, Any], object]]] = [
    (AttemptSubmittedV1, grade_attempt),
    (AttemptPassedV1, settle_grade),
    (CreditClaimedV1, issue_version),
    (CertificateIssuedV1, notify),
]


# The office


def found(world: World, q: str | None, limit: int) -> list[str]:
    return [person.learner_id for person in all_of(lambda cursor: find_learners(q, limit, cursor, world))]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_person_is_found_once_by_the_words_of_any_identity(limit: int) -> None:
    world = a_world()
    world.contacts.given(a_contact(), Contact(learner_id=OTHER, email="byron@hospital.example", name="Ada B."))
    world.profiles.given(a_profile(learner_id=THIRD, name="Zacharias Zuse"))
    joined(world)
    for q in ("ada", "lovelace", "byron", "hospital", "lovelace byron"):
        assert found(world, q, limit) == [LEARNER], q
    assert found(world, None, limit) == [LEARNER, THIRD]


def test_who_never_said_their_name_is_listed_by_what_the_token_said() -> None:
    world = World()
    world.contacts.given(a_contact(name="Ada L."), Contact(learner_id=OTHER, email="b@example.org", name="Ada B."))
    joined(world)
    assert found(world, None, 50) == found(world, "ada", 50) == [LEARNER]
    assert show_learner(OTHER, world, at=NOW).person.name == "Ada L."


def certified(world: World) -> World:
    """A certificate under each identity, of another edition."""
    for edition, (learner, number) in enumerate([(LEARNER, NUMBER), (OTHER, certificate_number(2))], start=1):
        of_it: Any = {"learner_id": learner, "edition": edition}
        world.enrolments.given(an_enrolment(EnrolmentState.CERTIFIED, certificate=number, passed_at=NOW, **of_it))
        content = a_certificate(number, edition=edition, completed_at=NOW)
        world.claims.given(a_claim(certificate=number, certified=True, content=content, **of_it))
        world.certificates.kept.given(a_head(number=number, **of_it))
    return world


def test_a_cursor_of_somebody_with_more_identities_is_none_of_ones_own() -> None:
    world = joined(certified(a_world()))
    first = list_certificates(LEARNER, 1, None, world)
    second = list_certificates(LEARNER, 1, first.cursor, world)
    assert [head.number for _, head in (*first.entries, *second.entries)] == [NUMBER, certificate_number(2)]
    assert second.cursor is None
    separate_identities(LEARNER, OTHER, world)
    with pytest.raises(InvalidRequest):
        list_certificates(LEARNER, 1, first.cursor, world)


# Erasure


def look(world: World, learner_id: LearnerId) -> Job:
    job = world.jobs.find(Job.erasing(learner_id, NOW).job)
    assert job
    do_page(next_page(job), world)
    return world.jobs.find(job.job) or job


def end_of(world: World) -> Any:
    records = [
        replace(one, version=0)  # type: ignore[type-var]
        for each in (LEARNER, OTHER)
        for one in world.personal_records.all(each)
    ]
    return records, world.evidence.identities, set(world.accounts.gone)


@pytest.mark.parametrize("asking", [LEARNER, OTHER])
def test_an_erasure_takes_all_identities_under_one_job(asking: LearnerId) -> None:
    world = joined(certified(a_world()))
    job = request_erasure(asking, world, at=NOW)
    assert job == request_erasure(LEARNER, world, at=NOW)
    look(world, LEARNER)
    assert {one.learner_id for one in world.erasures.all()} == {LEARNER, OTHER}
    with pytest.raises(LearnerErased):
        change_profile(OTHER, {"language": "de"}, world)
    world.clock.at += GRACE
    look(world, LEARNER)
    assert world.profiles.all() == []
    assert set(world.accounts.gone) == {LEARNER, OTHER}
    assert {each.profile.name for each in world.evidence.identities.values() if each.profile} == {"Ada Lovelace"}
    assert set(world.evidence.identities) == {LEARNER, OTHER}


@pytest.mark.parametrize("kind", ["profiles", "enrolments", "claims", "erasures", "jobs"])
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("asking", [LEARNER, OTHER])
def test_broken_off_anywhere_the_erasure_of_both_comes_to_the_same_end(
    kind: str, after: int, asking: LearnerId
) -> None:
    """Asked for by the other identity before it was joined, too."""

    def begun() -> World:
        world = joined(certified(a_world()))
        separate_identities(LEARNER, OTHER, world)
        request_erasure(asking, world, at=NOW)
        joined(world)
        look(world, asking)
        world.clock.at += GRACE
        return world

    undisturbed = begun()
    look(undisturbed, asking)
    world = begun()
    records: Any = getattr(world, kind)
    writes = after

    def break_off() -> None:
        nonlocal writes
        if writes == 0:
            raise BrokenOff
        writes -= 1
        records.meanwhile = break_off

    records.meanwhile = break_off
    try:
        look(world, asking)
    except BrokenOff:
        look(world, asking)
    records.meanwhile = None
    assert end_of(world) == end_of(undisturbed)
    assert world.accounts.gone
    assert set(world.accounts.gone) == {LEARNER, OTHER}
