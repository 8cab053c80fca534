"""Moodle XML: what Moodle exports scores as in Moodle, and a bank written for Moodle is read as the same bank."""

import base64
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from html import escape
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Kind, Option, Question, Scoring, bank_errors
from shared.domain.scoring import earned
from shared.exchange import markup
from shared.exchange.bank_file import BankFile, Malformed
from shared.exchange.identifiers import option_ids
from shared.exchange.images import MAX_IMAGE_BYTES, image_of
from shared.exchange.moodle_xml import read, write
from shared.exchange.xml import writable

PNG = image_of(b"\x89PNG\r\n\x1a\n of no size")
GIF = image_of(b"GIF89a of no size")

# Every grade that Moodle accepts. Source: question_bank::ensure_fraction_options_initialised.
POSITIVE_GRADES = "100 90 83.33333 80 75 70 66.66667 60 50 40 33.33333 30 25 20 16.66667 14.28571 12.5 11.11111 10 5"
GRADES = ["0", *POSITIVE_GRADES.split(), *(f"-{grade}" for grade in POSITIVE_GRADES.split())]


def answer(fraction: str, text: str = "an answer", feedback: str = "", attributes: str = 'format="html"') -> str:
    return (
        f'<answer fraction="{fraction}" {attributes}><text>{escape(text)}</text>'
        f'<feedback format="html"><text>{escape(feedback)}</text></feedback></answer>'
    )


def question(*parts: str, kind: str = "multichoice", text: str = "Which?", fractions: Iterable[str] = ()) -> str:
    return (
        f'<question type="{kind}"><name><text>A name</text></name>'
        f'<questiontext format="html"><text>{escape(text)}</text></questiontext>'
        f"{''.join(parts)}{''.join(answer(fraction) for fraction in fractions)}</question>"
    )


def category(path: str) -> str:
    return f'<question type="category"><category><text>{escape(path)}</text></category></question>'


def tags(*names: str) -> str:
    return f"<tags>{''.join(f'<tag><text>{escape(name)}</text></tag>' for name in names)}</tags>"


def file(image: Image, name: str, path: str = "/") -> str:
    return f'<file name="{name}" path="{path}" encoding="base64">{base64.b64encode(image.data).decode()}</file>'


def quiz(*questions: str) -> bytes:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{}\n</quiz>'.format("\n".join(questions)).encode()


def only(*questions: str) -> tuple[Question, KeyEntry]:
    """The one question that the file holds, and its key."""
    bank = read(quiz(*questions))
    ((found,), (entry,)) = bank.questions, bank.key
    assert not bank_errors([found], [entry])
    return found, entry


def errors(*questions: str) -> list[tuple[int, str]]:
    with pytest.raises(Malformed) as refused:
        read(quiz(*questions))
    return list(refused.value.errors)


SINGLE, MULTIPLE = "<single>true</single>", "<single>false</single>"
# A question that is sound but for what a test adds.
SOUND = ("100", "0")


# Choices


def test_a_single_choice_worth_all_or_nothing_is_exact() -> None:
    found, entry = only(question(SINGLE, answer("0", "A"), answer("100", "B"), answer("0", "C")))
    assert found.kind is Kind.SINGLE
    assert [(option.option_id, option.text) for option in found.options] == [("a", "A"), ("b", "B"), ("c", "C")]
    assert (entry.scoring, entry.correct, entry.weights) == (Scoring.EXACT, {"b"}, {})
    assert (entry.options, entry.points) == (3, 1)


@pytest.mark.parametrize(
    ("fractions", "correct"),
    [(("100", "50", "0"), "a"), (("100", "0", "100"), "ac"), (("50", "0", "25"), "a"), (("0", "100", "-100"), "b")],
)
def test_any_other_single_choice_has_weights(fractions: Sequence[str], correct: str) -> None:
    _, entry = only(question(SINGLE, fractions=fractions))
    assert (entry.scoring, entry.correct) == (Scoring.WEIGHTS, set(correct))
    assert entry.weights == {own: Fraction(f) / 100 for own, f in zip("abc", fractions, strict=True) if f != "0"}


