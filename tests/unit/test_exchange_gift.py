"""GIFT is read as Moodle reads it: the same questions, the same scores; what is wrong is told by line."""

import base64
import time
from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.domain.ids import OptionId
from shared.domain.questions import KeyEntry, Kind, Question, Scoring
from shared.domain.scoring import earned
from shared.exchange.bank_file import MAX_OPTIONS, MAX_QUESTIONS, BankFile, Malformed
from shared.exchange.gift import read

# Written after the samples of Moodle's own import tests and documentation, in the shapes that authors use.
SAMPLE = r"""
//---------------------------------//
//  A bank in every shape of GIFT  //
//---------------------------------//

// question: 0  name: switch category to $course$/top/Oncology/Biology
$CATEGORY: $course$/top/Oncology/Biology

Which imaging finds most bone metastases?{~X-ray ~Ultrasound =MRI}

Ablation is {~never =sometimes ~always} used.

// question: 11  name: Dose
// [id:DOSE_1] [tag:objective:2] [tag:SBRT]
::Dose per fraction::[html]<p>The dose per fraction in <b>SBRT</b> is</p>{
    ~low#<i>No</i>, that is conventional.
    =high#[plain]Yes, > 5 Gy.
    ####[markdown]It is **high**.
}

The disease is always indolent.{FALSE#It may be.#Right, it is open.####Whether it is remains open.}
::Last::Oligometastasis has few lesions.{T}

// short answer, numerical, matching, essay, description
Name one ablative therapy {=SBRT =%50%radiotherapy}

How many lesions at most? {#5:0}

How many, about? {#
    =5:0
    =%50%5:2}.

Match. {
    =SBRT -> radiation
    =RFA -> heat
}

Discuss. {}

Read this before you go on.

// multiple answers
::Which of these are ablative?::Which of these are ablative? {
    ~%50%SBRT

    ~%50%radiofrequency
    ~%-100%watchful waiting
}
"""


def one(gift: str) -> tuple[Question, KeyEntry]:
    bank = read(gift.encode())
    (question,), (entry,) = bank.questions, bank.key
    return question, entry


def outcome(data: bytes) -> BankFile | tuple[tuple[int, str], ...]:
    """The bank, or the errors for which it is refused."""
    try:
        return read(data)
    except Malformed as refused:
        return refused.errors


def texts(question: Question) -> list[str]:
    return [option.text for option in question.options]


def right(gift: str) -> list[str]:
    question, entry = one(gift)
    return [option.text for option in question.options if option.option_id in entry.correct]


def errors(gift: str) -> list[tuple[int, str]]:
    with pytest.raises(Malformed) as refused:
        read(gift.encode())
    return list(refused.value.errors)


def skipped(gift: str) -> list[tuple[int, str]]:
    return [(skip.line, skip.reason.split(",")[0].split(":")[0]) for skip in read(gift.encode()).skipped]


def sample() -> BankFile:
    return read(SAMPLE.encode())


def test_every_choice_of_a_bank_is_read_in_order() -> None:
    assert [(question.question_id, question.kind, question.stem) for question in sample().questions] == [
        ("q1", "single", "Which imaging finds most bone metastases?"),
        ("q2", "single", "Ablation is _____ used."),
        ("dose-1", "single", "<p>The dose per fraction in <b>SBRT</b> is</p>"),
        ("q4", "single", "The disease is always indolent."),
        ("last", "single", "Oligometastasis has few lesions."),
        ("which-of-these-are-ablative", "multiple", "Which of these are ablative?"),
    ]


def test_what_cannot_be_asked_is_listed_with_line_and_reason() -> None:
    lines = SAMPLE.split("\n")
    told = [(lines[skip.line - 1][:12], skip.reason.split(",")[0].split(":")[0]) for skip in sample().skipped]
    assert told == [
        ("Name one abl", "a short answer question"),
        ("How many les", "a numerical question"),
        ("How many, ab", "a numerical question"),
        ("Match. {", "a matching question"),
        ("Discuss. {}", "an essay"),
        ("Read this be", "a description"),
    ]


