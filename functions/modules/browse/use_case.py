"""The catalogue, as everyone may see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition
from shared.domain.ids import EditionId, ModuleId
from shared.domain.refusals import NotFound
from shared.domain.shelf import Wanted
from shared.ports import Catalogue, Page

# Browsers and caches in between may show an answer for so long without asking again.
KEPT_FOR = timedelta(minutes=1)


class Browsing(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...


def list_modules(
    wanted: Wanted, limit: int, cursor: str | None, deps: Browsing, *, at: datetime
) -> tuple[Page[EditionStatus], timedelta]:
    """A page of published editions, the latest release first, and how long it may be kept.

    ``cursor`` gets the next page; raise InvalidRequest where it is none.
    """
    shelf = deps.catalogue.shelf()
    entries, after = shelf.page(wanted, at, limit, cursor)
    return Page(entries, after), _kept_for(shelf.next_change(at), at)


def _kept_for(change: datetime | None, at: datetime) -> timedelta:
    """Until something opens or ends, so that nobody is shown as open what has ended."""
    return min(KEPT_FOR, change - at) if change else KEPT_FOR


def show_module(
    module_id: ModuleId, edition: int | None, deps: Browsing, *, at: datetime
) -> tuple[Edition, EditionStatus, timedelta]:
    """An edition, its status and how long both may be kept.

    It is the edition asked for, else the newest open one, else the newest released one. Raise NotFound
    where there is none.
    """
    if edition:
        named = deps.catalogue.status(EditionId(module_id, edition))
        statuses = [named] if named else []
    else:
        statuses = list(deps.catalogue.statuses(module_id))
    status = _current(statuses, at)
    if status is None:
        raise NotFound(f"There is no such module {module_id!r}.")
    change = min((change for one in statuses if (change := one.next_change(at))), default=None)
    return deps.catalogue.edition(status.id), status, _kept_for(change, at)


def _current(statuses: Sequence[EditionStatus], at: datetime) -> EditionStatus | None:
    is_open = (status for status in statuses if status.is_open(at))
    released = (status for status in statuses if status.opens_at <= at)
    return next(is_open, None) or next(released, None) or next(iter(statuses), None)