def test_a_multiple_choice_has_exact_weights() -> None:
    found, entry = only(question(MULTIPLE, fractions=("33.33333", "66.66667", "-33.33333", "0", "-100")))
    assert found.kind is Kind.MULTIPLE
    assert (entry.scoring, entry.correct) == (Scoring.WEIGHTS, {"a", "b"})
    third = Fraction(1, 3)
    assert entry.weights == {"a": third, "b": 2 * third, "c": -third, "e": Fraction(-1)}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("", Kind.SINGLE),
        ("<single>true</single>", Kind.SINGLE),
        ("<single> 1 </single>", Kind.SINGLE),
        ("<single>false</single>", Kind.MULTIPLE),
        ("<single>\n0\n</single>", Kind.MULTIPLE),
        ("<single/>", Kind.MULTIPLE),
    ],
)
def test_single_is_read_as_moodle_reads_it(written: str, kind: Kind) -> None:
    assert only(question(written, fractions=SOUND))[0].kind is kind


@pytest.mark.parametrize(
    ("written", "shuffle"), [("", False), ("0", False), ("false", False), ("1", True), ("true", True)]
)
def test_options_are_shuffled_when_the_file_says_so(written: str, shuffle: bool) -> None:
    element = f"<shuffleanswers>{written}</shuffleanswers>" if written else ""
    assert only(question(element, fractions=SOUND))[0].shuffle is shuffle


def test_all_or_nothing_sets_are_exact() -> None:
    found, entry = only(question(kind="multichoiceset", fractions=("100", "0", "100")))
    assert (found.kind, entry.scoring, entry.correct, entry.weights) == (Kind.MULTIPLE, Scoring.EXACT, {"a", "c"}, {})


def test_true_or_false_is_a_single_choice_that_keeps_its_order() -> None:
    found, entry = only(question(answer("0", "true"), answer("100", "false"), kind="truefalse"))
    assert [option.text for option in found.options] == ["True", "False"]
    assert (found.kind, found.shuffle, entry.scoring, entry.correct) == (Kind.SINGLE, False, Scoring.EXACT, {"b"})


def test_true_or_false_in_the_words_of_an_old_export_stays_so() -> None:
    found, entry = only(question(answer("100", "Wahr"), answer("0", "Falsch"), kind="truefalse"))
    assert ([option.text for option in found.options], entry.correct) == (["Wahr", "Falsch"], {"a"})


def test_answers_without_a_text_are_left_out_as_moodle_does() -> None:
    found, entry = only(question(answer("0", "A"), answer("0", " "), answer("100", "C")))
    assert [option.text for option in found.options] == ["A", "C"]
    assert (entry.correct, entry.options) == ({"b"}, 2)


def moodles_grade(*, single: bool, chosen: Sequence[float]) -> float:
    """Source: grade_response of qtype_multichoice_single_question and qtype_multichoice_multi_question."""
    if single:
        return chosen[0] if chosen else 0
    return min(max(0, sum(chosen)), 1.0)


@given(
    st.booleans(),
    st.lists(st.sampled_from(GRADES), min_size=2, max_size=6),
    st.decimals(min_value="0.1", max_value=20, places=7),
)
def test_every_response_earns_what_moodle_gives(single: bool, fractions: list[str], mark: Any) -> None:
    assume(any(float(fraction) > 0 for fraction in fractions))
    grade = f"<defaultgrade>{mark}</defaultgrade>"
    found, entry = only(question(SINGLE if single else MULTIPLE, grade, fractions=fractions))
    # Moodle keeps seven decimals of each grade, and five of the mark it shows.
    grades = dict(zip((option.option_id for option in found.options), fractions, strict=True))
    for chosen in chain.from_iterable(combinations(grades, size) for size in range(2 if single else len(grades) + 1)):
        kept = [round(float(grades[own]) / 100, 7) for own in chosen]
        expected = max(0, moodles_grade(single=single, chosen=kept)) * float(mark)
        assert float(earned(frozenset(chosen), entry)) == pytest.approx(expected, abs=1e-5 * float(mark))


# What is around them


