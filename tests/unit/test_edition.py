"""An edition: what learners acknowledge, what authors may still change, and the evaluation form."""

from typing import Any

import pytest

from shared.domain.edition import Draft, Evaluation, EvaluationQuestion, information_hash
from shared.domain.refusals import AlreadyPublished, InvalidRequest
from tests.support.builders import NOW, a_bank, a_draft, an_edition, as_sent

FORM = Evaluation(
    required=True,
    questions=(
        EvaluationQuestion(question_id="useful", text="Was it useful?", options=("yes", "no")),
        EvaluationQuestion(question_id="remarks", text="Remarks?"),
    ),
)
TOLD = {
    "title": "Another",
    "objectives": ["Another"],
    "summary": "Another",
    "medium": "video",
    "slides": 1,
    "minutes": 1,
    "learning_format": "Live",
    "provider": {"name": "Another"},
    "faculty": [],
    "commercial_support": ["Pharma Ltd"],
    "credits": [],
    "released_on": "2026-01-16",
    "reviewed_on": "2026-01-16",
    "expires_on": "2027-01-16",
    "zone": "UTC",
    "test": {"pass_mark": 80},
    "viewing": {"required_percent": 100},
    "evaluation": {"required": True},
    "claim": "claimed",
    "claim_window_days": 1,
}


@pytest.mark.parametrize("field", TOLD)
def test_whatever_the_learner_is_told_changes_the_hash_to_acknowledge(field: str) -> None:
    assert information_hash(1, as_sent(**{field: TOLD[field]})) != information_hash(1, as_sent())


def test_each_edition_is_acknowledged_on_its_own() -> None:
    assert information_hash(1, as_sent()) != information_hash(2, as_sent())


def test_the_same_information_has_the_same_hash_in_whatever_order_it_was_sent() -> None:
    backwards = dict(reversed(as_sent().items()))
    assert information_hash(1, backwards) == information_hash(1, as_sent())


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: draft.rewritten(as_sent()),
        lambda draft: draft.with_bank(a_bank().summary()),
        lambda draft: draft.published(NOW),
    ],
    ids=["rewritten", "another bank", "published again"],
)
def test_a_published_edition_is_immutable(change: Any) -> None:
    published: Draft = a_draft().published(NOW)
    with pytest.raises(AlreadyPublished):
        change(published)


def test_a_draft_can_be_rewritten_before_it_is_published() -> None:
    assert a_draft().rewritten({"title": "New"}).content == {"title": "New"}


def test_the_card_shows_the_edition_as_published() -> None:
    status = an_edition().status(NOW)
    content = an_edition().content
    assert (status.card.title, status.card.authors, status.card.minutes) == (
        content.title, content.authors, content.minutes,
    )  # fmt: skip
    assert status.card.credits == ({"scheme": "ESMO-MORA", "category": "Category 1", "maximum": "1.00"},)
    assert (status.published_at, status.retired_at) == (NOW, None)


def test_the_number_of_questions_is_the_sum_of_the_draws() -> None:
    assert an_edition().content.test.questions == 3


def test_an_evaluation_that_is_filled_in_is_taken() -> None:
    FORM.require_answerable({"useful": "yes", "remarks": "None."})


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"useful": "maybe", "remarks": "None."}, ["useful"]),
        ({"useful": "yes", "remarks": "None.", "more": "x"}, ["more"]),
        ({"useful": "yes"}, ["remarks"]),
        ({"more": "x"}, ["more", "useful", "remarks"]),
    ],
    ids=["not an option", "not asked", "not answered", "everything at once"],
)
def test_an_evaluation_that_does_not_fit_the_form_is_refused(answers: dict[str, str], named: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        FORM.require_answerable(answers)
    assert [error["loc"] for error in refused.value.facts["errors"]] == [["body", "answers", name] for name in named]
