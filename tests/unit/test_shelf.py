"""The shelf: everything once and in order, whatever is published or retired between two pages."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import EditionStatus
from shared.domain.ids import ModuleId
from shared.domain.refusals import InvalidRequest
from shared.domain.shelf import Shelf, Wanted, place_of
from tests.support.builders import DAY, NOW, a_status


def released(number: int, day: int = 1, **card: object) -> EditionStatus:
    status = a_status()
    published_on = date(2026, 1, 1) + timedelta(days=day)
    changed = replace(status.card, published_on=published_on, **card)  # type: ignore[arg-type]
    return replace(status, module_id=ModuleId(f"module-{number}"), card=changed)


def read(shelf: Shelf, limit: int, wanted: Wanted | None = None) -> list[EditionStatus]:
    """All pages, one after the other."""
    found: list[EditionStatus] = []
    cursor = None
    while True:
        page, cursor = shelf.page(wanted or Wanted(), NOW, limit, cursor)
        assert len(page) <= limit
        found += page
        if cursor is None:
            return found


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), unique_by=lambda one: one[0]), st.integers(1, 7))
def test_every_edition_is_shown_once_the_latest_release_first(releases: list[tuple[int, int]], limit: int) -> None:
    statuses = [released(number, day) for number, day in releases]
    shown = read(Shelf(statuses), limit)
    assert shown == sorted(statuses, key=place_of, reverse=True)


@given(
    st.lists(st.integers(0, 99), unique=True, min_size=1),
    st.lists(st.integers(100, 199), unique=True),
    st.sets(st.integers(0, 99)),
    st.integers(1, 5),
)
def test_what_is_published_or_retired_between_two_pages_shifts_nothing(
    there: list[int], new: list[int], retired: set[int], limit: int
) -> None:
    statuses = {number: released(number, number % 7) for number in there}
    first, cursor = Shelf(statuses.values()).page(Wanted(), NOW, limit, None)
    later = {number: released(number, number % 7) for number in new}
    ended = {n: replace(s, retired_at=NOW - DAY) if n in retired else s for n, s in statuses.items()}
    rest = []
    while cursor is not None:
        page, cursor = Shelf([*ended.values(), *later.values()]).page(Wanted(), NOW, limit, cursor)
        rest += page
    shown = [status.module_id for status in (*first, *rest)]
    assert len(shown) == len(set(shown))
    assert {status.module_id for status in statuses.values()} <= set(shown)
    assert shown == sorted(shown, key=lambda one: place_of(({**ended, **later})[int(one.split("-")[1])]), reverse=True)


def test_a_page_that_the_list_ends_with_has_no_next() -> None:
    shelf = Shelf([released(1), released(2)])
    assert shelf.page(Wanted(), NOW, 2, None)[1] is None
    assert shelf.page(Wanted(), NOW, 1, None)[1] is not None


@pytest.mark.parametrize("q", ["OLIGOMETASTATIC", "oligometástatic Tölia", "metas", "muller lung", "2"])
def test_words_are_found_anywhere_in_title_authors_and_topics_whatever_their_accents(q: str) -> None:
    status = released(1, title="Oligometastatic Disease 2", authors=("Dr. Tolia", "B. Müller"), topics=("Lung",))
    assert read(Shelf([status, released(2, title="Other", authors=(), topics=())]), 5, Wanted(q=q)) == [status]


def test_a_topic_is_meant_whole() -> None:
    shelf = Shelf([released(1, topics=("Lung cancer",)), released(2, topics=("LÜNG",))])
    assert [status.module_id for status in read(shelf, 5, Wanted(topic="lung"))] == ["module-2"]


@pytest.mark.parametrize("cursor", ["", "nothing", "2026-01-01#m", "2026-01-01#m#1", "2026-01-01#M#0001", "x" * 300])
def test_a_cursor_is_a_place(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        Shelf([]).page(Wanted(), NOW, 1, cursor)
