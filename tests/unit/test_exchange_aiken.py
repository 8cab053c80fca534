"""Aiken is read as Moodle reads it; what is wrong is told by line."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.questions import Kind, Scoring
from shared.exchange.aiken import read
from shared.exchange.bank_file import BankFile, Malformed

SAMPLE = """\
Which imaging finds most bone metastases?
A. X-ray
B. Ultrasound
C. MRI
ANSWER: C

A lesion with <b> & "c" is
A) small
B)large

ANSWER:A
E. coli is
of which kind?

A. a bacterium
   that is common

B. a virus
ANSWER : A.
"""


def answers(bank: BankFile) -> list[str]:
    pairs = zip(bank.questions, bank.key, strict=True)
    return [
        option.text for question, entry in pairs for option in question.options if option.option_id in entry.correct
    ]


def outcome(aiken: str) -> BankFile | list[int]:
    """The bank, or the lines of the errors for which it is refused."""
    try:
        return read(aiken.encode())
    except Malformed as refused:
        return [line for line, _ in refused.errors]


def test_questions_are_read_in_order() -> None:
    bank = read(SAMPLE.encode())
    assert [(question.question_id, question.stem) for question in bank.questions] == [
        ("q1", "Which imaging finds most bone metastases?"),
        ("q2", 'A lesion with &lt;b&gt; &amp; "c" is'),
        ("q3", "E. coli is<br>of which kind?"),
    ]
    assert [[option.text for option in question.options] for question in bank.questions] == [
        ["X-ray", "Ultrasound", "MRI"],
        ["small", "large"],
        ["a bacterium<br>that is common", "a virus"],
    ]
    assert answers(bank) == ["MRI", "small", "a bacterium<br>that is common"]
    assert (bank.skipped, bank.images) == ((), ())


def test_all_are_single_choices_of_the_default_pool() -> None:
    bank = read(SAMPLE.encode())
    assert {(question.kind, question.pool, question.objective, question.shuffle) for question in bank.questions} == {
        (Kind.SINGLE, "default", 1, True)
    }
    assert {(entry.scoring, entry.points, entry.objective) for entry in bank.key} == {(Scoring.EXACT, Fraction(1), 1)}
    assert [entry.options for entry in bank.key] == [3, 2, 2]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(ends: str) -> None:
    assert read(("\ufeff" + SAMPLE.replace("\n", ends)).encode()) == read(SAMPLE.encode())


@pytest.mark.parametrize(
    ("aiken", "lines"),
    [
        ("Q\nA) a\nANSWER: A", [1]),
        ("Q\nANSWER: A", [1]),
        ("\nA) a\nB) b\nANSWER: A", [2, 3, 4]),
        ("ANSWER: A", [1]),
        ("Q\nA) a\nB) b", [1]),
        ("Q\nA) a\nB) b\n\nR\nA) a\nB) b\nANSWER: A", [1]),
        ("Title\n\nQ\nA) a\nB) b\nANSWER: A", [1]),
        ("Q\nA) a\nB) b\nANSWER: C", [4]),
        ("Q\nA) a\nB) b\nANSWER: a", [4]),
        ("Q\nA) a\nB) b\nANSWER: A, B", [4]),
        ("Q\nA) a\nB) b\nANSWER:", [4]),
        ("Q\nA) a\nB) b\nAnswer: A", [4]),
        ("Q\nA) a\nC) c\nANSWER: A", [3]),
        ("Q\nB) b\nC) c\nANSWER: B", [2, 3]),
        ("Q\na) a\nb) b\nANSWER: A", [1]),
        ("Q\nA)\nB) b\nANSWER: B", [2]),
        ("Q\nA) a\nB) " + "b" * 20_001 + "\nANSWER: B", [1]),
        ("", [1]),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(aiken: str, lines: list[int]) -> None:
    assert outcome(aiken) == lines


def test_all_errors_of_a_file_are_told_at_once() -> None:
    broken = "Few\nA) only\nANSWER: A\n\nA) no question\n\n" + SAMPLE + "\nOpen\nA) a\nB) b\n"
    assert outcome(broken) == [1, 5, 6 + SAMPLE.count("\n") + 2]


TEXTS = st.text("abz é腫<&%.)(:=~", min_size=1, max_size=15).map(lambda text: f"x{text}".strip())


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=2, max_size=26), st.integers(0, 25)), min_size=1, max_size=4))
def test_any_bank_that_is_written_is_read_as_it_was_meant(bank: list[tuple[str, list[str], int]]) -> None:
    written = []
    for stem, options, place in bank:
        rows = [f"{chr(65 + number)}. {option}" for number, option in enumerate(options)]
        written += [stem, *rows, f"ANSWER: {chr(65 + place % len(options))}", ""]
    found = read("\n".join(written).encode())
    right = [options[place % len(options)] for _, options, place in bank]
    assert answers(found) == [text.replace("&", "&amp;").replace("<", "&lt;") for text in right]


@given(st.lists(st.sampled_from(["A) a", "B. b", "ANSWER: A", "ANSWER:", "answer: B", "text", "", " ", "Z) z", "?"])))
def test_any_lines_are_read_or_refused_with_lines_of_the_file(rows: list[str]) -> None:
    found = outcome("\n".join(rows))
    if isinstance(found, BankFile):
        assert len(answers(found)) == len(found.questions) > 0
    else:
        assert found
        assert all(1 <= line <= max(len(rows), 1) for line in found)


@pytest.mark.parametrize("piece", ["a", "A)a\n", "ANSWER:", "ANSWER ", "A.", "\n", "a\n", "Q\nA)a\nB)b\nANSWER:A\n"])
def test_a_hostile_file_is_done_with_in_seconds(piece: str) -> None:
    started = time.process_time()
    with pytest.raises(Malformed):
        read((piece * (20 * 2**20 // len(piece))).encode())
    assert time.process_time() - started < 5
