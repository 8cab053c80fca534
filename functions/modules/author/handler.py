"""/admin/modules/{module_id}/editions/{edition}: drafts, banks, publication, retirement."""

from fractions import Fraction
from http import HTTPStatus

from functions.modules.author.use_case import (
    attach_bank,
    keep_draft,
    publish,
    retire_early,
    show_bank,
    show_draft,
)
from shared.api.contract import modules
from shared.api.etag import etag, version_in
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.edition import Draft
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import KeyEntry, Kind, Option, Question, Scoring

lambda_handler = api = Api()


def _as_sent(status: HTTPStatus, draft: Draft) -> Answer:
    return Answer(status, modules.EditionAsSentView(**draft.content), {"ETag": etag(draft.version)})


@api.operation(modules.GET_EDITION)
def get_edition(call: Call[None, None]) -> Answer:
    return _as_sent(HTTPStatus.OK, show_draft(call.edition_id, deps()))


@api.operation(modules.PUT_EDITION)
def put_edition(call: Call[modules.EditionBody, None]) -> Answer:
    content = call.body.model_dump(mode="json", exclude_unset=True)
    draft, created = keep_draft(call.edition_id, content, version_in(call.headers), deps())
    return _as_sent(HTTPStatus.CREATED if created else HTTPStatus.OK, draft)


@api.operation(modules.PUT_QUESTIONS)
def put_questions(call: Call[modules.BankBody, None]) -> Answer:
    sent = call.body.questions
    bank = attach_bank(call.edition_id, [_question(body) for body in sent], [_key(body) for body in sent], deps())
    pools = [modules.PoolView(pool=pool, questions=held) for pool, held in sorted(bank.summary().pools.items())]
    receipt = modules.BankReceiptView(questions=len(bank.questions), pools=pools, skipped=[])
    return Answer(HTTPStatus.OK, receipt)


@api.operation(modules.GET_QUESTIONS)
def get_questions(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, modules.BankView.of(*show_bank(call.edition_id, deps())))


@api.operation(modules.PUBLISH_EDITION)
def post_publication(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, modules.PublicationView.of(publish(call.edition_id, deps(), at=call.at)))


@api.operation(modules.RETIRE_EDITION)
def post_retirement(call: Call[modules.RetirementBody, None]) -> Answer:
    status = retire_early(call.edition_id, call.body.reason, deps(), at=call.at)
    view = modules.RetirementView(module_id=status.module_id, edition=status.edition, retired_at=status.terminates_at)
    return Answer(HTTPStatus.OK, view)


def _question(body: modules.QuestionBody) -> Question:
    return Question(
        question_id=QuestionId(body.question_id),
        pool=body.pool,
        objective=body.objective,
        kind=Kind(body.kind),
        shuffle=body.shuffle,
        stem=body.stem,
        options=tuple(Option(option_id=OptionId(option.option_id), text=option.text) for option in body.options),
    )


def _weights(body: modules.QuestionBody) -> dict[OptionId, Fraction]:
    """As given; without a weight the right options share the points, and a wrong one counts nothing."""
    right = sum(option.correct for option in body.options)
    return {
        OptionId(option.option_id): Fraction(option.weight) if option.weight else Fraction(1, right)
        for option in body.options
        if option.weight or option.correct
    }


def _key(body: modules.QuestionBody) -> KeyEntry:
    scoring = Scoring(body.scoring)
    return KeyEntry(
        question_id=QuestionId(body.question_id),
        objective=body.objective,
        scoring=scoring,
        points=Fraction(body.points),
        options=len(body.options),
        correct=frozenset(OptionId(option.option_id) for option in body.options if option.correct),
        weights=_weights(body) if scoring is Scoring.WEIGHTS else {},
        rationale=body.rationale,
    )
