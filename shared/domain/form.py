"""The form of one attempt: which questions, and in which order; frozen when the attempt starts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from shared.domain.edition import PoolDraw
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import Bank, Kind
from shared.domain.refusals import InvalidRequest

Answers = Mapping[QuestionId, tuple[OptionId, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormQuestion:
    """A question of a form and the order of its options; ids only, the text stays in the bank."""

    question_id: QuestionId
    kind: Kind
    option_ids: tuple[OptionId, ...]
    max_choices: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    bank_revision: int
    questions: tuple[FormQuestion, ...]

    def require_answerable(self, answers: Answers) -> None:
        """Raise InvalidRequest, listing every answer to a question or with an option that this form lacks."""
        asked = {question.question_id: question for question in self.questions}
        errors: list[dict[str, object]] = []
        for question_id, chosen in answers.items():
            where = ["body", "answers", question_id]
            question = asked.get(question_id)
            if question is None:
                errors.append({"loc": where, "msg": "This question is not on the form."})
                continue
            strangers = [option for option in chosen if option not in question.option_ids]
            if strangers:
                errors.append({"loc": where, "msg": f"Not an option of this question: {', '.join(strangers)}."})
            if len(set(chosen)) != len(chosen):
                errors.append({"loc": where, "msg": "An option is chosen twice."})
            if question.kind is Kind.SINGLE and len(chosen) > 1:
                errors.append({"loc": where, "msg": "Only one option can be chosen."})
            elif question.max_choices is not None and len(set(chosen)) > question.max_choices:
                errors.append({"loc": where, "msg": f"At most {question.max_choices} options can be chosen."})
        if errors:
            raise InvalidRequest("Some answers do not fit the form.", errors=errors)


def draw_form(
    bank: Bank, pools: Sequence[PoolDraw], random: Random, seen: Collection[QuestionId] = frozenset()
) -> Form:
    """Draw each pool's share without repeats, then shuffle the questions, and options where allowed.

    Questions that were not ``seen`` come first, while there are enough.
    """
    drawn = []
    for pool in pools:
        held = [question for question in bank.questions if question.pool == pool.pool]
        new = [question for question in held if question.question_id not in seen]
        old = [question for question in held if question.question_id in seen]
        fresh = random.sample(new, min(pool.draw, len(new)))
        drawn += [*fresh, *random.sample(old, pool.draw - len(fresh))]
    random.shuffle(drawn)
    questions = []
    for question in drawn:
        option_ids = [option.option_id for option in question.options]
        if question.shuffle:
            random.shuffle(option_ids)
        questions.append(
            FormQuestion(
                question_id=question.question_id,
                kind=question.kind,
                option_ids=tuple(option_ids),
                max_choices=question.max_choices,
            )
        )
    return Form(bank_revision=bank.revision, questions=tuple(questions))