def test_categories_are_pools_and_tags_objectives() -> None:
    assert {question.pool for question in sample().questions} == {"Biology"}
    assert [question.objective for question in sample().questions] == [1, 1, 2, 1, 1, 1]
    assert [entry.objective for entry in sample().key] == [1, 1, 2, 1, 1, 1]


def test_the_key_pairs_with_the_questions() -> None:
    bank = sample()
    assert [entry.question_id for entry in bank.key] == [question.question_id for question in bank.questions]
    assert [entry.options for entry in bank.key] == [len(question.options) for question in bank.questions]
    assert {entry.points for entry in bank.key} == {1}


def test_feedback_becomes_the_rationale() -> None:
    rationales = [entry.rationale for entry in sample().key]
    assert rationales[0] == ""
    assert rationales[2] == (
        "It is <strong>high</strong>."
        "<ul><li>low: <i>No</i>, that is conventional.</li><li>high: Yes, &gt; 5 Gy.</li></ul>"
    )
    assert rationales[3] == (
        "Whether it is remains open.<ul><li>True: It may be.</li><li>False: Right, it is open.</li></ul>"
    )


TWO = "::a::One\n{\n=right\n~wrong\n}\n\nTwo {T}\n"


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(ends: str) -> None:
    assert read(TWO.replace("\n", ends).encode()) == read(TWO.encode())


def test_empty_lines_between_answers_change_nothing() -> None:
    assert read(TWO.replace("right\n", "right\n\n\n").replace("wrong\n", "wrong\n \t\n").encode()) == read(TWO.encode())


def test_a_byte_order_mark_is_passed_over() -> None:
    assert one("\ufeffQ{T}") == one("Q{T}")


@pytest.mark.parametrize(
    ("gift", "expected"),
    [
        ("Q{=a ~b ~c}", ["a"]),
        ("Q{~a =b}", ["b"]),
        ("Q{\n~ a\n=\n  b\n}", ["b"]),
        ("Q{~=a ~b}", ["a"]),
        ("Q{=a =b ~c}", ["a", "b"]),
        ("Q{=a ~%50%b}", ["a"]),
        ("Q{=%50%a ~%20%b ~c}", ["a"]),
        ("Q{~%100%a ~b}", ["a"]),
        ("Q{~%60%a ~%40%b ~%-50%c ~d}", ["a", "b"]),
        ("Q{T}", ["True"]),
        ("Q{TRUE}", ["True"]),
        ("Q{ F }", ["False"]),
        ("Q{FALSE#x#y}", ["False"]),
    ],
)
def test_the_right_options_are_told_apart(gift: str, expected: list[str]) -> None:
    assert right(gift) == expected


@pytest.mark.parametrize(
    ("gift", "kind", "scoring", "weights"),
    [
        ("Q{=a ~b}", Kind.SINGLE, Scoring.EXACT, {}),
        ("Q{T}", Kind.SINGLE, Scoring.EXACT, {}),
        ("Q{=%100%a ~%0%b}", Kind.SINGLE, Scoring.EXACT, {}),
        ("Q{=a =b ~c}", Kind.SINGLE, Scoring.WEIGHTS, {"a": "1", "b": "1"}),
        ("Q{=a ~%50%b ~%-25%c}", Kind.SINGLE, Scoring.WEIGHTS, {"a": "1", "b": "1/2", "c": "-1/4"}),
        ("Q{=a =%33.33333%b ~c}", Kind.SINGLE, Scoring.WEIGHTS, {"a": "1", "b": "1/3"}),
        ("Q{~%100%a ~b}", Kind.MULTIPLE, Scoring.WEIGHTS, {"a": "1"}),
        ("Q{~%50%a ~%50%b ~c}", Kind.MULTIPLE, Scoring.WEIGHTS, {"a": "1/2", "b": "1/2"}),
        (
            "Q{~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}",
            Kind.MULTIPLE,
            Scoring.WEIGHTS,
            {"a": "1/3", "b": "1/3", "c": "1/3", "d": "-1"},
        ),
        ("Q{~%16,66667%a ~% 83.33333 %b}", Kind.MULTIPLE, Scoring.WEIGHTS, {"a": "1/6", "b": "5/6"}),
    ],
)
def test_percentages_are_exact_weights(gift: str, kind: Kind, scoring: Scoring, weights: dict[str, str]) -> None:
    question, entry = one(gift)
    assert (question.kind, entry.scoring) == (kind, scoring)
    assert entry.weights == {name: Fraction(weight) for name, weight in weights.items()}


