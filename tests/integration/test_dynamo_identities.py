"""Who is one person, as the profiles of LearningTable say it: both sides or neither, and what is read for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pynamodb.connection import Connection

from infra.local.system import LocalSystem
from shared.bootstrap import Deps
from shared.domain.identities import join, separate
from shared.domain.ids import EnrolmentReference, LearnerId
from shared.domain.learner import Joined, Profile
from shared.identities import find_enrolment
from shared.ports import ConcurrentChange
from tests.support.builders import MODULE, NOW, a_profile, an_enrolment


def joined(deps: Deps, primary: str, *others: str) -> list[LearnerId]:
    """All of them, each with a profile of its own, joined."""
    identities = [LearnerId(each) for each in (primary, *others)]
    for each in identities:
        deps.profiles.save(a_profile(learner_id=each, name=f"Ada {each}"))
    for other in identities[1:]:
        own = deps.identities.own([identities[0], other])
        told = Joined(learner_id=other, reason="the same licence", by=LearnerId("admin"), at=NOW)
        deps.identities.save(*join(own[identities[0]], own[other], told))
    return identities


def test_whichever_identity_is_asked_about_it_is_one_person(deps: Deps) -> None:
    person = joined(deps, "one-a", "one-b", "one-c")
    for each in person:
        assert deps.identities.of(each) == tuple(person)
        profile = deps.profiles.find(each)
        assert profile
        assert profile.name == "Ada one-a"
    assert deps.identities.of(LearnerId("nobody")) == ("nobody",)
    deps.profiles.save(a_profile(learner_id=LearnerId("alone")))
    assert deps.identities.of(LearnerId("alone")) == ("alone",)


def test_many_profiles_are_each_the_persons_and_what_each_says_itself_is_kept(deps: Deps) -> None:
    person = joined(deps, "many-a", "many-b")
    asked = [person[1], LearnerId("many-nobody")]
    assert {each: profile.name for each, profile in deps.profiles.those(asked).items()} == {"many-b": "Ada many-a"}
    assert deps.profiles.those(person)[person[1]] == deps.profiles.find(person[0])
    assert {each: profile.name for each, profile in deps.identities.own(asked).items()} == {"many-b": "Ada many-b"}


def test_a_join_is_written_on_both_sides_or_on_none(deps: Deps) -> None:
    mine = deps.profiles.save(a_profile(learner_id=LearnerId("both-a")))
    stale = deps.profiles.save(a_profile(learner_id=LearnerId("both-b")))
    deps.profiles.save(replace(stale, language="de"))
    told = Joined(learner_id=LearnerId("both-b"), reason="the same licence", by=LearnerId("admin"), at=NOW)
    with pytest.raises(ConcurrentChange):
        deps.identities.save(*join(mine, stale, told))
    assert deps.identities.of(mine.learner_id) == ("both-a",)
    blank = Profile(learner_id=LearnerId("both-c"))
    primary, other = join(mine, blank, replace(told, learner_id=blank.learner_id))
    deps.identities.save(primary, other)
    # The SDK repeats a write whose answer got lost.
    deps.identities.save(primary, other)
    own = deps.identities.own(["both-a", "both-c"])  # type: ignore[list-item]
    assert [one.version for one in own.values()].count(2) == 1
    deps.identities.save(*separate(own[mine.learner_id], own[blank.learner_id]))
    assert deps.identities.of(blank.learner_id) == ("both-c",)


def test_the_words_that_a_learner_is_found_by_stay_through_a_join(deps: Deps) -> None:
    joined(deps, "word-a", "word-b")
    found = deps.directory.found_by("word", 10, None).entries
    assert {hit.learner_id for hit in found} == {"word-a", "word-b"}


@contextmanager
def counting_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    calls: list[str] = []
    call = Connection._make_api_call

    def counted(self: Connection, operation: str, *args: object, **kwargs: object) -> object:
        calls.append(operation)
        return call(self, operation, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "_make_api_call", counted)
        yield calls


def test_an_enrolment_that_is_there_costs_one_read_and_one_that_is_not_one_more(
    deps: Deps, engine: LocalSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = LearnerId("cost")
    deps.enrolments.save(an_enrolment(learner_id=ada))
    with counting_calls(monkeypatch) as calls:
        assert find_enrolment(EnrolmentReference(ada, MODULE, 1), deps)
        assert find_enrolment(EnrolmentReference(ada, MODULE, None), deps)
        assert calls == ["GetItem", "Query"]
        assert find_enrolment(EnrolmentReference(ada, MODULE, 2), deps) is None
        assert calls[2:] == ["GetItem", "GetItem"]
