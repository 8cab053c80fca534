"""Aiken: single-choice questions as plain text, each a question, lettered options and an ``ANSWER:`` line.

Read as Moodle 4 reads it (question/format/aiken/format.php): empty lines may stand between any two lines, a new
question may follow an ``ANSWER:`` line at once. Differences, all on purpose:

- Laxer: a question or an option may run on over the next lines, up to an empty one; a question may start with a letter
  and a full stop other than ``A.`` ("E. coli ...").
- Stricter where Moodle would guess: options are lettered A, B, C ... in order, and ``ANSWER:`` names one of them and
  nothing else.

Source: Moodle docs, Aiken format.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from shared.domain.ids import QuestionId
from shared.domain.questions import KeyEntry, Kind, Option, Question, Scoring
from shared.exchange import markup, placing
from shared.exchange.bank_file import BankFile, Findings, lines
from shared.exchange.identifiers import option_ids

_OPTION: Final = re.compile(r"([A-Z])([.)])(.*)", re.DOTALL)
_ANSWER: Final = re.compile(r"ANSWER\s*:(.*)", re.IGNORECASE | re.DOTALL)
_LETTER: Final = re.compile(r"([A-Z])[.)]?")


def read(data: bytes) -> BankFile:
    """The bank that an Aiken file holds, in linear time; raises Malformed with every error found.

    Questions are ``q1``, ``q2`` ... in the pool and of the objective by default; nothing in this format is skipped.
    """
    reader = _Reader()
    for number, line in enumerate(lines(data), start=1):
        reader.read(number, line.strip())
    reader.end()
    return reader.findings.bank_file([""] * len(reader.findings.questions))


@dataclass(slots=True)
class _Draft:
    """A question up to where it was read."""

    line: int
    stem: list[str]
    options: list[list[str]] = field(default_factory=list)
    # Whether an empty line came last.
    interrupted: bool = False


@dataclass(slots=True)
class _Reader:
    findings: Findings = field(default_factory=Findings)
    draft: _Draft | None = None

    def read(self, number: int, line: str) -> None:
        """Take in the next line, stripped, which is line ``number``."""
        answer = _ANSWER.fullmatch(line)
        option = _OPTION.fullmatch(line)
        if not line:
            if self.draft:
                self.draft.interrupted = True
        elif answer:
            if not line.startswith("ANSWER"):
                self.findings.wrong(number, "'ANSWER:' must be in capitals")
            self._answer(number, answer[1].strip())
        elif option and not self._is_text(option):
            self._option(number, option[1], option[3].strip())
        elif self.draft and not self.draft.interrupted:
            (self.draft.options[-1] if self.draft.options else self.draft.stem).append(line)
        else:
            self.end()
            self.draft = _Draft(number, [line])

    def end(self) -> None:
        """Be told that a question that is not completed by now never will be."""
        if self.draft:
            self.findings.wrong(self.draft.line, "the question has no 'ANSWER:' line before the next one")
            self.draft = None

    def _is_text(self, option: re.Match[str]) -> bool:
        return not self.draft and option[1] != "A" and option[2] == "."

    def _option(self, number: int, letter: str, text: str) -> None:
        if not self.draft:
            self.findings.wrong(number, "an option stands without a question before it")
            return
        self.draft.interrupted = False
        expected = chr(ord("A") + len(self.draft.options))
        if letter != expected:
            self.findings.wrong(number, f"option {letter} stands where {expected} is expected")
        if not text:
            self.findings.wrong(number, f"option {letter} has no text")
        self.draft.options.append([text])

    def _answer(self, number: int, named: str) -> None:
        draft, self.draft = self.draft, None
        if not draft:
            self.findings.wrong(number, "an 'ANSWER:' line stands without a question before it")
            return
        if len(draft.options) < 2:
            self.findings.wrong(draft.line, "a question needs two options or more")
            return
        letter = _LETTER.fullmatch(named)
        place = ord(letter[1]) - ord("A") if letter else len(draft.options)
        if place >= len(draft.options):
            self.findings.wrong(number, f"{named!r} is not the letter of one option of this question")
            return
        ids = option_ids([""] * len(draft.options))
        question = Question(
            question_id=QuestionId(""),
            pool=placing.DEFAULT_POOL,
            objective=placing.DEFAULT_OBJECTIVE,
            kind=Kind.SINGLE,
            shuffle=True,
            stem=_text(draft.stem),
            options=tuple(
                Option(option_id=own, text=_text(text)) for own, text in zip(ids, draft.options, strict=True)
            ),
        )
        entry = KeyEntry(
            question_id=QuestionId(""),
            objective=question.objective,
            scoring=Scoring.EXACT,
            points=Fraction(1),
            options=len(ids),
            correct=frozenset({ids[place]}),
        )
        self.findings.found(draft.line, question, entry)


def _text(rows: list[str]) -> str:
    return markup.from_plain("\n".join(rows)).text