@pytest.mark.parametrize(
    ("path", "pool"),
    [
        ("$course$/top/Cardiology/Rhythm", "Rhythm"),
        ("$course$/Default for X", "Default for X"),
        ("$system$/top/A // B", "A / B"),
        ("tom/dick/harry", "harry"),
        ("$course$/top", "default"),
        ("", "default"),
    ],
)
def test_a_category_is_the_pool_of_what_follows(path: str, pool: str) -> None:
    bank = read(quiz(question(fractions=SOUND), category(path), question(fractions=SOUND), question(fractions=SOUND)))
    assert [found.pool for found in bank.questions] == ["default", pool, pool]


def test_tags_name_pool_objective_and_scoring() -> None:
    named = tags("Heart", "pool: Rhythm", "objective: 3", "scoring:halves", "scoring: by hand")
    found, entry = only(category("$course$/top/X"), question(MULTIPLE, named, fractions=("50", "50", "-50")))
    assert (found.pool, found.objective, entry.objective) == ("Rhythm", 3, 3)
    assert (entry.scoring, entry.correct, entry.weights) == (Scoring.HALVES, {"a", "b"}, {})


def test_course_tags_count_too_and_other_tags_do_not() -> None:
    named = tags("objective:2").replace("tags>", "coursetags>")
    assert only(question(named, tags("objective:none", "scoring:guesswork"), fractions=SOUND))[0].objective == 2


@pytest.mark.parametrize(
    ("written", "points"),
    [
        ("", Fraction(1)),
        ("<defaultgrade/>", Fraction(1)),
        ("<defaultgrade>2.5000000</defaultgrade>", Fraction(5, 2)),
        ("<defaultgrade> 0.1 </defaultgrade>", Fraction(1, 10)),
        ("<defaultgrade>0.3333333</defaultgrade>", Fraction(3_333_333, 10_000_000)),
    ],
)
def test_the_default_grade_is_the_points_to_the_last_decimal(written: str, points: Fraction) -> None:
    assert only(question(written, fractions=SOUND))[1].points == points


def test_ids_are_the_id_numbers_or_the_places() -> None:
    numbers = ("card-1", "", "Card 1", "Groupe <2>", "q2", "")
    bank = read(quiz(*(question(f"<idnumber>{escape(own)}</idnumber>", fractions=SOUND) for own in numbers)))
    ids = [found.question_id for found in bank.questions]
    assert ids == ["card-1", "q2-2", "card-1-2", "groupe-2", "q2", "q6"]
    assert [entry.question_id for entry in bank.key] == ids


def test_what_is_said_of_question_and_answers_is_the_rationale() -> None:
    said = (
        '<generalfeedback format="html"><text>&lt;p&gt;Because.&lt;/p&gt;</text></generalfeedback>'
        '<correctfeedback format="html"><text>Well done: it is B.</text></correctfeedback>'
        '<incorrectfeedback format="html"><text>Wrong.</text></incorrectfeedback>'
    )
    _, entry = only(question(said, answer("0", "<p>A</p>", "<p>No.</p>"), answer("100", "B"), answer("0", "C", "Nor.")))
    assert entry.rationale == "<p>Because.</p>\nWell done: it is B.<ul><li>A: No.</li><li>C: Nor.</li></ul>"


def test_moodles_own_words_are_no_rationale() -> None:
    said = "<correctfeedback><text>&lt;p&gt;Your answer is correct.&lt;/p&gt;</text></correctfeedback>"
    assert only(question(said, fractions=SOUND))[1].rationale == ""


