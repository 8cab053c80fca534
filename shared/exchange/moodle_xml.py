"""Question banks as Moodle XML: what Moodle exports is read so that it scores as Moodle does, and written for Moodle.

Source: the format is what Moodle's ``qformat_xml`` reads and writes; scores are those of its question types
``multichoice`` and ``truefalse``, and of the plugin ``multichoiceset``. What Moodle has no place for goes where it
looks past it: a scoring and an objective in tags, the rest in the attributes ``id``, ``correct`` and ``exact``.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Kind, Option, Question, Scoring
from shared.domain.scoring import SHARES
from shared.exchange import markup, placing, weights
from shared.exchange.bank_file import BankFile, Findings, Malformed
from shared.exchange.identifiers import option_ids
from shared.exchange.images import NAME, image_in_base64
from shared.exchange.markup import Markup
from shared.exchange.xml import Element, children, writable

_HTML: Final = "html"
_PLUGIN_FILE: Final = "@@PLUGINFILE@@"
_FORMATS: Final[Mapping[str, Callable[[str, markup.Find], Markup]]] = {
    "moodle_auto_format": markup.from_moodle,
    "markdown": markup.from_markdown,
    "plain_text": lambda source, _find: markup.from_plain(source),
    "wiki_like": lambda source, _find: markup.from_plain(source),
}
_MOST: Final = re.compile(r"max_choices:([2-9]|[1-9][0-9])", re.IGNORECASE)
_EXACT: Final = re.compile(r"-?[0-9]{1,30}(?:/(?!0+$)[0-9]{1,30})?")
_SHOWN: Final = re.compile(rf'(<img(?: [a-z]+="[^"]*")*? src="){markup.ASSET}({NAME.pattern})(?=")')
# What Moodle fills in when an author leaves it be; it explains nothing.
_BOILERPLATE: Final = "Your answer is correct."

# The weights that Moodle lets an author choose. Source: question_bank::ensure_fraction_options_initialised.
_MOODLES_WEIGHTS: Final = tuple(
    Fraction(weight)
    for weight in re.split(" ", "1 9/10 5/6 4/5 3/4 7/10 2/3 3/5 1/2 2/5 1/3 3/10 1/4 1/5 1/6 1/7 1/8 1/9 1/10 1/20")
)
# A mark has seven decimals in Moodle.
_MARK: Final = 10**7
ONE: Final = Fraction(1)
ZERO: Final = Fraction(0)


def read(data: bytes) -> BankFile:
    """The bank in a Moodle XML file; a question of a type without a counterpart is skipped.

    A category is a pool by its last part; a tag ``pool:x`` comes before it. ``objective:n``, ``scoring:mode`` and
    ``max_choices:n`` are tags. Without a scoring, a multichoice question scores by weights, or exactly where one answer
    alone earns it all.
    Raises Malformed with every error up to the first that ends the XML.
    """
    reading = _Reading()
    try:
        for element in children(data, "quiz"):
            if element.tag == "question":
                reading.question(element)
    except Malformed as broken:
        raise Malformed(tuple(sorted({*reading.findings.errors, *broken.errors}))) from broken
    return reading.bank_file()


# A bank has few different weights, and many of each.
_of_percent: Final = lru_cache(maxsize=1000)(weights.percent)
_as_percent: Final = lru_cache(maxsize=1000)(weights.as_percent)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer as the file has it."""

    text: Markup
    empty: bool
    weight: Fraction
    option_id: str
    correct: str | None
    feedback: Markup


