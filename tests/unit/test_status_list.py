"""Status lists: a bit for each version, at a place that is drawn; what a stranger reads is what was set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.status_list import (
    LIST_BITS,
    LISTS_A_YEAR,
    PLACES_A_YEAR,
    StatusList,
    StatusListId,
    by_list,
    encoded,
    is_list_id,
    status_place,
)
from tests.support.builders import a_place
from tests.support.verification import bits_of

some_bits = st.sets(st.integers(min_value=0, max_value=LIST_BITS - 1), max_size=50)


def a_list(*set_bits: int) -> StatusList:
    return StatusList(list_id=StatusListId("2026-0"), encoded=encoded(set_bits), document="")


@given(some_bits)
def test_a_stranger_reads_exactly_the_bits_that_were_set(set_bits: set[int]) -> None:
    bits = bits_of({"credentialSubject": {"encodedList": encoded(set_bits)}})
    assert {index for index, bit in enumerate(bits) if bit == "1"} == set_bits
    assert len(bits) == LIST_BITS


def test_a_list_is_long_enough_to_hide_who_is_asked_about() -> None:
    """Source: Bitstring Status List 1.0, at least 131,072 bits."""
    assert LIST_BITS >= 131_072


@given(some_bits)
def test_the_same_bits_make_the_same_text_in_whatever_order_they_come(set_bits: set[int]) -> None:
    assert encoded(sorted(set_bits)) == encoded(sorted(set_bits, reverse=True))


@given(some_bits, st.integers(min_value=0, max_value=LIST_BITS - 1))
def test_a_list_says_of_each_bit_whether_it_is_set(set_bits: set[int], index: int) -> None:
    published = a_list(*set_bits)
    assert published.says({index: index in set_bits})
    assert not published.says({index: index not in set_bits})


def test_a_list_says_all_or_not() -> None:
    published = a_list(0, 9, LIST_BITS - 1)
    assert published.says({0: True, 1: False, 9: True, LIST_BITS - 1: True})
    assert not published.says({0: True, 9: False})
    assert published.says({})


@given(st.integers(min_value=0, max_value=PLACES_A_YEAR - 1))
def test_each_draw_is_a_place_of_its_own_on_one_of_the_years_lists(drawn: int) -> None:
    place = status_place(2026, drawn)
    assert is_list_id(place.list_id)
    assert place.list_id.startswith("2026-")
    assert 0 <= place.index < LIST_BITS
    shard = int(place.list_id[-1])
    assert shard * LIST_BITS + place.index == drawn


def test_the_places_of_a_year_fill_all_its_lists_to_the_last_bit() -> None:
    assert status_place(2026, 0) == a_place(0)
    last = status_place(2026, PLACES_A_YEAR - 1)
    assert (last.list_id, last.index) == (f"2026-{LISTS_A_YEAR - 1}", LIST_BITS - 1)


@pytest.mark.parametrize("text", ["", "2026", "2026-", "2026-4", "2026-00", "26-0", "2026-0\n", " 2026-0", "٢٠٢٦-0"])
def test_other_texts_name_no_list(text: str) -> None:
    assert not is_list_id(text)


def test_what_is_said_of_places_is_sorted_by_list() -> None:
    first, second, other = a_place(5), a_place(9), a_place(5, year=2027)
    assert by_list({second: True, other: True, first: False}) == {
        "2026-0": {5: False, 9: True},
        "2027-0": {5: True},
    }
