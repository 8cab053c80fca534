"""Moodle's GIFT: questions as plain text, one after another with blank lines between.

Read as Moodle 4 reads it (question/format/gift/format.php), with these differences, all on purpose:

- Laxer where nothing else can be meant: blank lines may stand between ``{`` and ``}``; the blank line between two
  questions may be missing where the first one's ``}`` ends its line, or the second starts with ``::``; a ``$CATEGORY:``
  line needs no blank line around it; ``=%50%text`` is a weight in a choice question too; spaces around and a sign
  before a percentage are allowed; any percentage from -100 to 100 is.
- Stricter where Moodle would go on with half a question: a brace that has no partner, a ``::`` title without end, text
  before the first answer, an answer without text, a percentage that is none, a choice question in which nothing is
  right, and an ``[id:...]`` used twice in one category.

Source: Moodle docs, GIFT format.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import KeyEntry, Kind, Option, Question, Scoring
from shared.exchange import markup, placing, weights
from shared.exchange.bank_file import MAX_OPTIONS, MAX_TEXT_CHARACTERS, BankFile, Findings, lines
from shared.exchange.identifiers import option_ids
from shared.exchange.markup import MAX_SOURCE_CHARACTERS, Markup

# Characters that no text holds stand for escaped ones while the others still have their meaning.
_ESCAPES: Final = {
    "\\\\": "\x01",
    "\\:": "\x02",
    "\\#": "\x03",
    "\\=": "\x04",
    "\\{": "\x05",
    "\\}": "\x06",
    "\\~": "\x07",
    "\\n": "\x08",
}
_MEANT: Final = {held: "\n" if escape == "\\n" else escape[1] for escape, held in _ESCAPES.items()}
_HELD: Final = re.compile("[\x01-\x08]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

_CATEGORY: Final = "$CATEGORY:"
_UP_TO_BRACE: Final = re.compile(r"(?:[^\\{}]++|\\.|\\$)*+[{}]")
_TITLE: Final = re.compile(r"\s*::(?:[^\\:]|\\.|:(?!:))*::")
_FORMAT: Final = re.compile(r"\[(html|moodle|plain|markdown)\]")
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")
_INDENT: Final = re.compile(r"[ \t]*\n[ \t]*")
_WEIGHT: Final = re.compile(r"\s*+%[ \t]*+([^%\s#]{0,20})[ \t]*+%")
_UNCLOSED_WEIGHT: Final = re.compile(r"\s*+%[ \t]*+[+-]?[0-9]")
_MARK: Final = re.compile(r"~\s*+=|[~=]")
_ID: Final = re.compile(r"\[id:((?:\\\]|[^\]])+)\]")
_TAG: Final = re.compile(r"\[tag:((?:\\\]|[^\]<>`])+)\]")

# A comment is looked through for an id and tags this far.
_COMMENT_CHARACTERS: Final = 1_000

_READ: Final[Mapping[str, Callable[[str], Markup]]] = {
    "html": markup.from_html,
    "moodle": markup.from_moodle,
    "plain": markup.from_plain,
    "markdown": markup.from_markdown,
}
_TRUTHS: Final = {"T": True, "TRUE": True, "F": False, "FALSE": False}
_TRUE: Final = OptionId("true")
_FALSE: Final = OptionId("false")


def read(data: bytes) -> BankFile:
    """The bank that a GIFT file holds, in linear time; raises Malformed with every error found.

    Choice questions and true/false are read; a question in which no ``=`` stands is ``multiple``. Percentages make the
    scoring ``weights``; where one answer alone of a single choice earns everything, it is ``exact``. Feedback becomes
    the rationale. The question id comes from ``[id:...]``, else the title; the pool from a tag ``pool:NAME``, else the
    category's last part; the objective from a tag ``objective:N``. Tags stand in comments, as ``[tag:...]`` or alone.
    All else is listed as skipped.
    """
    reader = _Reader(Findings())
    for first, block in _Splitter(lines(data), reader.findings).blocks():
        reader.read(first, block)
    return reader.findings.bank_file(reader.names)


@dataclass(slots=True)
class _Span:
    """The lines, by 0-based index, of the question that is being looked through for its end."""

    start: int | None = None
    opened: int | None = None
    closed: int | None = None
    # Whether nothing follows the closing brace on its line.
    bare: bool = False
    # Past the last empty line between the braces, and past the last line that is no comment.
    gap: int | None = None
    content_end: int = 0
    # An error was told; what follows, up to the next question, is passed over.
    broken: bool = False

    @property
    def inside(self) -> bool:
        return self.opened is not None and self.closed is None and not self.broken


# A block of lines, after the 1-based line that it starts on.
_Block = tuple[int, list[str]]


class _Splitter:
    """Finds where questions end, by empty lines and braces; each line is looked at once."""

    def __init__(self, source: list[str], findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._span = _Span()

    def blocks(self) -> Iterator[_Block]:
        """Each question, category or stray comment; a question has one pair of braces at most, in order."""
        for index, line in enumerate(self._source):
            stripped = line.strip()
            if not stripped:
                if self._span.inside:
                    self._span.gap = index + 1
                else:
                    yield from self._ended(index, _Span())
            elif stripped.startswith("//"):
                self._span.start = index if self._span.start is None else self._span.start
            elif stripped.startswith(_CATEGORY):
                yield from self._ended(index, _Span())
                yield index + 1, [line]
            else:
                yield from self._content(index, line, stripped)
        yield from self._ended(len(self._source), _Span())

    def _content(self, index: int, line: str, stripped: str) -> Iterator[_Block]:
        span = self._span
        if stripped.startswith("::") and (span.closed is not None or span.broken or span.gap is not None):
            end = max(span.content_end, span.gap or 0)
            yield from self._ended(end, _Span(start=end))
        span = self._span
        span.start = index if span.start is None else span.start
        title = None if span.content_end else _TITLE.match(line)
        span.content_end = index + 1
        if "{" in line or "}" in line:
            end = title.end() if title else 0
            while not self._span.broken and (found := _UP_TO_BRACE.match(line, end)):
                end = found.end()
                yield from self._brace(index, line, end)

    def _brace(self, index: int, line: str, end: int) -> Iterator[_Block]:
        span, brace = self._span, line[end - 1]
        if brace == "{" and span.closed is not None and span.closed < index and span.bare:
            yield from self._ended(span.closed + 1, _Span(span.closed + 1, opened=index, content_end=index + 1))
        elif brace == "{" and span.inside and span.gap is not None:
            yield from self._ended(index, _Span(span.gap, opened=index, content_end=index + 1))
        elif message := _misplaced(brace, span):
            self._findings.wrong(index + 1, message)
            span.broken = True
        elif brace == "{":
            span.opened = index
        else:
            span.closed, span.bare = index, not line[end:].strip()

    def _ended(self, end: int, following: _Span) -> Iterator[_Block]:
        span, self._span = self._span, following
        if span.inside:
            self._findings.wrong((span.opened or 0) + 1, "the '{' on this line is never closed")
        elif span.start is not None and not span.broken and end > span.start:
            yield span.start + 1, self._source[span.start : end]


def _misplaced(brace: str, span: _Span) -> str:
    """What is wrong with a brace where it stands; empty when nothing is."""
    if brace == "{" and span.closed is not None:
        return "a second '{' in one question: an empty line must stand between two questions"
    if brace == "{" and span.opened is not None:
        return f"a '{{' within the answers that line {span.opened + 1} opens: it must be written '\\{{'"
    if brace == "}" and not span.inside:
        return "a '}' that closes nothing: in a text it must be written '\\}'"
    return ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer as the file has it, its texts with escapes still held; ``share`` is of the points, None by default."""

    line: int
    right: bool
    share: Fraction | None
    text: str
    feedback: str

    @property
    def weight(self) -> Fraction:
        return Fraction(self.right) if self.share is None else self.share


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a question lets choose from, how that is scored, and what is said of each option."""

    kind: Kind
    shuffle: bool
    options: tuple[Option, ...]
    correct: frozenset[OptionId]
    weights: dict[OptionId, Fraction]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _Reader:
    findings: Findings
    names: list[str] = field(default_factory=list)
    pool: str = placing.DEFAULT_POOL
    # Where each id of each category was given.
    ids: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, first: int, block: list[str]) -> None:
        """Take in one block, whose first line is line ``first``."""
        is_comment = [line.lstrip().startswith("//") for line in block]
        text = "\n".join("" if comment else line for line, comment in zip(block, is_comment, strict=True))
        start = len(text) - len(text.lstrip())
        line = first + text.count("\n", 0, start)
        text = _held(text.strip())
        if text.startswith(_CATEGORY):
            self.pool = placing.pool_of_category(_meant(text.removeprefix(_CATEGORY)))
        elif text:
            self._question(line, text, [line for line, comment in zip(block, is_comment, strict=True) if comment])

    def _question(self, line: int, text: str, comments: list[str]) -> None:
        title = ""
        line_of_text = line
        if text.startswith("::"):
            title, ended, text = text.removeprefix("::").partition("::")
            line_of_text += title.count("\n")
            if not ended:
                self.findings.wrong(line, "the title that '::' starts is never ended by another '::'")
                return
        opening, closing = text.find("{"), text.find("}")
        if opening < 0:
            self.findings.skip(line, "a description, which asks nothing")
            return
        before, answers, after = text[:opening], text[opening + 1 : closing], text[closing + 1 :]
        line_of_answers = line_of_text + before.count("\n")
        general = answers.rfind("####")
        answers, feedback = (answers, "") if general < 0 else (answers[:general], answers[general + 4 :])
        reason = self._unasked(line_of_answers, answers)
        if reason:
            self.findings.skip(line, reason)
            return
        stem, form = _format(before + ("_____" if after.strip() else "") + after, "moodle")
        choice = self._true_or_false(line, answers, form) or self._choice(line_of_answers, answers, form)
        if not choice:
            return
        name, tags = _named(comments)
        earlier = self.ids.setdefault((self.pool, name), line) if name else line
        if earlier != line:
            self.findings.wrong(line, f"the id {name!r} is that of the question on line {earlier} already")
        objective = placing.objective_of_tags(tags) or placing.DEFAULT_OBJECTIVE
        question = Question(
            question_id=QuestionId(""),
            pool=placing.pool_of_tags(tags) or self.pool,
            objective=objective,
            kind=choice.kind,
            shuffle=choice.shuffle,
            stem=self._text(line, stem, form, "a question has no text"),
            options=choice.options,
        )
        said = zip((option.text for option in choice.options), choice.remarks, strict=True)
        entry = KeyEntry(
            question_id=QuestionId(""),
            objective=objective,
            scoring=Scoring.WEIGHTS if choice.weights else Scoring.EXACT,
            points=Fraction(1),
            options=len(choice.options),
            correct=choice.correct,
            weights=choice.weights,
            rationale=markup.rationale(self._text(line, *_format(feedback, form)), said),
        )
        self.findings.found(line, question, entry)
        self.names.append(name or _meant(title))

    def _unasked(self, line: int, answers: str) -> str:
        """Why the kind of question that has these answers can't be asked here, or nothing; the kinds are Moodle's."""
        answered = answers.strip()
        if not answered:
            return "an essay, which has no key"
        if answered.startswith("#"):
            if len(answered) == 1:
                self.findings.wrong(line, "a numerical question has no number")
            return "a numerical question: only choices can be asked"
        if "~" in answered or _truth(answered) is not None:
            return ""
        if "=" in answered and "->" in answered:
            pairs = answered.split("=")[1:]
            if len(pairs) < 2 or not all("->" in pair for pair in pairs):
                self.findings.wrong(line, "a matching question needs two pairs or more, each with a '->'")
            return "a matching question: only choices can be asked"
        self._answers(line, answers, any_text=True)
        return "a short answer question: only choices can be asked"

    def _true_or_false(self, line: int, answers: str, form: str) -> _Choice | None:
        truth = _truth(answers)
        if truth is None:
            return None
        wrong, right = [self._text(line, *_format(said, form)) for said in [*answers.split("#", 2)[1:], "", ""][:2]]
        return _Choice(
            kind=Kind.SINGLE,
            shuffle=False,
            options=tuple(Option(option_id=own, text=own.capitalize()) for own in (_TRUE, _FALSE)),
            correct=frozenset({_TRUE if truth else _FALSE}),
            weights={},
            remarks=(right, wrong) if truth else (wrong, right),
        )

    def _choice(self, line: int, text: str, form: str) -> _Choice | None:
        errors = len(self.findings.errors)
        answers = self._answers(line, text)
        if len(self.findings.errors) > errors:
            return None
        if len(answers) < 2:
            self.findings.wrong(line, "a choice question needs two answers or more")
            return None
        single = any(answer.right for answer in answers)
        worth = [answer.weight for answer in answers]
        if max(worth) <= 0:
            self.findings.wrong(line, "no answer is right: one needs '=', or several need percentages")
        missing = "an answer has no text"
        texts = [self._text(answer.line, *_format(answer.text, form), missing) for answer in answers]
        remarks = tuple(self._text(answer.line, *_format(answer.feedback, form)) for answer in answers)
        ids = option_ids([""] * len(answers))
        weighted = not single or worth.count(Fraction(1)) != 1 or any(weight not in (0, 1) for weight in worth)
        # What is right: of a single choice that which is worth most, of a multiple one all that is worth anything.
        least = max(worth) if single else min((weight for weight in worth if weight > 0), default=Fraction(1))
        return _Choice(
            kind=Kind.SINGLE if single else Kind.MULTIPLE,
            shuffle=True,
            options=tuple(Option(option_id=own, text=text) for own, text in zip(ids, texts, strict=True)),
            correct=frozenset(own for own, weight in zip(ids, worth, strict=True) if weight >= least),
            weights={own: weight for own, weight in zip(ids, worth, strict=True) if weight} if weighted else {},
            remarks=remarks,
        )

    def _answers(self, line: int, text: str, *, any_text: bool = False) -> list[_Answer]:
        """The answers that ``=`` and ``~`` start; ``any_text`` allows one that has neither."""
        if text.count("~") + text.count("=") > 2 * MAX_OPTIONS:
            self.findings.wrong(line, f"a question has more than {MAX_OPTIONS} options")
            return []
        marks = list(_MARK.finditer(text))
        start = marks[0].start() if marks else len(text)
        if text[:start].strip() and not any_text:
            self.findings.wrong(line, "a text stands before the first '=' or '~' of the answers")
        answers = []
        ends = [*(mark.start() for mark in marks), len(text)][1:]
        line += text.count("\n", 0, start)
        weighted = any(_WEIGHT.match(text, mark.end()) for mark in marks)
        for mark, end in zip(marks, ends, strict=True):
            answer, _, feedback = text[mark.end() : end].partition("#")
            weight = _WEIGHT.match(answer)
            share = None
            if weight:
                share = self._share(line, weight[1])
                answer = answer[weight.end() :]
            elif weighted and _UNCLOSED_WEIGHT.match(answer):
                self.findings.wrong(line, "a percentage has no second '%'")
            answers.append(_Answer(line, "=" in mark[0], share, answer, feedback))
            line += text.count("\n", mark.start(), end)
        return answers

    def _share(self, line: int, written: str) -> Fraction:
        try:
            share = weights.percent(written.replace(",", "."))
        except weights.NotANumber:
            self.findings.wrong(line, f"{written!r} is no percentage")
            return Fraction(0)
        if abs(share) > 1:
            self.findings.wrong(line, f"{written} % is not between -100 % and 100 %")
        return share

    def _text(self, line: int, raw: str, form: str, missing: str = "") -> str:
        """The clean text of ``raw``; a blank one is wrong where a message says that it is ``missing``."""
        if len(raw) > MAX_SOURCE_CHARACTERS and "data:image" not in raw:
            self.findings.wrong(line, f"a text is longer than {MAX_TEXT_CHARACTERS:,} characters")
            return ""
        if form in ("moodle", "plain"):
            raw = _INDENT.sub("\n", raw)
        source = _meant(_EMPTY_LINES.sub("\n", raw)).strip()
        if form == "markdown":
            self.findings.count_markdown(line, source)
        read = _READ[form](source)
        if missing and read.blank:
            self.findings.wrong(line, missing)
        self.findings.show(line, read.images, read.notes)
        return read.text


def _truth(answers: str) -> bool | None:
    return _TRUTHS.get(answers.partition("#")[0].strip())


def _format(raw: str, default: str) -> tuple[str, str]:
    """A text without the format it names, and that format, else ``default``."""
    raw = raw.strip()
    named = _FORMAT.match(raw)
    return (raw[named.end() :], named[1]) if named else (raw, default)


def _named(comments: list[str]) -> tuple[str, list[str]]:
    """The id and the tags that a question's comments give it."""
    name = ""
    tags = []
    for comment in comments:
        said = comment.strip().lstrip("/")[:_COMMENT_CHARACTERS]
        found = _ID.search(said)
        name = name or (found[1].replace("\\]", "]").strip() if found else "")
        tags += [tag[1].replace("\\]", "]").strip() for tag in _TAG.finditer(said)]
        tags.append(said)
    return name, tags


def _held(text: str) -> str:
    """``text`` with its escaped characters put out of the way."""
    text = _CONTROL.sub(" ", text)
    if "\\" in text:
        for escape, held in _ESCAPES.items():
            text = text.replace(escape, held)
    return text


def _meant(text: str) -> str:
    return _HELD.sub(lambda held: _MEANT[held[0]], text)