class _Reading:
    def __init__(self) -> None:
        self.findings = Findings()
        self._pool = placing.DEFAULT_POOL
        self._wanted_ids: list[str] = []

    def question(self, element: Element) -> None:
        match element.get("type"):
            case None:
                self.findings.wrong(element.sourceline, "a question has no type")
            case "category":
                path = _trimmed(element.find("category/text")) or _trimmed(element.find("category"))
                self._pool = placing.pool_of_category(path)
            case "multichoice" if _is_true(element.find("single"), missing=True):
                self._choice(element, Kind.SINGLE, None)
            case "multichoice":
                self._choice(element, Kind.MULTIPLE, None)
            case "multichoiceset":
                self._choice(element, Kind.MULTIPLE, Scoring.EXACT)
            case "truefalse":
                self._choice(element, Kind.SINGLE, Scoring.EXACT)
            case other:
                reason = f"{_named(element)} is of the type {other!r}, which has no counterpart"
                self.findings.skip(element.sourceline, reason)

    def bank_file(self) -> BankFile:
        return self.findings.bank_file(self._wanted_ids)

    def _choice(self, element: Element, kind: Kind, scoring: Scoring | None) -> None:
        """Keep a question of which answers are chosen, with the scoring of its type, if that has one of its own."""
        errors = len(self.findings.errors)
        texts = _Texts(element, self.findings)
        stem = texts.stem()
        rationale = [texts.of(element.find(tag)) for tag in ("generalfeedback", "correctfeedback")]
        # Source: qtype_multichoice::save_question_options, which leaves out answers without a text.
        answers = [answer for each in element.iterfind("answer") if not (answer := self._answer(each, texts)).empty]
        points = self._points(element.find("defaultgrade"))
        tags = [_trimmed(tag) for path in ("tags", "coursetags") for tag in element.iterfind(f"{path}/tag/text")]
        correct = _correct(kind, answers)
        scoring = _scoring_of_tags(tags) or scoring or _usual_scoring(kind, [answer.weight for answer in answers])
        if len(self.findings.errors) > errors:
            return
        wrong = _wrong(element, kind, scoring, [answer.weight for answer in answers], len(correct))
        if wrong:
            self.findings.wrong(element.sourceline, wrong)
            return
        if stem.blank or any(answer.text.blank for answer in answers):
            self.findings.skip(element.sourceline, f"{_named(element)} has a text with nothing to read or see")
            return
        if not points:
            self.findings.skip(element.sourceline, f"{_named(element)} is worth no mark")
            return
        ids = option_ids([answer.option_id for answer in answers])
        weighed = {option_id: answer.weight for option_id, answer in zip(ids, answers, strict=True) if answer.weight}
        objective = placing.objective_of_tags(tags) or placing.DEFAULT_OBJECTIVE
        most = _most_of_tags(tags) if kind is Kind.MULTIPLE else None
        self._wanted_ids.append(_trimmed(element.find("idnumber")))
        not_yet = QuestionId("")
        self.findings.found(
            element.sourceline,
            Question(
                question_id=not_yet,
                pool=placing.pool_of_tags(tags) or self._pool,
                objective=objective,
                kind=kind,
                shuffle=_is_true(element.find("shuffleanswers"), missing=False),
                stem=stem.text,
                options=tuple(
                    Option(option_id=own, text=answer.text.text) for own, answer in zip(ids, answers, strict=True)
                ),
                max_choices=most,
            ),
            KeyEntry(
                question_id=not_yet,
                objective=objective,
                scoring=scoring,
                points=points,
                options=len(answers),
                correct=frozenset(ids[place] for place in correct),
                weights=weighed if scoring is Scoring.WEIGHTS else {},
                rationale=_rationale(rationale, answers),
            ),
        )
        self.findings.images.update(texts.images)
        for line, note in texts.notes:
            self.findings.skip(line, note)

    def _answer(self, element: Element, texts: "_Texts") -> _Answer:
        text = texts.of(element)
        exact = self._exact(element)
        weight = self._percent(element) if exact is None else exact
        if element.getparent().get("type") == "truefalse" and text.text.lower() in ("true", "false"):
            text = Markup(text.text.capitalize())
        return _Answer(
            text=text,
            empty=not _trimmed(element.find("text")),
            weight=weight,
            option_id=element.get("id", ""),
            correct=element.get("correct"),
            feedback=texts.of(element.find("feedback")),
        )

    def _percent(self, element: Element) -> Fraction:
        written = element.get("fraction", "0")
        try:
            weight = _of_percent(written)
        except weights.NotANumber:
            self.findings.wrong(element.sourceline, f"the fraction {written[:40]!r} is no number")
            return ZERO
        if abs(weight) > ONE:
            self.findings.wrong(element.sourceline, f"the fraction {written[:40]!r} is not between -100 and 100")
        return weight

    def _points(self, element: Element | None) -> Fraction:
        if element is None or not _trimmed(element):
            return ONE
        written, exact = _trimmed(element), self._exact(element)
        try:
            points = weights.exact(written) if exact is None else exact
        except weights.NotANumber:
            self.findings.wrong(element.sourceline, f"the defaultgrade {written[:40]!r} is no number")
            return ZERO
        if points < 0:
            self.findings.wrong(element.sourceline, "the defaultgrade is below 0")
        return points

    def _exact(self, element: Element) -> Fraction | None:
        written = element.get("exact")
        if written is None:
            return None
        if not _EXACT.fullmatch(written):
            self.findings.wrong(element.sourceline, f"exact={written[:80]!r} is no fraction")
            return ZERO
        return Fraction(written)


