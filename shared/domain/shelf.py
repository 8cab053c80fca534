"""The catalogue's shelf: all published editions in memory, searched and paged without asking the store."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.availability import EditionStatus
from shared.domain.refusals import foreign_cursor
from shared.domain.terms import folded, words

_PLACE = re.compile(r"\d{4}-\d{2}-\d{2}#[a-z0-9-]{1,64}#\d{4}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the shelf is asked for: of a topic, with all words of ``q``, open or closed."""

    topic: str | None = None
    q: str | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class _Shelved:
    status: EditionStatus
    place: str
    topics: frozenset[str]
    text: str


def place_of(status: EditionStatus) -> str:
    """Where an edition stands: sorted by its release, and for good, whatever comes or is retired."""
    return f"{status.card.published_on.isoformat()}#{status.module_id}#{status.edition:04d}"


class Shelf:
    """All published editions, the latest release first."""

    def __init__(self, statuses: Iterable[EditionStatus]) -> None:
        self._shelved = sorted((_shelved(status) for status in statuses), key=lambda one: one.place, reverse=True)

    def page(
        self, wanted: Wanted, at: datetime, limit: int, cursor: str | None
    ) -> tuple[Sequence[EditionStatus], str | None]:
        """Some of what is ``wanted`` at ``at``, and where to go on, None at the end; raise InvalidRequest.

        A cursor is a place and no count: what is published or retired between two pages shifts nothing.
        """
        if cursor is not None and not _PLACE.fullmatch(cursor):
            raise foreign_cursor()
        topic, sought = folded(wanted.topic) if wanted.topic is not None else None, words(wanted.q or "")
        found: list[_Shelved] = []
        for one in self._shelved:
            if (
                (cursor is None or one.place < cursor)
                and (topic is None or topic in one.topics)
                and (wanted.is_open is None or one.status.is_open(at) is wanted.is_open)
                and all(word in one.text for word in sought)
            ):
                if len(found) == limit:
                    return [shown.status for shown in found], found[-1].place
                found.append(one)
        return [shown.status for shown in found], None

    def next_change(self, at: datetime) -> datetime | None:
        """When an edition opens or ends next by the calendar; None where none will."""
        return min((change for one in self._shelved if (change := one.status.next_change(at))), default=None)


def _shelved(status: EditionStatus) -> _Shelved:
    card = status.card
    return _Shelved(
        status=status,
        place=place_of(status),
        topics=frozenset(folded(topic) for topic in card.topics),
        text=" ".join(words(" ".join((card.title, *card.authors, *card.topics)))),
    )