@pytest.mark.parametrize(
    ("form", "written", "read_as"),
    [
        ("html", '<p style="x">a<script>b</script>\n<b>c</b></p>', "<p>a\n<b>c</b></p>"),
        ("plain_text", "a <b> c\nd", "a &lt;b&gt; c<br>d"),
        ("moodle_auto_format", "a\nb <b>b</b> < d", "a<br>b <b>b</b> &lt; d"),
        ("markdown", "a *b*", "a <em>b</em>"),
        ("wiki_like", "a <b>", "a &lt;b&gt;"),
        ("of_the_future", "<i>a</i>", "<i>a</i>"),
    ],
)
def test_a_text_is_read_in_its_format(form: str, written: str, read_as: str) -> None:
    found, entry = only(
        f'<question type="multichoice"><questiontext format="{form}"><text>{escape(written)}</text></questiontext>'
        f"{answer('100', written, attributes='')}{answer('0', written, attributes='')}"
        f"<generalfeedback><text>{escape(written)}</text></generalfeedback></question>"
    )
    assert [found.stem, found.options[0].text, entry.rationale] == [read_as] * 3


# Images


def test_files_in_the_export_become_images() -> None:
    shown = '<p>See <img src="@@PLUGINFILE@@/{}" alt="x"></p>'
    stem = f"<text>{escape(shown.format('my%20heart.png?time=1'))}</text>{file(PNG, 'my heart.png')}"
    option = f"<text>{escape(shown.format('sub/a.gif'))}</text>{file(GIF, 'a.gif', '/sub/')}"
    bank = read(
        quiz(
            f'<question type="multichoice"><questiontext format="html">{stem}</questiontext>'
            f'<answer fraction="100" format="html">{option}</answer>{answer("0")}</question>'
        )
    )
    (found,) = bank.questions
    assert found.stem == f'<p>See <img src="asset:{PNG.name}" alt="x"></p>'
    assert found.options[0].text == f'<p>See <img src="asset:{GIF.name}" alt="x"></p>'
    assert (bank.images, bank.skipped) == ((PNG, GIF), ())


@pytest.mark.parametrize(
    ("form", "written"), [("markdown", "![x]({})"), ("moodle_auto_format", '<img src="{}" alt="x">')]
)
def test_files_are_found_in_texts_of_any_format(form: str, written: str) -> None:
    text = f"<text>{escape(written.format('@@PLUGINFILE@@/a%20b.png'))}</text>{file(PNG, 'a b.png')}"
    found, _ = only(
        f'<question type="multichoice"><questiontext format="{form}">{text}</questiontext>'
        f"{answer('100')}{answer('0')}</question>"
    )
    assert found.stem == f'<img src="asset:{PNG.name}" alt="x">'


def test_the_image_that_moodle_1_kept_beside_the_text_is_shown() -> None:
    content = base64.b64encode(PNG.data).decode()
    image = f"<image>quiz/heart 1.png</image><image_base64>{content}</image_base64>"
    assert only(question(image, fractions=SOUND))[0].stem == f'Which? <img src="asset:{PNG.name}">'


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ("", "the image '@@PLUGINFILE@@/a.png' is not in the file; the question is kept without it"),
        ('<file name="a.png">PHN2Zy8+</file>', "is no PNG, JPEG or GIF"),
        ('<file name="a.png">%%%</file>', "is broken base64"),
        (f'<file name="a.png">{base64.b64encode(PNG.data + bytes(MAX_IMAGE_BYTES)).decode()}</file>', "is over 5 MiB"),
    ],
    ids=["missing", "svg", "broken", "large"],
)
def test_an_image_that_cannot_be_kept_is_told_with_its_line(files: str, reason: str) -> None:
    shown = escape('See <img src="@@PLUGINFILE@@/a.png" alt="the heart">')
    stem = f"<questiontext><text>{shown}</text>{files}</questiontext>"
    bank = read(quiz(f'<question type="multichoice">\n{stem}{answer("100")}{answer("0")}</question>'))
    assert bank.questions[0].stem == "See [the heart]"
    (skipped,) = bank.skipped
    assert skipped.line == 4
    assert reason in skipped.reason
    assert bank.images == ()


def test_a_recording_that_cannot_be_kept_is_told() -> None:
    link = escape('<a href="@@PLUGINFILE@@/the%20heart.mp3">Listen</a>')
    recording = '<file name="the heart.mp3" path="/" encoding="base64">SUQz</file><file name="unused.mp3">SUQz</file>'
    stem = f"<questiontext><text>{link}</text>{recording}</questiontext>"
    bank = read(quiz(f'<question type="multichoice">{stem}{answer("100")}{answer("0")}</question>'))
    assert len(bank.questions) == 1
    assert [(skipped.line, skipped.reason) for skipped in bank.skipped] == [
        (3, "the file '/the heart.mp3' is no image; the question is kept without it")
    ]