class _Texts:
    """The texts of one question, the images they show, and by line what they had to leave out."""

    def __init__(self, question: Element, findings: Findings) -> None:
        self.images: dict[str, Image] = {}
        self.notes: list[tuple[int, str]] = []
        self._question = question
        self._findings = findings
        text = question.find("questiontext")
        self._usual_format = _HTML if text is None else text.get("format", _HTML)

    def stem(self) -> Markup:
        """The question's text, with the one image that Moodle 1 kept beside it."""
        name, content = (_trimmed(self._question.find(tag)) for tag in ("image", "image_base64"))
        name = name.replace("/", "_") if content else ""
        return self.of(self._question.find("questiontext"), {f"/{name}": content} if name else {})

    def of(self, element: Element | None, beside: Mapping[str, str] | None = None) -> Markup:
        """What ``element`` says, in the format it names, else in that of the question's text; nothing without it."""
        if element is None:
            return Markup("")
        text = element.find("text")
        if text is not None and len(text):
            self._findings.wrong(text.sourceline, "a text holds elements; its HTML is to be escaped or in CDATA")
            return Markup("")
        files = {f"{file.get('path', '/')}{file.get('name', '')}": file.text or "" for file in element.iterfind("file")}
        files.update(beside or {})
        source = _trimmed(text) + "".join(f' <img src="{_PLUGIN_FILE}{quote(path)}">' for path in beside or ())
        asked = set()

        def find(address: str) -> Image | None:
            before, _, reference = address.partition(_PLUGIN_FILE)
            path = unquote(reference.partition("?")[0])
            asked.add(path)
            return None if before or path not in files else image_in_base64(files[path])

        form = element.get("format", self._usual_format).strip()
        if form == "markdown":
            self._findings.count_markdown(element.sourceline, source)
        found = _FORMATS.get(form, markup.from_html)(source, find)
        # A recording or a document that the text links to can't be kept, and the question may need it.
        lost = [path for path in files if path not in asked and f"{_PLUGIN_FILE}{quote(path)}" in source]
        notes = [*found.notes, *(f"the file {path!r} is no image; the question is kept without it" for path in lost)]
        self.images.update((image.name, image) for image in found.images)
        self.notes.extend((element.sourceline, note) for note in notes)
        return found


def _trimmed(element: Element | None) -> str:
    """Without the white space that PHP's ``trim`` takes off: a no-break space is a text to Moodle."""
    return "" if element is None else (element.text or "").strip(" \t\n\r")


def _named(question: Element) -> str:
    name = _trimmed(question.find("name/text")) or _trimmed(question.find("questiontext/text"))
    return f"the question {name[:80]!r}"


def _is_true(element: Element | None, *, missing: bool) -> bool:
    """Source: qformat_xml::trans_single, for which all but "false", "0" and nothing is true."""
    return missing if element is None else _trimmed(element) not in ("false", "0", "")


def _scoring_of_tags(tags: Sequence[str]) -> Scoring | None:
    modes = {f"scoring:{mode.value}": mode for mode in Scoring}
    return next((modes[tag] for tag in ("".join(tag.lower().split()) for tag in tags) if tag in modes), None)


def _most_of_tags(tags: Sequence[str]) -> int | None:
    """How many options can be chosen, where a tag ``max_choices:n`` says so."""
    found = (_MOST.fullmatch("".join(tag.split())) for tag in tags)
    return next((int(most[1]) for most in found if most), None)


def _correct(kind: Kind, answers: Sequence[_Answer]) -> frozenset[int]:
    """The places of the right answers."""
    if any(answer.correct is not None for answer in answers):
        return frozenset(place for place, answer in enumerate(answers) if answer.correct == "true")
    return _usually_correct(kind, [answer.weight for answer in answers])


