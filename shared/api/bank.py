"""A question bank as it came in: as JSON, or as a file of another system."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from pydantic import ValidationError

from shared.api.contract.modules import JSON, BankBody, QuestionBody
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import Image, KeyEntry, Kind, Option, Question, Scoring
from shared.exchange.bank_file import BankFile, Malformed
from shared.exchange.formats import read
from shared.exchange.markup import from_html

_LINE: Final = re.compile(r" at line (\d+) column \d+$")


def read_bank(media_type: str, data: bytes) -> BankFile:
    """The bank in a file of any media type; raise Malformed with every error and its line."""
    if media_type != JSON:
        return read(media_type, data)
    try:
        return read_body(BankBody.model_validate_json(data))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise Malformed(tuple(_told(fault["loc"], fault["msg"]) for fault in faults)) from None


def _told(where: tuple[int | str, ...], message: str) -> tuple[int, str]:
    """An error with its line, which only broken JSON has; what else is wrong is told by its place."""
    if where:
        return 1, f"{'.'.join(str(part) for part in where)}: {message}"
    broken_at = _LINE.search(message)
    return int(broken_at[1]) if broken_at else 1, message


def read_body(body: BankBody) -> BankFile:
    """The bank in a JSON body: its texts cut down to safe HTML, the pictures in them taken out."""
    images: dict[str, Image] = {}

    def clean(text: str) -> str:
        markup = from_html(text)
        images.update((image.name, image) for image in markup.images)
        return markup.text

    questions = tuple(_question(sent, clean) for sent in body.questions)
    key = tuple(_key(sent, clean) for sent in body.questions)
    return BankFile(questions=questions, key=key, images=tuple(images.values()))


def _question(sent: QuestionBody, clean: Callable[[str], str]) -> Question:
    return Question(
        question_id=QuestionId(sent.question_id),
        pool=sent.pool,
        objective=sent.objective,
        kind=Kind(sent.kind),
        shuffle=sent.shuffle,
        stem=clean(sent.stem),
        options=tuple(Option(option_id=OptionId(option.option_id), text=clean(option.text)) for option in sent.options),
    )


def _key(sent: QuestionBody, clean: Callable[[str], str]) -> KeyEntry:
    scoring = Scoring(sent.scoring)
    return KeyEntry(
        question_id=QuestionId(sent.question_id),
        objective=sent.objective,
        scoring=scoring,
        points=Fraction(sent.points),
        options=len(sent.options),
        correct=frozenset(OptionId(option.option_id) for option in sent.options if option.correct),
        weights=_weights(sent) if scoring is Scoring.WEIGHTS else {},
        rationale=clean(sent.rationale),
    )


def _weights(sent: QuestionBody) -> dict[OptionId, Fraction]:
    """As given; without a weight the right options share the points, and a wrong one counts nothing."""
    right = sum(option.correct for option in sent.options)
    return {
        OptionId(option.option_id): Fraction(option.weight) if option.weight else Fraction(1, right)
        for option in sent.options
        if option.weight or option.correct
    }
