"""Of a name the public sees each word's first letter, and not even its length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.names import masked


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "A••• L•••"),
        ("  Ada   Lovelace ", "A••• L•••"),
        ("Ö", "Ö•••"),
        ("e\u0301lise", "e\u0301•••"),
        ("王小明", "王•••"),
        ("محمد الأمين", "م••• ا•••"),
        ("Jean-Luc O’Brien", "J••• O•••"),
    ],
    ids=["two words", "extra spaces", "one letter", "letter and accent", "no spaces", "right to left", "hyphens"],
)
def test_a_masked_name_shows_first_letters_alone(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.lists(st.text(st.sampled_from("abcdé"), min_size=1), min_size=1))
def test_a_masked_name_does_not_tell_how_long_its_words_are(words: list[str]) -> None:
    assert masked(" ".join(words)) == " ".join(f"{word[0]}•••" for word in words)
