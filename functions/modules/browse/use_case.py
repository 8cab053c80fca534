"""The catalogue, as everyone may see it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition
from shared.domain.ids import EditionId, ModuleId
from shared.domain.refusals import NotFound
from shared.ports import Catalogue, Page


class Browsing(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...


def list_modules(
    deps: Browsing,
    *,
    at: datetime,
    topic: str | None,
    q: str | None,
    is_open: bool | None,
    limit: int,
    cursor: str | None,
) -> Page[EditionStatus]:
    """A page of published editions, the latest release first; ``cursor`` gets the next one.

    Pages are read until one has a match, so a page is empty only where the list ends.
    """
    matches = _matcher(at=at, topic=topic, q=q, is_open=is_open)
    while True:
        page = deps.catalogue.shelf(limit, cursor)
        found = [status for status in page.entries if matches(status)]
        if found or page.cursor is None:
            return Page(found, page.cursor)
        cursor = page.cursor


def _matcher(
    *, at: datetime, topic: str | None, q: str | None, is_open: bool | None
) -> Callable[[EditionStatus], bool]:
    words = (q or "").casefold().split()

    def matches(status: EditionStatus) -> bool:
        card = status.card
        text = " ".join((card.title, *card.authors, *card.topics)).casefold()
        return (
            (topic is None or topic.casefold() in (name.casefold() for name in card.topics))
            and all(word in text for word in words)
            and (is_open is None or status.is_open(at) is is_open)
        )

    return matches


def show_module(
    module_id: ModuleId, edition: int | None, deps: Browsing, *, at: datetime
) -> tuple[Edition, EditionStatus]:
    """An edition and its status: the one asked for, else the newest open one, else the newest released one.

    Raise NotFound where there is none.
    """
    status = _named(module_id, edition, deps) if edition else _current(module_id, deps, at)
    if status is None:
        raise NotFound(f"There is no such module {module_id!r}.")
    return deps.catalogue.edition(status.id), status


def _named(module_id: ModuleId, edition: int, deps: Browsing) -> EditionStatus | None:
    return deps.catalogue.status(EditionId(module_id, edition))


def _current(module_id: ModuleId, deps: Browsing, at: datetime) -> EditionStatus | None:
    statuses = deps.catalogue.statuses(module_id)
    is_open = (status for status in statuses if status.is_open(at))
    released = (status for status in statuses if status.opens_at <= at)
    return next(is_open, None) or next(released, None) or next(iter(statuses), None)