# Skipped and refused


@pytest.mark.parametrize(
    "kind",
    [
        "shortanswer",
        "essay",
        "matching",
        "cloze",
        "numerical",
        "calculatedmulti",
        "description",
        "kprime",
        "randomsamatch",
    ],
)
def test_what_is_no_choice_is_skipped_with_line_and_reason(kind: str) -> None:
    bank = read(quiz(question(fractions=SOUND), question(kind=kind, fractions=SOUND)))
    assert len(bank.questions) == 1
    ((line, reason),) = [(skipped.line, skipped.reason) for skipped in bank.skipped]
    assert line == 4
    assert reason == f"the question 'A name' is of the type {kind!r}, which has no counterpart"


@pytest.mark.parametrize(
    "unusable",
    [
        question(text="", fractions=SOUND),
        question(text="<p>&nbsp;</p>", fractions=SOUND),
        question(answer("100"), answer("0", "<p></p>")),
        question("<defaultgrade>0.0000000</defaultgrade>", fractions=SOUND),
    ],
    ids=["no text", "blank", "blank answer", "no mark"],
)
def test_what_cannot_be_asked_is_skipped(unusable: str) -> None:
    bank = read(quiz(unusable))
    assert (bank.questions, [skipped.line for skipped in bank.skipped]) == ((), [3])


@pytest.mark.parametrize(
    ("malformed", "message"),
    [
        ("<question/>", "a question has no type"),
        (question(), "two answers or more"),
        (question(fractions=["100"]), "two answers or more"),
        (question(answer("100", ""), answer("0"), answer("0")), "an answer with a fraction above 0"),
        (question(fractions=["0", "0"]), "an answer with a fraction above 0"),
        (question(fractions=["0", "-50"]), "an answer with a fraction above 0"),
        (question(fractions=["100", "half"]), "the fraction 'half' is no number"),
        (question(fractions=["100", "1e9"]), "the fraction '1e9' is no number"),
        (question(fractions=["100", "33,3"]), "the fraction '33,3' is no number"),
        (question(fractions=["100", "100.1"]), "the fraction '100.1' is not between -100 and 100"),
        (question("<defaultgrade>one</defaultgrade>", fractions=SOUND), "the defaultgrade 'one' is no number"),
        (question("<defaultgrade>-1</defaultgrade>", fractions=SOUND), "the defaultgrade is below 0"),
        (question(kind="truefalse", fractions=["100", "100"]), "a true/false question needs two answers"),
        (question(kind="truefalse", fractions=["0", "0"]), "a true/false question needs two answers"),
        (question(kind="truefalse", fractions=["100", "0", "0"]), "a true/false question needs two answers"),
        (question(SINGLE, tags("scoring:exact"), fractions=["100", "100"]), "exactly one right answer"),
        (question(answer("100"), answer("0", attributes='exact="1/0"')), "exact='1/0' is no fraction"),
        (question(answer("100", attributes='correct="no"'), answer("0")), "an answer with a fraction above 0"),
        (
            question("<generalfeedback><text><p>a</p></text></generalfeedback>", fractions=SOUND),
            "a text holds elements",
        ),
        (question(text="x" * 60_000, fractions=SOUND), "a text is longer than"),
        ('<question type="essay">', "no well-formed XML"),
    ],
)
def test_a_malformed_question_refuses_the_file_with_its_line(malformed: str, message: str) -> None:
    ((line, found),) = errors(malformed)
    assert line in (3, 4)
    assert message in found


def test_every_error_is_listed_by_line() -> None:
    found = errors(
        question(fractions=["x", "100"]),
        question(fractions=SOUND),
        question(fractions=["0", "0"]),
        question("<defaultgrade>x</defaultgrade>", "\n", answer("y"), "\n", answer("z")),
        "<question></quiz>",
    )
    assert [line for line, _ in found] == [3, 5, 6, 7, 8, 9]