# What Moodle's question engine gives: a single choice its fraction, several their sum, never below 0 nor above 1.
FRACTIONS = {"a": Fraction(1, 2), "b": Fraction(1, 3), "c": Fraction(1, 6), "d": Fraction(-1, 2), "e": Fraction(0)}


def test_every_response_to_multiple_answers_scores_as_in_moodle() -> None:
    _, entry = one("Q{~%50%a ~%33.33333%b ~%16.66667%c ~%-50%d ~e}")
    for chosen in chain.from_iterable(combinations(FRACTIONS, size) for size in range(len(FRACTIONS) + 1)):
        total = sum((FRACTIONS[option] for option in chosen), Fraction(0))
        assert earned(frozenset(map(OptionId, chosen)), entry) == min(max(total, Fraction(0)), Fraction(1))


def test_every_response_to_a_single_choice_scores_as_in_moodle() -> None:
    _, entry = one("Q{~a =b ~%50%c ~%-20%d =%75%e}")
    scores = {option: earned(frozenset({OptionId(option)}), entry) for option in "abcde"}
    assert scores == {"a": 0, "b": 1, "c": Fraction(1, 2), "d": 0, "e": Fraction(3, 4)}


def test_true_and_false_stay_in_their_order_and_choices_are_shuffled() -> None:
    truth, _ = one("Q{F}")
    assert ([option.option_id for option in truth.options], truth.shuffle) == (["true", "false"], False)
    choice, _ = one("Q{=a ~b}")
    assert ([option.option_id for option in choice.options], choice.shuffle) == (["a", "b"], True)


@pytest.mark.parametrize(
    ("gift", "stem"),
    [
        ("Q {T}", "Q"),
        ("Two plus two is {=four ~five}.", "Two plus two is _____."),
        ("{=He ~She} is it", "_____ is it"),
        ("One\ntwo\n{T}", "One<br>two"),
        (r"a\nb {T}", "a<br>b"),
        (r"\\frac\{1\}\{2\} \= 1\:2 \~ \#1 \x {T}", r"\frac{1}{2} = 1:2 ~ #1 \x"),
        (r"C\:\\\\new\\notes {T}", r"C:\\new\notes"),
        ("a = b ~ c # d : e {T}", "a = b ~ c # d : e"),
        ("x<y & <b>z</b> {T}", "x&lt;y &amp; <b>z</b>"),
        ("[html]<p>a\nb</p>{T}", "<p>a\nb</p>"),
        ("[plain]<b>{T}", "&lt;b&gt;"),
        ("[moodle]a\nb{T}", "a<br>b"),
        ("[markdown]*a* __b__{T}", "<em>a</em> <strong>b</strong>"),
        ("[Paris] is {T}", "[Paris] is"),
        ("Q\n// not this\nR {T}", "Q<br>R"),
        ("see // this {T}", "see // this"),
        ('[html]<a href\\="https\\://a.b">x</a>{T}', '<a href="https://a.b" rel="noopener">x</a>'),
    ],
)
def test_the_question_is_its_text_in_its_format(gift: str, stem: str) -> None:
    assert one(gift)[0].stem == stem