def _usually_correct(kind: Kind, weighed: Sequence[Fraction]) -> frozenset[int]:
    """The places of what is right: in a single choice that which earns most, in a multiple one all that earns."""
    most = max(weighed, default=ZERO)
    return frozenset(
        place for place, weight in enumerate(weighed) if weight > 0 and (kind is Kind.MULTIPLE or weight == most)
    )


def _usual_scoring(kind: Kind, weighed: Sequence[Fraction]) -> Scoring:
    """Moodle's: weights add up, which is all or nothing where one choice earns all and every other nothing."""
    all_or_nothing = sorted(weighed) == [ZERO] * (len(weighed) - 1) + [ONE]
    return Scoring.EXACT if kind is Kind.SINGLE and all_or_nothing else Scoring.WEIGHTS


def _wrong(question: Element, kind: Kind, scoring: Scoring, weighed: Sequence[Fraction], correct: int) -> str | None:
    if len(weighed) < 2:
        return "a question needs two answers or more"
    if question.get("type") == "truefalse" and (len(weighed) > 2 or weighed.count(ONE) != 1):
        return "a true/false question needs two answers, one of them with the fraction 100"
    if max(weighed) <= 0 or not correct:
        return "a question needs an answer with a fraction above 0"
    if kind is Kind.SINGLE and scoring is not Scoring.WEIGHTS and correct != 1:
        return f"a single choice scored as {scoring.value!r} needs exactly one right answer"
    return None


def _rationale(of_question: Sequence[Markup], answers: Sequence[_Answer]) -> str:
    """What is said of the question, of the right answer, and beside its text of each answer."""
    general = "\n".join(
        said.text for said in of_question if not said.blank and markup.inline(said.text) != _BOILERPLATE
    )
    return markup.rationale(
        general, ((answer.text.text, answer.feedback.text) for answer in answers if not answer.feedback.blank)
    )


def write(bank: Bank, key: AnswerKey, images: Sequence[Image]) -> bytes:
    """The bank as a Moodle XML file that Moodle imports and ``read`` turns into the same bank.

    ``images`` has every picture that the texts show (KeyError otherwise). Moodle knows weights alone, and only those in
    its list: other scorings and weights are written as the nearest it has, beside what they are.
    """
    shown = {image.name: image for image in images}
    parts = [b'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n']
    pool = None
    for question in bank.questions:
        if question.pool != pool:
            pool = question.pool
            parts.append(_serialised(_category_element(pool)))
        parts.append(_serialised(_question_element(question, key.entries[question.question_id], shown)))
    parts.append(b"</quiz>\n")
    return b"".join(parts)


def _serialised(element: Element) -> bytes:
    etree.indent(element)
    return b"%s\n" % etree.tostring(element, encoding="utf-8")


def _category_path(pool: str) -> str:
    """Source: qformat_default::assemble_category_path, where a slash at an end is kept apart by a space."""
    name = writable(pool).replace("/", "//")
    name = f" {name}" if name.startswith("/") else name
    return f"$course$/top/{name} " if name.endswith("/") else f"$course$/top/{name}"


def _category_element(pool: str) -> Element:
    element = etree.Element("question", type="category")
    _add_text(etree.SubElement(element, "category"), _category_path(pool))
    return element


def _question_element(question: Question, entry: KeyEntry, shown: Mapping[str, Image]) -> Element:
    element = etree.Element("question", type="multichoice")
    _add_text(etree.SubElement(element, "name"), question.question_id)
    _add_markup(element, "questiontext", question.stem, shown)
    _add_markup(element, "generalfeedback", entry.rationale, shown)
    _add_points(element, entry.points)
    for tag, value in (
        ("penalty", "0"),
        ("hidden", "0"),
        ("idnumber", question.question_id),
        ("single", _truth(question.kind is Kind.SINGLE)),
        ("shuffleanswers", _truth(question.shuffle)),
        ("answernumbering", "abc"),
    ):
        etree.SubElement(element, tag).text = value
    for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        _add_markup(element, tag, "", shown)
    read_back = _add_answers(element, question, entry, shown)
    tags = etree.SubElement(element, "tags")
    _add_tag(tags, f"objective:{question.objective}")
    if entry.scoring is not _usual_scoring(question.kind, read_back):
        _add_tag(tags, f"scoring:{entry.scoring.value}")
    if question.max_choices:
        _add_tag(tags, f"max_choices:{question.max_choices}")
    return element


