"""Browse: the catalogue page by page, and the edition that a visitor means."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.modules.browse.use_case import KEPT_FOR, list_modules, show_module
from shared.domain.refusals import NotFound
from shared.domain.shelf import Wanted
from tests.support.builders import DAY, MINUTE, MODULE, NOW, a_status, an_edition
from tests.support.fakes import World


def listed(world: World, at: datetime = NOW, **wanted: Any) -> list[int]:
    """The editions on the first page."""
    page, _ = list_modules(Wanted(**wanted), 50, None, world, at=at)
    return [status.edition for status in page.entries]


def a_world() -> World:
    """Edition 1 is retired, 2 is open, 3 opens tomorrow."""
    world = World()
    world.publish(an_edition(1, topics=("Lung",), authors=("Dr. Old",)), retired_at=NOW - DAY)
    world.publish(an_edition(2, topics=("Metastasis", "Radiotherapy")))
    world.publish(an_edition(3), opens_at=NOW + DAY)
    return world


@pytest.mark.parametrize(
    ("asked", "editions"),
    [
        ({}, [3, 2, 1]),
        ({"is_open": True}, [2]),
        ({"is_open": False}, [3, 1]),
        ({"topic": "radiotherapy"}, [2]),
        ({"topic": "radio"}, []),
        ({"q": "OLIGO disease"}, [3, 2, 1]),
        ({"q": "old"}, [1]),
        ({"q": "lung old"}, [1]),
        ({"q": "lung tolia"}, []),
        ({"q": ""}, [3, 2, 1]),
        ({"topic": "metastasis", "is_open": True}, [2]),
    ],
)
def test_the_catalogue_is_searched_by_topic_words_and_whether_it_is_open(
    asked: dict[str, object], editions: list[int]
) -> None:
    assert listed(a_world(), **asked) == editions


def test_whether_a_module_is_open_is_asked_at_the_instant_of_the_request() -> None:
    assert listed(a_world(), is_open=True, at=NOW + DAY) == [3, 2]
    assert listed(a_world(), is_open=True, at=a_status().terminates_at) == []


def test_pages_follow_each_other_by_their_cursor() -> None:
    world, seen, cursor = a_world(), [], None
    while True:
        page, _ = list_modules(Wanted(), 2, cursor, world, at=NOW)
        seen.append([status.edition for status in page.entries])
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [[3, 2], [1]]


def test_pages_without_a_match_are_passed_over() -> None:
    page, _ = list_modules(Wanted(topic="lung"), 1, None, a_world(), at=NOW)
    assert [status.edition for status in page.entries] == [1]
    assert page.cursor is None


@pytest.mark.parametrize(
    ("before", "kept_for"), [(DAY, KEPT_FOR), (MINUTE, KEPT_FOR), (timedelta(seconds=20), timedelta(seconds=20))]
)
def test_nothing_is_kept_longer_than_until_something_opens_or_ends(before: timedelta, kept_for: timedelta) -> None:
    world = World()
    world.publish()
    for change in (a_status().opens_at, a_status().terminates_at):
        assert list_modules(Wanted(), 50, None, world, at=change - before)[1] == kept_for
        assert show_module(MODULE, None, world, at=change - before)[2] == kept_for
        assert show_module(MODULE, 1, world, at=change - before)[2] == kept_for
    assert list_modules(Wanted(), 50, None, World(), at=NOW)[1] == KEPT_FOR


def test_the_edition_that_is_named_is_shown_open_or_not() -> None:
    edition, status, _ = show_module(MODULE, 1, a_world(), at=NOW)
    assert (edition.edition, status.edition, status.is_open(NOW)) == (1, 1, False)


def test_without_a_name_the_newest_open_edition_is_shown() -> None:
    world = a_world()
    assert show_module(MODULE, None, world, at=NOW)[0].edition == 2
    assert show_module(MODULE, None, world, at=NOW + DAY)[0].edition == 3


def test_an_older_edition_that_is_open_is_shown_rather_than_a_newer_one_that_is_not() -> None:
    world = World()
    world.publish(an_edition(1))
    world.publish(an_edition(2), retired_at=NOW - DAY)
    assert show_module(MODULE, None, world, at=NOW)[0].edition == 1


def test_where_none_is_open_the_newest_released_one_is_shown() -> None:
    world = World()
    world.publish(an_edition(1), retired_at=NOW - DAY)
    world.publish(an_edition(2), opens_at=NOW + DAY)
    assert show_module(MODULE, None, world, at=NOW)[0].edition == 1


def test_where_none_is_released_the_one_to_come_is_shown() -> None:
    world = World()
    world.publish(an_edition(1), opens_at=NOW + DAY)
    assert show_module(MODULE, None, world, at=NOW)[0].edition == 1


@pytest.mark.parametrize("edition", [None, 9])
def test_what_is_not_published_is_not_found(edition: int | None) -> None:
    with pytest.raises(NotFound):
        show_module(MODULE, edition, World(), at=NOW)
