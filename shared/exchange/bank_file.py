"""What a question bank file of any format is read into, and what such a file may hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, NoReturn

from shared.domain.questions import Image, KeyEntry, Question, bank_errors
from shared.exchange.identifiers import question_ids

MAX_FILE_BYTES: Final = 64 * 2**20
MAX_QUESTIONS: Final = 20_000
# What a bank as JSON may hold, so that what was imported can be sent back.
MAX_TEXT_CHARACTERS: Final = 20_000
MAX_OPTIONS: Final = 100
MAX_OBJECTIVE: Final = 100
MAX_POINTS: Final = 1_000_000
# Of the numerator and the denominator of points and weights.
MAX_DIGITS: Final = 30
# Of a file that is read by lines: fifty to each question.
MAX_LINES: Final = 1_000_000
# Markdown is slow to read: of all texts of a file together, this is ten seconds of the usual, and less than a minute of
# the worst.
MAX_MARKDOWN_OF_A_FILE: Final = 4 * 2**20
# A file that is wrong all over is listed this far.
MAX_ERRORS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """What a sound file holds that a bank can't, with the 1-based line where it starts."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that was read: ``questions`` and ``key`` go in pairs, in the file's order; each image is there once.

    The bank is sound: ``bank_errors`` finds nothing.
    """

    questions: tuple[Question, ...]
    key: tuple[KeyEntry, ...]
    images: tuple[Image, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Malformed(Exception):
    """The file is refused whole: every error as (1-based line, message), by line."""

    def __init__(self, errors: tuple[tuple[int, str], ...]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(slots=True)
class Findings:
    """What a reader has found so far; a hostile file is refused as soon as it passes a limit.

    ``found`` and ``skip`` raise Malformed past ``MAX_QUESTIONS``, ``wrong`` does at ``MAX_ERRORS``.
    """

    questions: list[Question] = field(default_factory=list)
    key: list[KeyEntry] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    # Where each question starts.
    lines: list[int] = field(default_factory=list)
    markdown: int = 0

    def found(self, line: int, question: Question, entry: KeyEntry) -> None:
        """Keep a sound question and its key; one that passes a limit is an error.

        A number of choices that every answer keeps to is none.
        """
        texts = (question.stem, entry.rationale, *(option.text for option in question.options))
        if any(len(text) > MAX_TEXT_CHARACTERS for text in texts):
            self.wrong(line, f"a text is longer than {MAX_TEXT_CHARACTERS:,} characters")
        if len(question.options) > MAX_OPTIONS:
            self.wrong(line, f"a question has more than {MAX_OPTIONS} options")
        if entry.points > MAX_POINTS:
            self.wrong(line, f"a question is worth more than {MAX_POINTS:,} points")
        if any(_is_long(value) for value in (entry.points, *entry.weights.values())):
            self.wrong(line, f"points or a weight have more than {MAX_DIGITS} digits")
        if question.max_choices and question.max_choices >= len(question.options):
            question = replace(question, max_choices=None)
        self._count(line)
        self.questions.append(question)
        self.key.append(entry)
        self.lines.append(line)

    def skip(self, line: int, reason: str) -> None:
        self._count(line)
        self.skipped.append(Skipped(line, reason))

    def wrong(self, line: int, message: str) -> None:
        self.errors.append((line, message))
        if len(self.errors) >= MAX_ERRORS:
            self.refuse(line, f"more than {MAX_ERRORS:,} errors; what follows was not read")

    def refuse(self, line: int, message: str) -> NoReturn:
        """Give up at once: raise Malformed with this and all that was wrong before."""
        self.errors.append((line, message))
        raise self._refusal()

    def show(self, line: int, images: Iterable[Image], notes: Iterable[str]) -> None:
        """Keep the pictures that a text shows, and list what it can't show."""
        self.images.update((image.name, image) for image in images)
        for note in notes:
            self.skip(line, note)

    def count_markdown(self, line: int, source: str) -> None:
        """Be told of a text in Markdown before it is read; raises Malformed past ``MAX_MARKDOWN_OF_A_FILE`` in all."""
        self.markdown += len(source)
        if self.markdown > MAX_MARKDOWN_OF_A_FILE:
            self.refuse(line, f"a file holds at most {MAX_MARKDOWN_OF_A_FILE:,} characters of Markdown")

    def bank_file(self, names: Sequence[str] | None = None) -> BankFile:
        """All that was found; raises Malformed when anything was wrong, or nothing was there.

        ``names`` are what the file calls each question (empty: nothing): ids are made of them. Without ``names`` the
        questions keep the ids they have.
        """
        if not (self.questions or self.skipped or self.errors):
            self.errors.append((1, "the file holds no question"))
        ids = [question.question_id for question in self.questions] if names is None else question_ids(names)
        questions = tuple(replace(question, question_id=own) for question, own in zip(self.questions, ids, strict=True))
        key = tuple(replace(entry, question_id=own) for entry, own in zip(self.key, ids, strict=True))
        told = {line for line, _ in self.errors}
        for place, message in bank_errors(questions, key):
            if self.lines[place - 1] not in told:
                self.wrong(self.lines[place - 1], message)
        if self.errors:
            raise self._refusal()
        return BankFile(questions, key, tuple(self.images.values()), tuple(self.skipped))

    def _count(self, line: int) -> None:
        if len(self.questions) + len(self.skipped) >= MAX_QUESTIONS:
            self.refuse(line, f"a file holds at most {MAX_QUESTIONS:,} questions")

    def _refusal(self) -> Malformed:
        return Malformed(tuple(sorted(self.errors, key=lambda error: error[0])))


def decoded(data: bytes) -> str:
    """The text of a UTF-8 file, without its byte order mark, every line ended by ``\\n``.

    Raises Malformed for another encoding (UTF-16 and UTF-32 included), a NUL, or more than ``MAX_FILE_BYTES``.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Malformed(((1, f"a file holds at most {MAX_FILE_BYTES // 2**20} MiB"),))
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise Malformed(((1, "the file is UTF-16 or UTF-32; only UTF-8 is read"),))
    nul = data.find(b"\0")
    if nul >= 0:
        raise Malformed(((_line_of(data, nul), "the file holds a NUL character; only UTF-8 text is read"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        raise Malformed(((_line_of(data, offset), "the file is not UTF-8"),)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines(data: bytes) -> list[str]:
    """The lines of a UTF-8 text file; raises Malformed as ``decoded`` does, and for more than ``MAX_LINES``."""
    text = decoded(data)
    if text.count("\n") >= MAX_LINES:
        raise Malformed(((MAX_LINES, f"a file holds at most {MAX_LINES:,} lines"),))
    return text.split("\n")


def _is_long(value: Fraction) -> bool:
    return bool(max(abs(value.numerator), value.denominator) >= 10**MAX_DIGITS)


def _line_of(data: bytes, offset: int) -> int:
    before = data[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1
