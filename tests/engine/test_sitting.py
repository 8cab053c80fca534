"""Double clicks, two tabs, two devices: whatever of a learner's test comes at once, none of it is lost or doubled."""

from http import HTTPStatus

import pytest

from functions.assessment.attempt.handler import patch_answers, post_attempt, post_submission
from shared.api.contract.assessment import SaveBody, SubmissionBody
from shared.domain.refusals import AttemptOver
from tests.engine.racing import at_once, ids_of, of_learner
from tests.flow.journey import Learner, Module, World, a_bank, a_question, answered, drawing

QUESTIONS = [f"q{n}" for n in range(50)]


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    """Fifty questions, all asked; a is right."""
    bank = a_bank(*(a_question(name) for name in QUESTIONS))
    return world.published(bank=bank, test={"pools": drawing(len(QUESTIONS))})


@pytest.fixture
def ada(world: World, module: Module) -> Learner:
    [learner] = world.ready(module, 1)
    return learner


def test_fifty_starts_at_once_give_one_attempt(world: World, module: Module, ada: Learner) -> None:
    start = of_learner(post_attempt, ada, module)
    answers = at_once(50, lambda _: start.send())
    statuses = [answer.status for answer in answers]
    assert sorted(statuses) == [HTTPStatus.OK] * 49 + [HTTPStatus.CREATED]
    # Each drew a form of its own, but all are shown the one that was stored.
    assert len({answer.body.model_dump_json() for answer in answers if answer.body}) == 1
    [attempt] = world.facts_of(ada, "ATTEMPT")
    assert attempt["number"] == 1
    assert ada.enrolment()["attempts_left"] == 2


def test_fifty_saves_of_different_questions_at_once_are_all_kept(ada: Learner, module: Module) -> None:
    ada.begins()
    save = of_learner(patch_answers, ada, module, attempt="1")
    bodies = [SaveBody(answers={question: ["a"]}) for question in QUESTIONS]
    answers = at_once(50, lambda n: save.send(bodies[n]))
    assert [answer.status for answer in answers] == [HTTPStatus.OK] * 50
    assert answered(ada.attempt())["answers"] == {question: ["a"] for question in QUESTIONS}


def test_of_fifty_saves_of_one_question_at_once_one_is_kept(ada: Learner, module: Module) -> None:
    ada.begins()
    save = of_learner(patch_answers, ada, module, attempt="1")
    bodies = [SaveBody(answers={"q0": ["abcd"[n % 4]], f"q{n + 1}": ["a"]}) for n in range(49)]
    at_once(49, lambda n: save.send(bodies[n]))
    saved = answered(ada.attempt())["answers"]
    assert set(saved) == set(QUESTIONS)
    assert saved["q0"] in [["a"], ["b"], ["c"], ["d"]]


def test_fifty_submissions_at_once_give_one(world: World, module: Module, ada: Learner) -> None:
    form = ada.begins()
    submit = of_learner(post_submission, ada, module, attempt="1")
    body = SubmissionBody(answers=module.right(form))
    answers = at_once(50, lambda _: submit.send(body))
    statuses = [answer.status for answer in answers]
    assert sorted(statuses) == [HTTPStatus.OK] * 49 + [HTTPStatus.ACCEPTED]
    world.deliver()
    assert len(ids_of(world, "cme.attempt.submitted.v1", ada)) == 1
    assert len(world.events("cme.attempt.submitted.v1", about=ada)) == 1
    assert ada.enrolment()["state"] == "certified"


def test_of_saves_and_a_submission_at_once_what_was_answered_with_200_is_graded(
    world: World, module: Module, ada: Learner
) -> None:
    ada.begins()
    save = of_learner(patch_answers, ada, module, attempt="1")
    submit = of_learner(post_submission, ada, module, attempt="1")

    def act(n: int) -> str | None:
        """The question that was saved, as far as the learner was told."""
        if n == 25:
            submit.send(SubmissionBody())
            return None
        try:
            save.send(SaveBody(answers={QUESTIONS[n]: ["a"]}))
        except AttemptOver:
            return None
        return QUESTIONS[n]

    kept = {question for question in at_once(50, act) if question}
    [attempt] = world.facts_of(ada, "ATTEMPT")
    assert set(attempt["answers"]) == kept
    world.deliver()
    assert answered(ada.attempt())["points"] == len(kept)
