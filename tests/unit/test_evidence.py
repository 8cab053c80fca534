"""Evidence: what an auditor asks about one learner, and whom to ask about."""

from dataclasses import replace

import pytest

from functions.enrolment.inspect.evidence import draw_sample, gather_evidence
from functions.modules.author.use_case import attach, correct, keep_draft, publish
from shared.domain.edition import Erratum, information_hash
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EditionId, EnrolmentReference, LearnerId
from shared.domain.refusals import NotFound
from shared.exchange.bank_file import BankFile
from tests.support.builders import (
    DAY,
    EDITION,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    REFERENCE,
    a_bank,
    a_claim,
    a_graded_attempt,
    a_head,
    a_key,
    a_profile,
    a_version,
    an_award,
    an_enrolment,
    as_sent,
)
from tests.support.fakes import World

ERRATUM = Erratum(text="A fee was left out.", reason="reported", by="admin", published_at=NOW)


def a_world() -> World:
    world = World()
    keep_draft(EDITION, as_sent(), None, world)
    attach(EDITION, BankFile(a_bank().questions, tuple(a_key().entries.values())), world)
    publish(EDITION, world, at=NOW - DAY)
    world.profiles.given(a_profile())
    return world


def test_the_bundle_has_what_was_told_shown_answered_and_issued() -> None:
    world = a_world()
    told = world.catalogue.edition(EDITION).information_hash
    passed = an_enrolment(EnrolmentState.CERTIFIED, acknowledged_hash=told, certificate=NUMBER, passed_at=NOW)
    world.enrolments.given(passed)
    world.attempts.given(a_graded_attempt(1, passed=False), a_graded_attempt(2, passed=True))
    world.claims.given(a_claim(certified=True))
    world.certificates.kept.given(a_head())
    world.certificates.issued.given(a_version())
    world.ledger.given(an_award("2026-03-02"), an_award("2026-03-01", edition=2))
    found = gather_evidence(REFERENCE, world)
    assert found.person.name == "Ada Lovelace"
    assert found.information
    assert found.information["title"] == as_sent()["title"]
    assert [attempt.number for attempt in found.attempts] == [1, 2]
    assert found.banks == {1: a_bank()}
    [version] = found.versions
    assert (version.order.content, version.record) == (a_claim().content, replace(a_version(), version=1))
    assert [entry.edition for entry in found.entries] == [1]


def test_the_information_is_that_of_the_day_whatever_was_corrected_since() -> None:
    world = a_world()
    before = world.catalogue.edition(EDITION).information_hash
    after = correct(EDITION, ERRATUM, world)[0].information_hash
    correct(EDITION, replace(ERRATUM, text="Another.", published_at=NOW + DAY), world)
    for acknowledged, errata in ((before, []), (after, ["A fee was left out."])):
        world.enrolments.given(an_enrolment(acknowledged_hash=acknowledged))
        information = gather_evidence(REFERENCE, world).information
        assert information
        assert [erratum["text"] for erratum in information.get("errata", [])] == errata
    assert before == information_hash(1, as_sent())


def test_who_has_acknowledged_nothing_was_told_nothing() -> None:
    world = a_world()
    for acknowledged in (None, "of no information that ever was"):
        world.enrolments.given(an_enrolment(acknowledged_hash=acknowledged))
        assert gather_evidence(REFERENCE, world).information is None


def test_without_an_edition_the_newest_enrolment_is_meant_and_who_has_none_is_not_found() -> None:
    world = a_world()
    world.publish()
    world.enrolments.given(an_enrolment())
    assert gather_evidence(REFERENCE, world).enrolment.edition == 1
    for reference in (replace(REFERENCE, edition=2), EnrolmentReference(LearnerId("dr-z"), MODULE, None)):
        with pytest.raises(NotFound):
            gather_evidence(reference, world)


# Samples


def a_crowd(size: int = 40, declined: int = 10) -> World:
    world = World()
    world.publish()
    for number in range(size):
        world.enrolments.given(an_enrolment(learner_id=LearnerId(f"dr-{number}")))
    for number in range(declined):
        known = an_enrolment(EnrolmentState.DECLINED, learner_id=LearnerId(f"declined-{number}"), confirmed_at=None)
        world.enrolments.given(known)
    return world


def sampled(world: World, size: int, seed: str | None) -> list[str]:
    return [one.learner_id for one in draw_sample(EDITION, size, seed, world).enrolments]


def test_the_same_seed_draws_the_same_participants_and_another_others() -> None:
    world = a_crowd()
    drawn = sampled(world, 8, "spring")
    assert (len(drawn), len(set(drawn))) == (8, 8)
    assert sampled(world, 8, "spring") == drawn
    assert sampled(world, 4, "spring") == drawn[:4]
    assert sampled(world, 8, "autumn") != drawn


def test_participants_are_those_who_were_admitted() -> None:
    world = a_crowd(size=5, declined=60)
    sample = draw_sample(EDITION, 50, "spring", world)
    assert (sample.enrolled, len(sample.enrolments)) == (65, 5)
    assert all(one.learner_id.startswith("dr-") for one in sample.enrolments)


def test_who_enrols_later_takes_one_place_at_most() -> None:
    world = a_crowd()
    drawn = sampled(world, 8, "spring")
    for number in range(40, 44):
        world.enrolments.given(an_enrolment(learner_id=LearnerId(f"dr-{number}")))
    again = sampled(world, 8, "spring")
    assert [learner for learner in again if learner in drawn] == [learner for learner in drawn if learner in again]
    assert len(set(drawn) - set(again)) <= 4


def test_without_a_seed_one_is_drawn_and_told() -> None:
    world = a_crowd()
    sample = draw_sample(EDITION, 8, None, world)
    assert sampled(world, 8, sample.seed) == [one.learner_id for one in sample.enrolments]
    with pytest.raises(NotFound):
        draw_sample(EditionId(MODULE, 9), 8, None, world)
    assert LEARNER not in sample.people