def test_a_file_of_something_else_is_refused() -> None:
    for data in (b"<quiz/>", quiz(category("A"))):
        with pytest.raises(Malformed, match="the file holds no question"):
            read(data)
    with pytest.raises(Malformed, match="starts with <assessmentItem>, not with <quiz>"):
        read(b"<assessmentItem/>")


def test_an_entity_bomb_is_refused() -> None:
    bomb = b'<!DOCTYPE quiz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(Malformed, match="document type"):
        read(bomb + quiz(question(text="&b;", fractions=SOUND)).partition(b"\n")[2])


# Back to Moodle


def texts() -> st.SearchStrategy[str]:
    """Clean texts with something to read or see, as every reader leaves them."""
    pieces = st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["<p>a</p>", "<b>b", "]]>", "&amp;", "&", "<", ">", "\r", "\t", "</p>", "@@PLUGINFILE@@/a.png"]
        ),
        st.sampled_from([f'<img src="asset:{image.name}" alt="{alt}">' for image in (PNG, GIF) for alt in ("", "]]>")]),
    )
    cleaned = st.lists(pieces, max_size=6).map("".join).map(lambda source: markup.from_html(source).text)
    return cleaned.filter(lambda text: markup.from_html(text).text == text and not markup.Markup(text).blank)


IDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=64)
OPTION_IDS = IDS.map(OptionId).filter(lambda each: option_ids([each]) == [each])
"""Without those that would tell which option is right: no reader keeps them."""
POOLS = st.text(min_size=1, max_size=40).map(lambda name: " ".join(writable(name).split())).filter(bool)
MOODLES_WEIGHTS = st.sampled_from(GRADES).map(lambda grade: Fraction(grade).limit_denominator(100) / 100)
WEIGHTS = st.one_of(MOODLES_WEIGHTS, st.fractions(min_value=-2, max_value=2, max_denominator=9999))
POINTS = st.one_of(
    st.decimals(min_value="0.5", max_value=1000, places=2).map(Fraction),
    st.fractions(min_value=Fraction(1, 10**9), max_value=1000, max_denominator=10**12),
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Question, KeyEntry]:
    """A question and its key as a bank can hold them, but for the question's id."""
    kind = draw(st.sampled_from(Kind))
    scoring = draw(st.sampled_from(Scoring))
    count = draw(st.integers(min_value=2, max_value=12))
    usual = option_ids([""] * count)
    ids = draw(st.one_of(st.just(usual), st.lists(OPTION_IDS, min_size=count, max_size=count, unique=True)))
    weights: dict[OptionId, Fraction] = {}
    if scoring is Scoring.WEIGHTS:
        weights = draw(st.dictionaries(st.sampled_from(ids), WEIGHTS, min_size=1))
        weights = {option: weight for option, weight in weights.items() if weight}
        assume(any(weight > 0 for weight in weights.values()))
    most = 1 if kind is Kind.SINGLE and scoring is not Scoring.WEIGHTS else count
    correct = draw(st.frozensets(st.sampled_from(ids), min_size=1, max_size=most))
    least = max(2, len(correct)) if scoring is Scoring.EXACT else 2
    limited = kind is Kind.MULTIPLE and least < count
    objective = draw(st.integers(min_value=1, max_value=100))
    unnamed = QuestionId("")
    return (
        Question(
            question_id=unnamed,
            pool=draw(POOLS),
            objective=objective,
            kind=kind,
            shuffle=draw(st.booleans()),
            stem=draw(texts()),
            options=tuple(Option(option_id=own, text=draw(texts())) for own in ids),
            max_choices=draw(st.none() | st.integers(least, count - 1)) if limited else None,
        ),
        KeyEntry(
            question_id=unnamed,
            objective=objective,
            scoring=scoring,
            points=draw(POINTS),
            options=count,
            correct=correct,
            weights=weights,
            rationale=draw(st.one_of(st.just(""), texts())),
        ),
    )


