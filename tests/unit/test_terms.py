"""Terms: people and modules are found however their names are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.learner import Contact, Person, Profile
from shared.domain.terms import MAX_TERMS, folded, meet, terms, words
from tests.support.builders import LEARNER, a_profile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ångström", "angstrom"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Sørensen", "sorensen"),
        ("ΠΑΠΑΔΌΠΟΥΛΟΣ", folded("Παπαδοπουλοσ")),
        ("A\u200bda", "ada"),
    ],
)
def test_accents_capitals_and_invisible_characters_do_not_matter(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    "query", ["obrien", "O'Brien", "muller", "müller-lüd", "anna obrien", "MULLERLUDEN", "LUD Anna"]
)
def test_a_name_is_found_by_any_of_its_words_in_any_order(query: str) -> None:
    assert meet(words(query), terms("Anna O'Brien Müller-Lüdenscheidt"))


@pytest.mark.parametrize("query", ["brienx", "anna keller", "nna"])
def test_it_is_not_found_by_what_none_of_its_words_begins_with(query: str) -> None:
    assert not meet(words(query), terms("Anna O'Brien Müller-Lüdenscheidt"))


@pytest.mark.parametrize("query", ["CH 123-45", "ch12345", "12345", "123-45", "ch-123"])
def test_a_licence_is_found_with_its_separators_and_without(query: str) -> None:
    assert meet(words(query), terms("CH 123-45"))


def test_names_in_other_scripts_have_terms_too() -> None:
    for name in ("王小明", "Иванов", "שמואל", "शर्मा", "สมชาย", "김민준", "محمد"):
        assert meet(words(name), terms(name))


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_someone_is_called_their_own_name_finds_them(name: str, licence: str) -> None:
    known = terms(name, licence)
    if len(known) < MAX_TERMS:
        assert meet(words(name), known)
        assert meet(words(licence), known)
    assert len(known) <= MAX_TERMS
    assert list(known) == sorted(set(known))
    assert all(term.isalnum() for term in known)


def test_a_learner_without_a_profile_is_known_by_what_their_token_said() -> None:
    contact = Contact(learner_id=LEARNER, email="ada@example.org", name="Ada L.")
    person = Person(learner_id=LEARNER, profile=None, contact=contact)
    assert person.name == "Ada L."
    assert ("adaexampleorg", "contact", LEARNER) in person.terms
    assert Person(learner_id=LEARNER, profile=a_profile(), contact=contact).name == "Ada Lovelace"
    unnamed = Profile(learner_id=LEARNER, licence="123")
    assert Person(learner_id=LEARNER, profile=unnamed, contact=contact).name == "Ada L."
    assert Person(learner_id=LEARNER, profile=unnamed, contact=None).name is None
