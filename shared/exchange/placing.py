"""Where a question belongs: its pool and its objective, from the categories and tags that files give it."""

import re
from collections.abc import Iterable
from typing import Final

from shared.exchange.bank_file import MAX_OBJECTIVE

DEFAULT_POOL: Final = "default"
DEFAULT_OBJECTIVE: Final = 1
MAX_POOL_CHARACTERS: Final = 100

_SEPARATOR: Final = re.compile(r"(?<!/)/(?!/)")
_CONTEXT: Final = re.compile(r"\$[a-z]+\$")
_TAG: Final = re.compile(r"\s*(pool|objective)\s*:(.*)", re.IGNORECASE | re.DOTALL)


def pool_of_category(path: str) -> str:
    """The pool that a category path such as ``$course$/top/Cardiology/Rhythm`` names: its last part, ``Rhythm``.

    A slash within a name is written ``//``. A path that is only a context or Moodle's ``top`` is the default pool.
    """
    names = [name.replace("//", "/").strip() for name in _SEPARATOR.split(path)]
    if names and _CONTEXT.fullmatch(names[0]):
        names = names[1:]
    return _pool(names[-1]) if names and names != ["top"] else DEFAULT_POOL


def pool_of_tags(tags: Iterable[str]) -> str | None:
    """The pool that a tag ``pool:NAME`` gives, the first that does; else None."""
    return next((_pool(value) for name, value in _read(tags) if name == "pool"), None)


def objective_of_tags(tags: Iterable[str]) -> int | None:
    """The objective (1 to ``MAX_OBJECTIVE``) that a tag ``objective:N`` gives, the first that does; else None."""
    values = (value.strip() for name, value in _read(tags) if name == "objective")
    numbers = (int(value) for value in values if value.isascii() and value.isdecimal() and len(value) <= 4)
    return next((number for number in numbers if 1 <= number <= MAX_OBJECTIVE), None)


def _pool(name: str) -> str:
    return " ".join(name.split())[:MAX_POOL_CHARACTERS].strip() or DEFAULT_POOL


def _read(tags: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((found[1].lower(), found[2]) for tag in tags if (found := _TAG.fullmatch(tag)))
