"""A certificate number can't be guessed, and a mistyped one is known as such."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.ids import SecretCertificateNumbers
from shared.domain.certificate_number import ALPHABET, RANDOM_BITS, certificate_number, is_well_formed

BITS = st.integers(min_value=0, max_value=2**RANDOM_BITS - 1)
FORM = re.compile(r"CME(-[0-9A-HJKMNP-TV-Z]{5}){4}")
PLACES = [place for place, char in enumerate("CME-XXXXX-XXXXX-XXXXX-XXXXX") if char == "X"]


def with_character(number: str, place: int, char: str) -> str:
    return number[:place] + char + number[place + 1 :]


def swapped(number: str, one: int, other: int) -> str:
    return with_character(with_character(number, one, number[other]), other, number[one])


@given(BITS)
def test_a_number_has_its_form_and_is_well_formed(bits: int) -> None:
    number = certificate_number(bits)
    assert FORM.fullmatch(number)
    assert is_well_formed(number)


@given(BITS, BITS)
def test_every_random_bit_counts(one: int, other: int) -> None:
    assert RANDOM_BITS >= 80
    assert (certificate_number(one) == certificate_number(other)) is (one == other)


@given(BITS)
def test_every_single_wrong_character_is_noticed(bits: int) -> None:
    number = certificate_number(bits)
    for place in PLACES:
        for char in set(ALPHABET) - {number[place]}:
            assert not is_well_formed(with_character(number, place, char))


@given(BITS)
def test_every_swap_of_two_neighbours_is_noticed(bits: int) -> None:
    number = certificate_number(bits)
    for one, other in itertools.pairwise(PLACES):
        if number[one] != number[other]:
            assert not is_well_formed(swapped(number, one, other))


@pytest.mark.parametrize(
    "mistyped",
    ["", "CME", "CME-", "CME-00000", "00000-00000-00000-00000", "XYZ-00000-00000-00000-00000", "CME-" + "0" * 21],
)
def test_what_has_another_form_is_no_number(mistyped: str) -> None:
    assert not is_well_formed(mistyped)


@pytest.mark.parametrize("char", ["I", "L", "O", "U", "a", "é", "*"])
def test_characters_that_are_misread_are_in_no_number(char: str) -> None:
    assert char not in ALPHABET
    assert not is_well_formed(with_character(certificate_number(0), PLACES[0], char))


def test_drawn_numbers_are_well_formed_and_not_alike() -> None:
    drawn = [SecretCertificateNumbers().draw() for _ in range(100)]
    assert all(map(is_well_formed, drawn))
    assert len(set(drawn)) == len(drawn)
