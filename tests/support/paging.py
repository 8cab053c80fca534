"""Lists that come in pages, as somebody reads them who wants all of it."""

from collections.abc import Callable
from typing import TypeVar

from shared.ports import Page

T = TypeVar("T")


def all_of(page: Callable[[str | None], Page[T]]) -> list[T]:
    """The entries of every page, in order; ``page`` gives the one after a cursor, without one the first."""
    entries: list[T] = []
    cursor = None
    while True:
        one = page(cursor)
        entries += one.entries
        cursor = one.cursor
        if cursor is None:
            return entries