def test_options_take_the_format_of_the_question_or_their_own() -> None:
    question, _ = one("[html]<i>Q</i>{=<b>a</b> ~[plain]<b> ~%0%[moodle]x<y ~[markdown]*c*}")
    assert texts(question) == ["<b>a</b>", "&lt;b&gt;", "x&lt;y", "<em>c</em>"]


def test_a_percent_sign_may_start_an_answer() -> None:
    assert texts(one("Q{=%40 ~%20 ~% of all}")[0]) == ["%40", "%20", "% of all"]
    assert texts(one("Q{=%5 or %10 ~more}")[0]) == ["%5 or %10", "more"]
    assert texts(one("Q{~%100%%20 ~% of all}")[0]) == ["%20", "% of all"]


def test_comments_between_and_within_questions_are_no_text() -> None:
    question, entry = one("// before\nQ {\n// within\n=a#yes\n   // more {~}\n~b\n}\n// after")
    assert (question.stem, texts(question)) == ("Q", ["a", "b"])
    assert entry.rationale == "<ul><li>a: yes</li></ul>"


def test_pictures_written_into_a_text_are_taken_out() -> None:
    png = b"\x89PNG\r\n\x1a\n picture"
    address = f"data\\:image/png;base64,{base64.b64encode(png).decode()}".replace("=", "\\=")
    bank = read(f'[html]<img src\\="{address}" alt\\="Scan">{{=<img src\\="{address}"> ~<img src\\="x.png">}}'.encode())
    (image,) = bank.images
    assert (image.data, image.media_type) == (png, "image/png")
    assert bank.questions[0].stem == f'<img src="asset:{image.name}" alt="Scan">'
    assert texts(bank.questions[0]) == [f'<img src="asset:{image.name}">', "[image]"]
    assert [skip.reason for skip in bank.skipped] == [
        "the image 'x.png' is not in the file; the question is kept without it"
    ]


@pytest.mark.parametrize(
    ("gift", "ids"),
    [
        ("::Q One::a{T}\n\n::Q One::b{T}\n\nc{T}", ["q-one", "q-one-2", "q3"]),
        ("::q2::a{T}\n\nb{T}", ["q2", "q2-2"]),
        ("// [id:a\\]b]\n::t::a{T}", ["a-b"]),
        ("// [id:x]\n\na{T}", ["q1"]),  # a comment apart is nobody's
        ("a{T}\n// [id:x]\n::t::b{T}", ["q1", "x"]),
        ("$CATEGORY: a\n\n// [id:x]\na{T}\n\n$CATEGORY: b\n\n// [id:x]\nb{T}", ["x", "x-2"]),
    ],
)
def test_ids_come_from_the_id_else_the_title_else_the_place(gift: str, ids: list[str]) -> None:
    assert [question.question_id for question in read(gift.encode()).questions] == ids


@pytest.mark.parametrize(
    ("gift", "pools"),
    [
        ("a{T}", ["default"]),
        ("$CATEGORY: x\na{T}\n\nb{T}\n$CATEGORY: $course$/top/y//z\n\nc{T}", ["x", "x", "y/z"]),
        ("$CATEGORY: Unit 1\\: Start\n\na{T}", ["Unit 1: Start"]),
        ("$CATEGORY: x\n\n// [tag:pool:mine]\na{T}\n\n// pool: own\nb{T}\n\nc{T}", ["mine", "own", "x"]),
    ],
)
def test_the_pool_is_the_last_category_unless_a_tag_names_one(gift: str, pools: list[str]) -> None:
    assert [question.pool for question in read(gift.encode()).questions] == pools


