"""Lists page by page: everything once, in order, however small the pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.flow.journey import Begin, Learner, World, answered

MODULES = 5


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def ada(world: World) -> Learner:
    """Has a certificate of each of five modules, released on five days, one of them reissued."""
    ada, modules = world.learner(), []
    for number in range(MODULES):
        released = (world.today - timedelta(days=MODULES - number)).isoformat()
        topics = ["even" if number % 2 == 0 else "odd"]
        modules.append(world.published(released_on=released, reviewed_on=released, topics=topics))
        answered(ada.enrol(modules[-1]), 202)
    world.deliver()
    answered(ada.introduce())
    for module in modules:
        ada.module = module
        answered(ada.acknowledge())
        answered(ada.submit(module.right(ada.begins())), 202)
    [other] = world.ready(modules[0], 1)
    assert other.passes()["state"] == "certified"
    answered(world.admin.reissues(ada.enrolment()["certificate"]), 202)
    world.deliver()
    return ada


def pages(ask: Any, path: str, field: str) -> list[list[Any]]:
    """All pages of a list, by its cursors."""
    found, cursor = [], ""
    while cursor is not None:
        page = answered(ask(f"{path}{cursor and '&cursor=' + quote(cursor)}"), 200)
        assert set(page) == {field, "next"}
        found.append(page[field])
        cursor = page["next"]
        assert len(found) < 20
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 200])
def test_the_catalogue_page_by_page_shows_each_module_once_the_latest_release_first(
    world: World, ada: Learner, limit: int
) -> None:
    found = pages(world.public, f"/modules?limit={limit}", "modules")
    assert all(len(page) <= limit for page in found)
    shown = [card for page in found for card in page]
    assert [card["module_id"] for card in shown] == [f"module-{number}" for number in range(MODULES, 0, -1)]
    released = [card["published_on"] for card in shown]
    assert released == sorted(released, reverse=True)


def test_filters_hold_over_the_pages_and_no_page_in_between_is_empty(world: World, ada: Learner) -> None:
    found = pages(world.public, "/modules?limit=1&topic=Odd", "modules")
    shown = [card["module_id"] for page in found for card in page]
    assert shown == ["module-4", "module-2"]
    assert all(found[:-1])
    assert pages(world.public, "/modules?limit=2&q=oligometastatic%20tolia", "modules")[0]
    assert pages(world.public, "/modules?q=no-such-word", "modules") == [[]]
    assert pages(world.public, "/modules?open=false", "modules") == [[]]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 200])
def test_certificates_page_by_page_come_once_and_only_ones_own(ada: Learner, limit: int) -> None:
    found = pages(lambda path: ada.ask("GET", path), f"/certificates?limit={limit}", "certificates")
    assert all(len(page) <= limit for page in found)
    shown = [certificate for page in found for certificate in page]
    assert [certificate["module_id"] for certificate in shown] == [f"module-{n}" for n in range(1, MODULES + 1)]
    assert {certificate["attested_name"] for certificate in shown} == {ada.full_name}
    assert [certificate["version"] for certificate in shown] == [1] * (MODULES - 1) + [2]


def test_a_certificate_that_is_not_issued_yet_is_not_listed(world: World) -> None:
    module = world.published()
    ben = world.learner().is_ready_for(module)
    form = ben.begins()
    answered(ben.submit(module.right(form)))
    assert answered(ben.ask("GET", "/certificates")) == {"certificates": [], "next": None}
