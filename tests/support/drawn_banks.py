"""Question banks as hypothesis draws them: with every scoring, awkward ids, pools and texts, and pictures."""

from fractions import Fraction
from html import escape
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Kind, Option, Question, Scoring
from shared.exchange.identifiers import option_ids
from shared.exchange.images import image_of
from shared.exchange.markup import from_html

PNG: Final = image_of(b"\x89PNG\r\n\x1a\n of no size")
GIF: Final = image_of(b"GIF89a of no size")

IDS = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
OPTION_IDS = IDS.filter(lambda each: option_ids([each]) == [each])
"""Without those that would tell which option is right: no reader keeps them."""
MARKUP: Final = [
    "plain",
    "a &lt; b &amp; c &gt; d &nbsp; é 漢",
    "<p>Two</p><p>paragraphs<br>here</p>",
    "<div>One <div>in</div> the other</div>",
    "<div>alone</div>",
    "<u>under</u> <s>gone</s> <del>d</del> <ins>i</ins> <span>plain</span>",
    "<pre>code\n  &lt;b&gt;</pre>",
    '<a href="https://example.org/?a=1&amp;b=2" rel="noopener">there</a>',
    '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
    f'<p><img src="asset:{PNG.name}" alt="a &quot;heart&quot;"> and text</p>',
    f'<img src="asset:{GIF.name}">',
    "H<sub>2</sub>O  with  space\n\tand lines",
]
TEXTS = st.sampled_from(MARKUP) | st.text(st.characters(exclude_characters="\r"), min_size=1).map(
    lambda text: from_html(escape(text))
).filter(lambda text: not text.blank).map(lambda text: text.text)
POOLS = (
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20)
    .map(lambda pool: " ".join(pool.split()))
    .filter(bool)
)
AMOUNTS = st.fractions(min_value=Fraction(1, 50), max_value=20, max_denominator=60)


@st.composite
def pairs(draw: st.DrawFn, question_id: str, most: int = 6) -> tuple[Question, KeyEntry]:
    """A question and its key, as any bank can hold them."""
    kind = draw(st.sampled_from(Kind))
    scoring = draw(st.sampled_from(Scoring))
    ids = [OptionId(each) for each in draw(st.lists(OPTION_IDS, min_size=2, max_size=most, unique=True))]
    weighed = scoring is Scoring.WEIGHTS
    right = st.sets(st.sampled_from(ids), min_size=1, max_size=1 if kind is Kind.SINGLE and not weighed else None)
    weights: dict[OptionId, Fraction] = {}
    if weighed:
        share = st.fractions(min_value=-2, max_value=2, max_denominator=12)
        weights = draw(st.dictionaries(st.sampled_from(ids), share, min_size=1))
        assume(any(weight > 0 for weight in weights.values()))
    weights = {option: weight for option, weight in weights.items() if weight}
    correct = frozenset(draw(right))
    least = max(2, len(correct)) if scoring is Scoring.EXACT else 2
    limited = kind is Kind.MULTIPLE and least < len(ids)
    objective = draw(st.integers(1, 100))
    question = Question(
        question_id=QuestionId(question_id),
        pool=draw(POOLS),
        objective=objective,
        kind=kind,
        shuffle=draw(st.booleans()),
        stem=draw(TEXTS),
        options=tuple(Option(option_id=each, text=draw(TEXTS)) for each in ids),
        max_choices=draw(st.none() | st.integers(least, len(ids) - 1)) if limited else None,
    )
    entry = KeyEntry(
        question_id=question.question_id,
        objective=objective,
        scoring=scoring,
        points=draw(AMOUNTS),
        options=len(ids),
        correct=correct,
        weights=weights,
        rationale=draw(TEXTS | st.just("")),
    )
    return question, entry


@st.composite
def banks(draw: st.DrawFn) -> tuple[Bank, AnswerKey, list[Image]]:
    """A sound bank with its key, and the pictures that it shows."""
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    drawn = [draw(pairs(question_id)) for question_id in ids]
    entries = {entry.question_id: entry for _, entry in drawn}
    questions = tuple(question for question, _ in drawn)
    texts = [
        text
        for question, entry in drawn
        for text in (question.stem, *(option.text for option in question.options), entry.rationale)
    ]
    shown = dict.fromkeys(image for text in texts for image in (PNG, GIF) if image.name in text)
    return Bank(revision=1, questions=questions), AnswerKey(bank_revision=1, revision=1, entries=entries), list(shown)