@pytest.mark.parametrize(
    "gift",
    ["a {T}\nb {F}\nc\nd {T}", "a {T}\n::b:: b{F}\n::c:: c\nd {T}", "a {\nT\n}\n// x\nb {F}\n\n\n// y\nc\nd {T}\n//z"],
)
def test_a_missing_empty_line_between_questions_is_made_up_for(gift: str) -> None:
    bank = read(gift.encode())
    assert [question.stem for question in bank.questions] == ["a", "b", "c<br>d"]
    assert [entry.correct for entry in bank.key] == [{"true"}, {"false"}, {"true"}]


@pytest.mark.parametrize(
    ("gift", "lines"),
    [
        ("Q {=a ~b", [1]),
        ("\n\nQ\n{=a\n~b\n", [4]),
        ("Q {=a ~b\n\nR {T}", [1]),
        ("Q {=a ~b\n\n::r::R {T}", [1]),
        ("Q {=a ~b\n\n$CATEGORY: x\n\nR {T}", [1]),
        ("Q {=a ~b\n\nR {T\n\nS {F}", [1, 3]),
        ("Q }", [1]),
        ("Q }{T}", [1]),
        ("Q {T}}", [1]),
        ("Q\n{=a {b} ~c}", [2]),
        ("Q {=a ~b} and {=c ~d}", [1]),
        ("Q {=a ~b} and\nR {T}", [2]),
        ("::never ended Q {T}", [1]),
        ("Q {\n~a\n~b\n}", [1]),
        ("Q {~%-50%a ~%0%b}", [1]),
        ("Q {~a}", [1]),
        ("Q {x ~a =b}", [1]),
        ("Q {\n=a\n~\n~b\n}", [3]),
        ("{=a ~b}", [1]),
        ("[html]<p> </p>{=a ~b}", [1]),
        ("Q {\n=a\n~%x%b\n~%5o%c\n~%%d\n~%101%e\n~%-100.1%f\n}", [3, 4, 5, 6, 7]),
        ("Q {\n~%50%a\n~%50 b\n}", [3]),
        ("// [id:x]\nQ {T}\n\n// [id:x]\nR {T}", [5]),
        ("Q {#}", [1]),
        ("Q {=a -> b}", [1]),
        ("Q {=a -> b =c}", [1]),
        ("Q {=%x%a =b}", [1]),
        ("", [1]),
        ("// nothing\n\n", [1]),
        ("Q {" + "~a" * (MAX_OPTIONS * 2 + 1) + "}", [1]),
        ("Q {=" + "x" * 20_001 + " ~a}", [1]),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(gift: str, lines: list[int]) -> None:
    assert [line for line, _ in errors(gift)] == lines


def test_all_errors_of_a_file_are_told_at_once_and_sound_questions_are_no_error() -> None:
    told = errors("Good {T}\n\nNone right {~a ~b}\n\nOpen {=a\n\nGood {F}\n\n}\n\n// [id:a]\nQ{~%no%a =b}")
    assert told == [
        (3, "no answer is right: one needs '=', or several need percentages"),
        (5, "the '{' on this line is never closed"),
        (9, "a '}' that closes nothing: in a text it must be written '\\}'"),
        (12, "'no' is no percentage"),
    ]


@pytest.mark.parametrize(
    ("gift", "reasons"),
    [
        ("Q {}", [(1, "an essay")]),
        ("Q {####General}", [(1, "an essay")]),
        ("Q {#3:2~#Wrong}", [(1, "a numerical question")]),
        ("Q {yes}", [(1, "a short answer question")]),
        ("Q {=a}", [(1, "a short answer question")]),
        ("Q {true}", [(1, "a short answer question")]),
        ("Q {=%100%a#}", [(1, "a short answer question")]),
        ("// c\n\n// d\nQ\n{=a -> b\n\n= -> c}", [(4, "a matching question")]),
        ("::Title::Only text", [(1, "a description")]),
    ],
)
def test_other_kinds_of_questions_are_skipped(gift: str, reasons: list[tuple[int, str]]) -> None:
    assert skipped(gift) == reasons


ESCAPED = {sign: f"\\{sign}" for sign in "\\~=#{}:"}
TEXTS = st.text("ab <>&\"'~=#{}:\\%é腫-.n", min_size=1, max_size=20).map(str.strip).filter(bool)


def escaped(text: str) -> str:
    return "".join(ESCAPED.get(sign, sign) for sign in text)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=2, max_size=5), st.booleans()), min_size=1, max_size=5))
