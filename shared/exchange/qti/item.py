"""One QTI item, 2.0 to 3.0: a choice, read so that it scores every response as the item's rules do."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shared.domain.ids import QuestionId
from shared.domain.questions import Image, KeyEntry, Kind, Option, Question
from shared.exchange import markup, placing
from shared.exchange.bank_file import MAX_OPTIONS, BankFile, Findings, Malformed
from shared.exchange.identifiers import option_ids
from shared.exchange.qti.fitting import Effort, Hint, fitted
from shared.exchange.qti.processing import (
    Looks,
    Program,
    ResponseVariable,
    is_standard,
    outcome_defaults,
    program,
    response_variable,
    standard_template,
)
from shared.exchange.qti.text import Shown, interactions
from shared.exchange.qti.vocabulary import (
    NoCounterpart,
    attribute,
    child,
    children,
    is_true,
    name,
    written,
)
from shared.exchange.xml import Element, parse

ITEM: Final = "assessmentitem"
MAX_TAGS: Final = 100_000


def _nothing(_address: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an item's package knows of it; ``image`` and ``template`` look up addresses relative to the item."""

    image: markup.Find = _nothing
    template: Callable[[str], Element | None] = _nothing
    pool: str = placing.DEFAULT_POOL
    objective: int = placing.DEFAULT_OBJECTIVE
    hint: Hint = field(default_factory=Hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it was read, its question still without an id; each note is what a text of its can't show."""

    line: int
    identifier: str
    question: Question
    entry: KeyEntry
    images: Sequence[Image]
    notes: Sequence[tuple[int, str]]


def read_item(data: bytes) -> BankFile:
    """The bank of one ``assessmentItem``; an item that a bank can't hold is skipped. Raises Malformed."""
    if data.count(b"<") > MAX_TAGS:
        raise Malformed(((1, f"an item has at most {MAX_TAGS:,} tags"),))
    root = parse(data)
    if name(root) != ITEM:
        raise Malformed(((root.sourceline, f"the file starts with <{written(root)}>, not with a QTI assessment item"),))
    findings = Findings()
    names = []
    try:
        item = item_of(root, Surroundings(), Effort())
    except NoCounterpart as skipped:
        findings.skip(skipped.line, skipped.reason)
    else:
        keep(item, findings)
        names.append(item.identifier)
    return findings.bank_file(names)


def keep(item: Item, findings: Findings, of: str = "") -> None:
    """Add an item to what was found; its notes name the file that it is ``of``."""
    findings.found(item.line, item.question, item.entry)
    findings.show(item.line, item.images, ())
    for line, note in item.notes:
        findings.skip(line, f"{of}: {note}" if of else note)


def item_of(root: Element, surroundings: Surroundings, effort: Effort) -> Item:
    """Read an ``assessmentItem``. Raises NoCounterpart for what a bank can't hold, Malformed for what is wrong."""
    _refuse_dynamic(root)
    body = child(root, "itembody")
    if body is None:
        raise NoCounterpart(root.sourceline, "the item has no body")
    interaction = _only_choice(root, body)
    variable = _variable(root, interaction)
    choices = list(children(interaction, "simplechoice"))
    identifiers = [attribute(choice, "identifier") for choice in choices]
    _refuse_unusable(interaction, identifiers)
    options = dict(zip(identifiers, option_ids([own_name(each) for each in identifiers]), strict=True))
    kind = _kind(variable, interaction)
    limit = _limit(interaction)
    compiled = _program(root, variable, surroundings)
    _refuse_unusable_correct(compiled, identifiers)
    entry = fitted(
        compiled,
        options,
        kind,
        limit=limit,
        hint=surroundings.hint,
        effort=effort,
    )

    texts = _Texts(surroundings.image)
    stem = texts.clean(body.sourceline, texts.shown.stem(body))
    if stem.blank:
        stem = markup.from_plain(attribute(root, "title"))
    for feedback in children(root, "modalfeedback"):
        texts.shown.set_apart(feedback)
    shown = [texts.option(choice) for choice in choices]
    if stem.blank or any(text.blank for text, _ in shown):
        raise NoCounterpart(interaction.sourceline, "the question or one of its choices has nothing to read or see")
    question = Question(
        question_id=QuestionId(""),
        pool=surroundings.pool,
        objective=surroundings.objective,
        kind=kind,
        shuffle=is_true(interaction, "shuffle") and not any(is_true(choice, "fixed") for choice in choices),
        stem=stem.text,
        options=tuple(
            Option(option_id=option, text=text.text) for option, (text, _) in zip(options.values(), shown, strict=True)
        ),
        max_choices=limit if kind is Kind.MULTIPLE else None,
    )
    texts.notes.extend(_unenforced(interaction))
    texts.notes.extend(_unfloored(compiled))
    general = texts.clean(root.sourceline, texts.shown.asides())
    rationale = markup.rationale(general.text, ((text.text, remark.text) for text, remark in shown))
    return Item(
        line=root.sourceline,
        identifier=own_name(attribute(root, "identifier")),
        question=question,
        entry=replace(entry, objective=surroundings.objective, rationale=rationale),
        images=list(texts.images.values()),
        notes=texts.notes,
    )


def own_name(identifier: str) -> str:
    """What an id of ours was before it had to become a QTI identifier, which can't start with a digit or hyphen."""
    return identifier[1:] if identifier[:1] == "_" and identifier[1:2] in "-0123456789" else identifier


class _Texts:
    """An item's texts, cleaned, with all their pictures and notes."""

    def __init__(self, image: markup.Find) -> None:
        self.shown = Shown()
        self.images: dict[str, Image] = {}
        self.notes: list[tuple[int, str]] = []
        self._image = image

    def clean(self, line: int, source: str) -> markup.Markup:
        cleaned = markup.from_html(source, self._image)
        self.images.update((image.name, image) for image in cleaned.images)
        self.notes.extend((line, note) for note in cleaned.notes)
        return cleaned

    def option(self, choice: Element) -> tuple[markup.Markup, markup.Markup]:
        """What a choice says, and what is said of it afterwards."""
        shown = Shown()
        text = self.clean(choice.sourceline, shown.inner(choice))
        return text, self.clean(choice.sourceline, shown.asides())


def _refuse_dynamic(root: Element) -> None:
    if is_true(root, "adaptive"):
        raise NoCounterpart(root.sourceline, "the item is adaptive")
    for element in root:
        if name(element).startswith("template"):
            raise NoCounterpart(element.sourceline, "the item is made anew from a template each time")
        if name(element) == "assessmentstimulusref":
            raise NoCounterpart(element.sourceline, "the item shares a stimulus with others")


def _only_choice(root: Element, body: Element) -> Element:
    found = interactions(body)
    if not found:
        raise NoCounterpart(root.sourceline, "the item has no interaction")
    other = next((each for each in found if name(each) != "choiceinteraction"), None)
    if other is not None:
        raise NoCounterpart(other.sourceline, f"<{written(other)}> is no choice among options")
    if len(found) > 1:
        raise NoCounterpart(found[1].sourceline, "the item has several interactions")
    return found[0]


def _variable(root: Element, interaction: Element) -> ResponseVariable:
    wanted = attribute(interaction, "responseidentifier")
    for declaration in children(root, "responsedeclaration"):
        if attribute(declaration, "identifier") == wanted:
            return response_variable(declaration)
    raise Malformed(((interaction.sourceline, f"the response {wanted[:80]!r} is not declared"),))


def _refuse_unusable(interaction: Element, identifiers: Sequence[str]) -> None:
    line = interaction.sourceline
    twice = [identifier for identifier, count in Counter(identifiers).items() if count > 1]
    if twice:
        raise Malformed(((line, f"the choice {twice[0][:80]!r} is there twice"),))
    if not all(identifiers):
        raise Malformed(((line, "a choice has no identifier"),))
    if len(identifiers) > MAX_OPTIONS:
        raise Malformed(((line, f"a question has more than {MAX_OPTIONS} options"),))
    if len(identifiers) < 2:
        raise NoCounterpart(line, "a question needs two choices or more")
    hidden = next((each for each in interaction if attribute(each, "templateidentifier")), None)
    if hidden is not None:
        raise NoCounterpart(hidden.sourceline, "a choice is shown or hidden by a template")


def _refuse_unusable_correct(compiled: Program, identifiers: Sequence[str]) -> None:
    variable = compiled.variable
    if Looks.WHETHER_CORRECT not in compiled.looks:
        return
    unknown = next((value for value in variable.correct if value not in identifiers), None)
    if unknown is not None:
        raise Malformed(((variable.line, f"the correct response {unknown[:80]!r} is none of the choices"),))
    if not variable.multiple and len(variable.correct) > 1:
        raise NoCounterpart(variable.line, "a single choice has several correct responses")


def _kind(variable: ResponseVariable, interaction: Element) -> Kind:
    """Single where no more than one choice can be made, whatever the variable could hold."""
    one_at_most = attribute(interaction, "maxchoices") == "1" and len(variable.correct) <= 1
    return Kind.SINGLE if not variable.multiple or one_at_most else Kind.MULTIPLE


def _limit(interaction: Element) -> int | None:
    """How many choices a response may have; None for any number, which 0 means too."""
    most = _count(interaction, "maxchoices")
    return most if most > 1 else None


def _unenforced(interaction: Element) -> Iterator[tuple[int, str]]:
    """A note where several choices are demanded: answers are kept as they are made, one choice after another."""
    least = _count(interaction, "minchoices")
    if least > 1:
        yield interaction.sourceline, f"at least {least} choices are asked for; the question is kept without that"


def _unfloored(compiled: Program) -> Iterator[tuple[int, str]]:
    """A note where a response may score below 0 by what the item says itself: here it counts 0."""
    score_map = compiled.variable.score_map
    if score_map is None or Looks.ITS_WORTH not in compiled.looks or score_map.lower is None or score_map.lower >= 0:
        return
    if min(score_map.default, *score_map.entries.values()) < 0:
        yield compiled.variable.line, "a response may score below 0 there; it counts 0 here"


def _count(interaction: Element, wanted: str) -> int:
    written = attribute(interaction, wanted)
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 4 else 0


def _program(root: Element, variable: ResponseVariable, surroundings: Surroundings) -> Program:
    processing = child(root, "responseprocessing")
    if processing is None:
        raise NoCounterpart(root.sourceline, "the item has no response processing: it isn't scored by rules")
    rules: Element | None = processing
    template = not len(processing)
    if template:
        rules = _template(processing, surroundings)
    if rules is None:
        raise NoCounterpart(processing.sourceline, "the response processing is a template that is not known here")
    outcomes = outcome_defaults(children(root, "outcomedeclaration"))
    try:
        return program(rules, variable, outcomes, template=template)
    except (NoCounterpart, Malformed) as error:
        if not template:
            raise
        # The template's own lines mean nothing in this file.
        reason = error.reason if isinstance(error, NoCounterpart) else "its template is no valid response processing"
        raise NoCounterpart(processing.sourceline, reason) from error


def _template(processing: Element, surroundings: Surroundings) -> Element | None:
    """The rules that an empty responseProcessing names; one in the package goes before those known by name."""
    addresses = [value for key in ("templatelocation", "template") if (value := attribute(processing, key))]
    for address in addresses:
        if not is_standard(address) and (rules := surroundings.template(address)) is not None:
            return rules
    known = (standard_template(each) for each in addresses if is_standard(each) or "://" not in each)
    return next((rules for rules in known if rules is not None), None)
