"""The catalogue as visitors read it: up to date, cheap to ask again, and steady while it changes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.flow.journey import Begin, World, answered
from tests.flow.story import end_of


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def listed(world: World, query: str = "") -> list[Any]:
    modules: list[Any] = answered(world.public(f"/modules?limit=200{query}"), 200)["modules"]
    return modules


def names(world: World, query: str = "") -> set[str]:
    return {card["module_id"] for card in listed(world, query)}


def test_modules_are_found_by_topic_by_words_and_by_whether_they_are_open(world: World) -> None:
    world.published(
        world.module("lung", title="Lung Cancer Überblick", topics=["Lung cancer"], authors=["Prof. Ågren"])
    )
    world.published(world.module("skin", title="Melanoma", topics=["Skin"]))
    for query in ("&q=uberblick", "&q=LUNG%20agren", "&topic=lung%20CANCER", "&q=cancer&open=true"):
        assert names(world, query) == {"lung"}, query
    assert names(world, "&topic=lung") == set()
    assert names(world, "&q=lung%20melanoma") == set()
    answered(world.author.retires(world.published(world.module("gone", title="Withdrawn Guidance"))))
    assert names(world, "&q=withdrawn&open=true") == set()
    assert names(world, "&q=withdrawn&open=false") == {"gone"}


def test_an_answer_that_somebody_has_already_is_not_sent_again(world: World) -> None:
    module = world.published()
    for path in ("/modules?limit=200", module.path, "/openapi.json"):
        first = world.public(path)
        assert first.headers["cache-control"].startswith("public, max-age=")
        again = world.public(path, if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert answered(world.public(path, if_none_match='"of another answer"'), 200) == first.json()


def test_what_has_changed_is_sent_anew(world: World) -> None:
    module = world.published()
    shelf, card = world.public("/modules?limit=200"), world.public(module.path)
    answered(world.author.retires(module))
    assert world.public(module.path, if_none_match=card.headers["etag"]).json()["open"] is False
    changed = answered(world.public("/modules?limit=200", if_none_match=shelf.headers["etag"]), 200)
    assert {one["module_id"]: one["open"] for one in changed["modules"]}[module.module_id] is False
    world.published(world.module("brand-new"))
    assert "brand-new" in names(world)


def test_nobody_is_shown_from_a_cache_as_open_what_has_ended(begin: Begin) -> None:
    with begin() as world:
        module = world.published(expires_on=(world.today + timedelta(days=1)).isoformat())
        assert world.public(module.path).headers["cache-control"] == "public, max-age=60"
        world.wait_until(end_of(module) - timedelta(seconds=7))
        for path in (module.path, "/modules"):
            assert world.public(path).headers["cache-control"] == "public, max-age=7"
        world.wait(seconds=7)
        assert answered(world.public(module.path))["open"] is False
        assert answered(world.public("/modules?open=true"))["modules"] == []


def test_pages_stay_steady_while_modules_are_published_and_retired(begin: Begin) -> None:
    with begin() as world:
        for number in range(6):
            released = (world.today - timedelta(days=20 - number)).isoformat()
            world.published(world.module(f"steady-{number}", released_on=released, reviewed_on=released))
        shown: list[str] = []
        cursor: str | None = ""
        turn = 0
        while cursor is not None:
            after = f"&cursor={quote(cursor)}" if cursor else ""
            page = answered(world.public(f"/modules?limit=2{after}"), 200)
            shown += [card["module_id"] for card in page["modules"]]
            cursor = page["next"]
            # Between two pages one comes in front and one of those still to come is retired.
            world.published(world.module(f"newer-{turn}"))
            answered(world.author.retires(world.module(f"steady-{turn}")))
            turn += 1
        assert shown == [f"steady-{number}" for number in (5, 4, 3, 2, 1, 0)]
