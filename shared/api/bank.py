"""A question bank as it came in: as JSON, or as a file of another system."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from pydantic import ValidationError

from shared.api.contract.modules import JSON, BankBody, QuestionBody
from shared.api.json_lines import Place, lines_of
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import KeyEntry, Kind, Option, Question, Scoring
from shared.exchange.bank_file import MAX_ERRORS, BankFile, Findings, Malformed, Skipped, decoded
from shared.exchange.formats import read
from shared.exchange.markup import from_html

_LINE: Final = re.compile(r" at line (\d+) column \d+$")


def read_bank(media_type: str, data: bytes) -> BankFile:
    """The bank in a file of any media type; raise Malformed with every error and its line."""
    return _read_json(data) if media_type == JSON else read(media_type, data)


def _read_json(data: bytes) -> BankFile:
    """The bank in a JSON body: its texts cut down to safe HTML, the pictures in them taken out."""
    document = decoded(data)
    try:
        body = BankBody.model_validate_json(document)
    except ValidationError as error:
        raise _misshapen(error, document) from None
    # Questions are counted first: where they start is looked up only for those of which something is to be said.
    findings = Findings()
    try:
        for place, sent in enumerate(body.questions, start=1):
            _read_question(place, sent, findings)
        file = findings.bank_file()
    except Malformed as malformed:
        errors = [(place, f"question {place}: {message}") for place, message in malformed.errors]
        raise Malformed(tuple(_by_line(errors, document))) from None
    skipped = _by_line([(part.line, part.reason) for part in file.skipped], document)
    return replace(file, skipped=tuple(Skipped(line, reason) for line, reason in skipped))


def _misshapen(error: ValidationError, document: str) -> Malformed:
    """Every error with the line of the key or entry that is wrong, or that lacks something."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:MAX_ERRORS]
    lines = lines_of(document, [fault["loc"] for fault in faults]) if faults[0]["loc"] else {}
    told = []
    for fault in faults:
        broken_at = _LINE.search(fault["msg"])
        line = lines.get(fault["loc"]) or (int(broken_at[1]) if broken_at else 1)
        told.append((line, f"{_shown(fault['loc'])}{_LINE.sub('', fault['msg'])}"))
    return Malformed(tuple(sorted(told, key=lambda each: each[0])))


def _shown(place: Place) -> str:
    """A place as JSON is addressed: ``questions[1].options[0].text: ``."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"{steps.removeprefix('.')}: " if steps else ""


def _by_line(told: Sequence[tuple[int, str]], document: str) -> list[tuple[int, str]]:
    """What is told of questions by their 1-based place, told by the line where they start."""
    if not told:
        return []
    lines = lines_of(document, {("questions", place - 1) for place, _ in told})
    return [(lines["questions", place - 1], text) for place, text in told]


def _read_question(place: int, sent: QuestionBody, findings: Findings) -> None:
    def clean(text: str, missing: str = "") -> str:
        markup = from_html(text)
        findings.show(place, markup.images, markup.notes)
        if missing and markup.blank:
            findings.wrong(place, missing)
        return markup.text

    findings.found(place, _question(sent, clean), _key(sent, clean))


def _question(sent: QuestionBody, clean: Callable[[str, str], str]) -> Question:
    unread = "has nothing to read or see"
    return Question(
        question_id=QuestionId(sent.question_id),
        pool=sent.pool,
        objective=sent.objective,
        kind=Kind(sent.kind),
        shuffle=sent.shuffle,
        stem=clean(sent.stem, f"the stem {unread}"),
        options=tuple(
            Option(
                option_id=OptionId(option.option_id),
                text=clean(option.text, f"the option {option.option_id!r} {unread}"),
            )
            for option in sent.options
        ),
        max_choices=sent.max_choices,
    )


def _key(sent: QuestionBody, clean: Callable[[str], str]) -> KeyEntry:
    scoring = Scoring(sent.scoring)
    return KeyEntry(
        question_id=QuestionId(sent.question_id),
        objective=sent.objective,
        scoring=scoring,
        points=sent.points,
        options=len(sent.options),
        correct=frozenset(OptionId(option.option_id) for option in sent.options if option.correct),
        weights=_weights(sent) if scoring is Scoring.WEIGHTS else {},
        rationale=clean(sent.rationale),
    )


def _weights(sent: QuestionBody) -> dict[OptionId, Fraction]:
    """As given; without a weight the right options share the points, and a wrong one counts nothing."""
    right = sum(option.correct for option in sent.options)
    weights = {
        OptionId(option.option_id): Fraction(option.weight) if option.weight else Fraction(1, right)
        for option in sent.options
        if option.weight or option.correct
    }
    return {option_id: weight for option_id, weight in weights.items() if weight}