def test_any_text_that_is_escaped_is_read_as_it_was_meant(bank: list[tuple[str, list[str], bool]]) -> None:
    written = []
    for stem, options, single in bank:
        marks = ["=%100%", *["~%0%"] * (len(options) - 1)] if single else ["~%100%"] * len(options)
        answers = "\n".join(f"\t{mark}{escaped(option)}" for mark, option in zip(marks, options, strict=True))
        written.append(f"::t::[plain]{escaped(stem)}{{\n{answers}\n}}\n")
    read_back = read("\n".join(written).encode())
    assert len(read_back.questions) == len(bank)
    for question, entry, (stem, options, single) in zip(read_back.questions, read_back.key, bank, strict=True):
        plain = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in (stem, *options)]
        assert [question.stem, *texts(question)] == plain
        assert question.kind is (Kind.SINGLE if single else Kind.MULTIPLE)
        assert len(entry.correct) == (1 if single else len(options))


PIECES = ["{", "}", "=", "~", "#", "####", "::", "->", "%", "%50%", "%x%", "\\", "//", "[html]", "[id:x]", "$CATEGORY:"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "T", "a", "b c", " ", "\n", "\n\n", "<b>", "&", "é", "\x01", "\x0c"])))
@example(["a", "{", "\n\n", "$CATEGORY:", "}"])
@example(["//", "\n", "a", "{", "T", "}", "\n", "::"])
def test_any_text_is_read_or_refused_with_lines_of_the_file(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = outcome(text.encode())
    if isinstance(found, BankFile):
        assert found.questions or found.skipped
        for question, entry in zip(found.questions, found.key, strict=True):
            assert question.stem
            assert entry.correct
            assert entry.correct <= {option.option_id for option in question.options}
    else:
        assert found
        assert all(1 <= line <= text.count("\n") + 1 and message for line, message in found)


def test_ten_thousand_questions_are_read_in_seconds() -> None:
    question = (
        "// [id:x{0}] [tag:objective:2]\n::Q{0}::[html]<p>What is <b>it</b>, number {0}?</p>{{\n"
        "\t~%33.33333%<p>One &amp; two</p>#<p>No</p>\n\t~%66.66667%<p>Three</p>\n\t~%-100%<p>Four</p>\n"
        "\t####Why\n}}\n\n"
    )
    data = "".join(question.format(number) for number in range(10_000)).encode()
    started = time.process_time()
    assert len(read(data).questions) == 10_000
    assert time.process_time() - started < 15


HOSTILE_BYTES = 20 * 2**20


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "~",
        "=",
        "#",
        "\\",
        "%",
        ":",
        "a{",
        "a{\n\n",
        "a{T}\n",
        "::a",
        "//[id:",
        "a\n\n",
        "<",
        "&",
        " ",
        "\t\n",
    ],
)
@pytest.mark.parametrize("start", ["", "a{~%"])
def test_a_hostile_file_is_done_with_in_seconds(piece: str, start: str) -> None:
    data = (start + piece * (HOSTILE_BYTES // len(piece))).encode() + b"}"
    started = time.process_time()
    assert outcome(data)
    assert time.process_time() - started < 5


def test_more_questions_than_a_bank_may_have_are_refused() -> None:
    assert len(errors("a{T}\n\n" * (MAX_QUESTIONS + 1))) == 1


def test_more_markdown_than_is_worth_reading_is_refused() -> None:
    text = "[markdown]" + "a" * 9_990 + "{T}\n\n"
    (error,) = errors(text * 450)
    assert "Markdown" in error[1]