@st.composite
def banks(draw: st.DrawFn) -> BankFile:
    drawn = draw(st.lists(pairs(), min_size=1, max_size=4))
    ids = draw(st.lists(IDS.map(QuestionId), min_size=len(drawn), max_size=len(drawn), unique=True))
    questions = tuple(replace(found, question_id=own) for (found, _), own in zip(drawn, ids, strict=True))
    key = tuple(replace(entry, question_id=own) for (_, entry), own in zip(drawn, ids, strict=True))
    assert not bank_errors(questions, key)
    shown = " ".join(
        text
        for found, entry in zip(questions, key, strict=True)
        for text in (found.stem, entry.rationale, *(option.text for option in found.options))
    )
    return BankFile(questions, key, tuple(image for image in (PNG, GIF) if f'src="asset:{image.name}"' in shown))


def written(bank: BankFile) -> bytes:
    entries = {entry.question_id: entry for entry in bank.key}
    return write(
        Bank(revision=1, questions=bank.questions), AnswerKey(bank_revision=1, revision=1, entries=entries), (PNG, GIF)
    )


def a_choice(correct: str, count: int = 4, kind: Kind = Kind.MULTIPLE, **changes: Any) -> BankFile:
    """A bank of one question with the options a, b ..., of which ``correct`` are right."""
    ids = option_ids([""] * count)
    found = Question(
        question_id=QuestionId("q1"),
        pool="default",
        objective=1,
        kind=kind,
        shuffle=True,
        stem=changes.pop("stem", "Which?"),
        options=tuple(Option(option_id=own, text=f"option {own}") for own in ids),
    )
    entry = KeyEntry(
        question_id=found.question_id,
        objective=1,
        points=changes.pop("points", Fraction(1)),
        options=count,
        correct=frozenset(OptionId(own) for own in correct),
        **changes,
    )
    return BankFile((found,), (entry,))


def fractions_of(data: bytes) -> list[str]:
    return [answer.get("fraction") for answer in etree.fromstring(data).iter("answer")]


def tags_of(data: bytes) -> list[str | None]:
    return [text.text for text in etree.fromstring(data).iterfind("question/tags/tag/text")]


@given(banks())
def test_a_bank_written_for_moodle_is_read_as_the_same_bank(bank: BankFile) -> None:
    again = read(written(bank))
    assert (again.questions, again.key, again.skipped) == (bank.questions, bank.key, ())
    assert {image.name: image for image in again.images} == {image.name: image for image in bank.images}


@given(banks())
def test_moodle_imports_what_is_written(bank: BankFile) -> None:
    root = etree.fromstring(written(bank))
    assert root.tag == "quiz"
    for element in root:
        assert element.get("type") in ("category", "multichoice")
        assert not [text for text in element.iter("text") if len(text)]
    for choice in root.iterfind("question[@type='multichoice']"):
        # Source: match_grade_options, which takes a grade that is in the list to five decimals.
        grades = [float(each.get("fraction")) for each in choice.iterfind("answer")]
        assert all(min(abs(grade - float(listed)) for listed in GRADES) < 1e-3 for grade in grades)
        assert max(grades) > 0
        assert 0 <= float(choice.findtext("defaultgrade")) <= 1000
        assert choice.findtext("name/text")
        assert len(choice.findtext("idnumber")) <= 100
        assert choice.findtext("single") in ("true", "false")
        for shown in choice.xpath(".//text[contains(., 'src=\"@@PLUGINFILE@@/')]"):
            names = [f"@@PLUGINFILE@@/{each.get('name')}" for each in shown.getparent().iterfind("file")]
            assert any(name in shown.text for name in names) or "@@PLUGINFILE@@/a.png" in shown.text


@pytest.mark.parametrize(
    ("scoring", "fractions"),
    [
        (Scoring.EXACT, ["50", "50", "-100", "-100"]),
        (Scoring.HALVES, ["50", "50", "-50", "-50"]),
        (Scoring.RIGHT_MINUS_WRONG, ["50", "50", "-50", "-50"]),
        (Scoring.EVERY_OPTION, ["50", "50", "-25", "-25"]),
    ],
)
def test_a_scoring_that_moodle_lacks_is_a_tag_beside_near_weights(scoring: Scoring, fractions: list[str]) -> None:
    data = written(a_choice("ab", scoring=scoring))
    assert fractions_of(data) == fractions
    assert tags_of(data) == ["objective:1", f"scoring:{scoring.value}"]


