"""Where things stand in a JSON document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api.json_lines import Place, lines_of

DOCUMENT = """
{
  "first": {"a": [10,
    11, {"b":
      "text, [with] {what} \\" looks: like more"}, []]},
  "sec\\u006fnd": [
    [], {}, null,
    true],
  "third":
    -1.5e3, "": 1
}
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("first",), 3),
        (("first", "a", 0), 3),
        (("first", "a", 1), 4),
        (("first", "a", 2), 4),
        (("first", "a", 2, "b"), 4),
        (("first", "a", 3), 5),
        (("second",), 6),
        (("second", 1), 7),
        (("second", 2), 7),
        (("second", 3), 8),
        (("third",), 9),
        (("",), 10),
    ],
)
def test_a_value_is_on_the_line_of_its_key_or_of_its_own_in_a_list(place: Place, line: int) -> None:
    assert lines_of(DOCUMENT, [place]) == {place: line}


@pytest.mark.parametrize(
    ("place", "line"),
    [(("first", "absent"), 3), (("first", "a", 2, "absent"), 4), (("second", 9, "x"), 6), (("absent",), 1), ((), 1)],
)
def test_what_is_absent_is_on_the_line_of_what_lacks_it(place: Place, line: int) -> None:
    assert lines_of(DOCUMENT, [place]) == {place: line}


def test_of_a_key_that_is_there_twice_the_last_counts_as_for_a_parser() -> None:
    assert lines_of('{"a": 1,\n"a": 2}', [("a",)]) == {("a",): 2}


def test_a_document_that_is_one_value_has_one_line() -> None:
    assert lines_of('"text"', [(), ("a",)]) == {(): 1, ("a",): 1}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)


def places_in(value: Any, place: Place = ()) -> list[Place]:
    below: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value))
    return [place, *(found for step, held in below for found in places_in(held, (*place, step)))]


@given(VALUES)
def test_written_with_each_value_on_a_line_of_its_own_places_are_in_order(value: Any) -> None:
    document = json.dumps({"root": value}, indent=1)
    places = places_in(value, ("root",))
    found = lines_of(document, places)
    lines = [found[place] for place in places]
    assert lines == sorted(set(lines))
    assert lines[0] == 2
    assert lines[-1] <= document.count("\n") + 1
