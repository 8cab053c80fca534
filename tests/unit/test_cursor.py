"""Cursors are opaque, safe in a query string, and come back as they were given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api.cursor import decode_cursor, encode_cursor
from shared.domain.refusals import InvalidRequest


@given(st.text(min_size=1))
def test_a_cursor_comes_back_as_it_was_given(cursor: str) -> None:
    encoded = encode_cursor(cursor)
    assert encoded is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]+", encoded)
    assert decode_cursor(encoded) == cursor


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_cursor_a_list_begins(nothing: str | None) -> None:
    assert encode_cursor(nothing) is None
    assert decode_cursor(nothing) is None


@pytest.mark.parametrize("foreign", ["a", "!!!!", "ä", "_w", "a b c"])
def test_a_cursor_that_is_none_of_ours_is_refused(foreign: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode_cursor(foreign)
    assert [error["loc"] for error in refused.value.facts["errors"]] == [["query", "cursor"]]
