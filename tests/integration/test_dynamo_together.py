"""What is read together is as if each had been read by itself, once; and what never changes is read once."""

from dataclasses import replace
from typing import Any

import pytest

from infra.local.system import LocalSystem
from shared.adapters.dynamo.together import DynamoReadTogether
from shared.bootstrap import Deps
from shared.domain.attempt import Attempt
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import AttemptId, EditionId, LearnerId, ModuleId
from shared.domain.learner import Profile
from shared.domain.questions import AnswerKey, Bank
from shared.domain.refusals import NotFound
from tests.support.builders import NOW, a_bank, a_key, a_profile, an_attempt, an_enrolment


class Calls:
    """A client of DynamoDB that counts, and reads at most ``at_once`` items of a batch."""

    def __init__(self, client: Any, at_once: int = 100) -> None:
        self._client = client
        self._at_once = at_once
        self.made: list[str] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - as boto3 calls it
        self.made.append("BatchGetItem")
        [(table, request)] = RequestItems.items()
        taken = {**request, "Keys": request["Keys"][: self._at_once]}
        answer = self._client.batch_get_item(RequestItems={table: taken})
        left = request["Keys"][self._at_once :]
        return answer | {"UnprocessedKeys": {table: {**request, "Keys": left}} if left else {}}


def of(learner: str) -> Enrolment:
    return an_enrolment(EnrolmentState.CONFIRMED, learner_id=LearnerId(learner))


@pytest.fixture
def requests(deps: Deps) -> list[str]:
    """The calls to DynamoDB from here on."""
    made: list[str] = []
    deps._connection._client.meta.events.register(  # type: ignore[attr-defined]
        "before-call.dynamodb", lambda model, **_: made.append(model.name), unique_id="requests"
    )
    yield made
    deps._connection._client.meta.events.unregister("before-call.dynamodb", unique_id="requests")  # type: ignore[attr-defined]


def test_the_first_question_about_each_is_answered_by_one_call(deps: Deps, requests: list[str]) -> None:
    enrolment, profile = deps.enrolments.save(of("one")), deps.profiles.save(a_profile(learner_id=LearnerId("one")))
    requests.clear()
    with deps.read_together((Enrolment, enrolment.id), (Profile, profile.learner_id), (Profile, LearnerId("nobody"))):
        assert deps.enrolments.find(enrolment.id) == enrolment
        assert deps.profiles.find(profile.learner_id) == profile
        assert deps.profiles.find(LearnerId("nobody")) is None
    assert requests == ["BatchGetItem"]


def test_asked_again_or_afterwards_it_is_read_anew(deps: Deps) -> None:
    enrolment = deps.enrolments.save(of("again"))
    with deps.read_together((Enrolment, enrolment.id)):
        assert deps.enrolments.find(enrolment.id) == enrolment
        withdrawn = deps.enrolments.save(enrolment.withdrawn(NOW))
        assert deps.enrolments.find(enrolment.id) == withdrawn
    with deps.read_together((Enrolment, enrolment.id)):
        pass
    again = deps.enrolments.save(replace(withdrawn, state=EnrolmentState.CONFIRMED))
    assert deps.enrolments.find(enrolment.id) == again


def test_what_dynamodb_leaves_unread_is_read_by_itself(deps: Deps, engine: LocalSystem) -> None:
    saved = [deps.enrolments.save(of(learner)) for learner in ("first", "second")]
    client = Calls(engine.aws("dynamodb"), at_once=1)
    with DynamoReadTogether(client, {})(*((Enrolment, one.id) for one in saved)):
        assert [deps.enrolments.find(one.id) for one in saved] == saved
    assert client.made == ["BatchGetItem"]


def test_an_edition_that_is_not_there_is_not_found(deps: Deps) -> None:
    edition = EditionId(ModuleId("nowhere"), 1)
    with deps.read_together((Edition, edition)), pytest.raises(NotFound):
        deps.catalogue.edition(edition)


@pytest.mark.parametrize("stored", [0, 1, 2, 3])
def test_all_attempts_are_found_however_few_were_read_together(deps: Deps, stored: int) -> None:
    enrolment = of(f"sits-{stored}").id
    attempts = [deps.attempts.save(an_attempt(number + 1, learner_id=enrolment.learner_id)) for number in range(stored)]
    with deps.read_together(*((Attempt, AttemptId(enrolment, number)) for number in (1, 2))):
        assert list(deps.attempts.of(enrolment)) == attempts


def test_a_later_key_takes_the_place_of_the_one_that_is_kept(deps: Deps, requests: list[str]) -> None:
    edition, first = EditionId(ModuleId("keyed"), 1), a_key()
    deps.answer_keys.put(edition, first)
    assert deps.answer_keys.of(edition, first.bank_revision) == first
    requests.clear()
    with deps.read_together((AnswerKey, edition), (Profile, LearnerId("anyone"))):
        assert deps.answer_keys.of(edition, first.bank_revision) == first
    assert requests == ["BatchGetItem"]
    second = replace(first, revision=2, entries={})
    with deps.read_together((AnswerKey, edition)):
        deps.answer_keys.put(edition, second)
        assert deps.answer_keys.of(edition, first.bank_revision) == first
        assert deps.answer_keys.of(edition, first.bank_revision) == second


def test_a_bank_is_read_once(deps: Deps, requests: list[str]) -> None:
    edition, bank = EditionId(ModuleId("asked"), 1), a_bank()
    deps.question_banks.put(edition, bank)
    requests.clear()
    read: list[Bank] = [deps.question_banks.get(edition, bank.revision) for _ in range(2)]
    assert read == [bank, bank]
    assert requests == ["Query"]