def _add_answers(element: Element, question: Question, entry: KeyEntry, shown: Mapping[str, Image]) -> list[Fraction]:
    """Write the options; give back the weights that they will be read with."""
    own_ids = [option.option_id for option in question.options]
    usual_ids = own_ids == option_ids([""] * len(own_ids))
    near = [_nearest(_weight(question.kind, entry, option_id)) for option_id in own_ids]
    exact = [_exact_weight(entry, own, weight) for own, weight in zip(own_ids, near, strict=True)]
    read_back = [weight if known is None else known for weight, known in zip(near, exact, strict=True)]
    usual = {own_ids[place] for place in _usually_correct(question.kind, read_back)}
    for option, weight, known in zip(question.options, near, exact, strict=True):
        answer = _add_markup(element, "answer", option.text, shown, fraction=_as_percent(weight))
        if not usual_ids:
            answer.set("id", option.option_id)
        if usual != entry.correct:
            answer.set("correct", _truth(option.option_id in entry.correct))
        if known is not None:
            answer.set("exact", str(known))
        _add_markup(answer, "feedback", "", shown)
    return read_back


def _weight(kind: Kind, entry: KeyEntry, option_id: OptionId) -> Fraction:
    """The weight that comes nearest to what ``option_id`` does under the scoring of ``entry``."""
    if entry.scoring is Scoring.WEIGHTS:
        return entry.weights.get(option_id, ZERO)
    if kind is Kind.SINGLE:
        return SHARES[entry.scoring](frozenset({option_id}), entry)
    if option_id in entry.correct:
        return Fraction(1, len(entry.correct))
    return -{
        Scoring.EXACT: ONE,
        Scoring.HALVES: Fraction(1, 2),
        Scoring.RIGHT_MINUS_WRONG: Fraction(1, len(entry.correct)),
        Scoring.EVERY_OPTION: Fraction(1, entry.options),
    }[entry.scoring]


@lru_cache(maxsize=1000)
def _nearest(weight: Fraction) -> Fraction:
    """The nearest of Moodle's weights that has the sign of ``weight``."""
    if not weight:
        return ZERO
    nearest = min(_MOODLES_WEIGHTS, key=lambda moodles: abs(moodles - abs(weight)))
    return nearest if weight > 0 else -nearest


def _exact_weight(entry: KeyEntry, option_id: OptionId, written: Fraction) -> Fraction | None:
    """The weight where the one ``written`` does not tell it."""
    weight = entry.weights.get(option_id)
    return weight if weight is not None and weight != written else None


def _add_points(element: Element, points: Fraction) -> None:
    mark = Fraction(round(points * _MARK), _MARK)
    added = etree.SubElement(element, "defaultgrade")
    whole, decimals = divmod(mark.numerator * (_MARK // mark.denominator), _MARK)
    added.text = f"{whole}.{decimals:07d}"
    if mark != points:
        added.set("exact", str(points))


def _add_markup(element: Element, tag: str, text: str, shown: Mapping[str, Image], **attributes: str) -> Element:
    added = etree.SubElement(element, tag, **attributes, format=_HTML)
    _add_text(added, _SHOWN.sub(rf"\1{_PLUGIN_FILE}/\2", text))
    for name in dict.fromkeys(name for _, name in _SHOWN.findall(text)):
        file = etree.SubElement(added, "file", name=name, path="/", encoding="base64")
        file.text = base64.b64encode(shown[name].data).decode()
    return added


def _add_text(element: Element, text: str) -> None:
    plain = writable(text)
    # A carriage return would be read from CDATA as a line feed.
    in_cdata = ("<" in plain or "&" in plain) and "\r" not in plain
    etree.SubElement(element, "text").text = etree.CDATA(plain) if in_cdata else plain


def _add_tag(tags: Element, text: str) -> None:
    _add_text(etree.SubElement(tags, "tag"), text)


def _truth(value: bool) -> str:
    return "true" if value else "false"