def test_what_moodle_scores_alike_needs_no_tag() -> None:
    weights = {OptionId("a"): Fraction(5, 6), OptionId("b"): Fraction(1, 6), OptionId("c"): Fraction(-1, 3)}
    data = written(a_choice("ab", scoring=Scoring.WEIGHTS, weights=weights))
    assert (fractions_of(data), tags_of(data)) == (["83.33333", "16.66667", "-33.33333", "0"], ["objective:1"])
    data = written(a_choice("b", kind=Kind.SINGLE, scoring=Scoring.EXACT))
    assert (fractions_of(data), tags_of(data)) == (["0", "100", "0", "0"], ["objective:1"])
    assert b"exact" not in data
    assert b"correct=" not in data


def test_weights_outside_moodles_list_are_written_near_and_kept_exactly() -> None:
    weights = {OptionId("a"): Fraction(2, 7), OptionId("b"): Fraction(1, 1000), OptionId("c"): Fraction(-3)}
    bank = a_choice("ab", scoring=Scoring.WEIGHTS, weights=weights)
    data = written(bank)
    assert fractions_of(data) == ["30", "5", "-100", "0"]
    assert read(data).key == bank.key


def test_a_limit_of_choices_which_moodle_lacks_is_a_tag() -> None:
    bank = a_choice("ab", scoring=Scoring.HALVES)
    limited = BankFile((replace(bank.questions[0], max_choices=3),), bank.key)
    assert tags_of(written(limited)) == ["objective:1", "scoring:halves", "max_choices:3"]
    assert read(written(limited)).questions == limited.questions


def test_points_that_do_not_end_are_kept_exactly() -> None:
    bank = a_choice("a", kind=Kind.SINGLE, scoring=Scoring.EXACT, points=Fraction(1, 3))
    data = written(bank)
    assert etree.fromstring(data).findtext("question/defaultgrade") == "0.3333333"
    assert read(data).key == bank.key


def test_categories_are_written_where_the_pool_changes() -> None:
    pools = ["default", "default", "A/B", "/", "A/B"]
    bank = a_choice("a", kind=Kind.SINGLE, scoring=Scoring.EXACT)
    ((found,), (entry,)) = (bank.questions, bank.key)
    questions = tuple(replace(found, question_id=QuestionId(f"n{n}"), pool=pool) for n, pool in enumerate(pools))
    data = written(BankFile(questions, tuple(replace(entry, question_id=each.question_id) for each in questions)))
    paths = [text.text for text in etree.fromstring(data).iterfind("question/category/text")]
    assert paths == ["$course$/top/default", "$course$/top/A//B", "$course$/top/ // ", "$course$/top/A//B"]
    assert [each.pool for each in read(data).questions] == pools


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    bank = a_choice("a", kind=Kind.SINGLE, scoring=Scoring.EXACT, stem="a\x0b\x00\ud800\ufffe<b>]]></b>")
    assert read(written(bank)).questions[0].stem == "a<b>]]&gt;</b>"


def test_an_image_that_is_missing_is_no_silent_loss() -> None:
    bank = a_choice("a", kind=Kind.SINGLE, scoring=Scoring.EXACT, stem=f'<img src="asset:{"0" * 64}.png">')
    with pytest.raises(KeyError):
        written(bank)


def test_questions_are_read_at_ten_thousand_in_twenty_seconds() -> None:
    said = f'<generalfeedback format="html"><text>{escape("<p>Because <b>of</b> it.</p>")}</text></generalfeedback>'
    one = question(
        MULTIPLE, said, *(answer(f, f'<p dir="ltr">An {f}</p>', "<p>No.</p>") for f in ("50", "50", "-50", "0", "-100"))
    )
    data = quiz(*[one] * 2_000)
    started = time.process_time()
    assert len(read(data).questions) == 2_000
    assert time.process_time() - started < 20 / 5
