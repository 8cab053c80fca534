"""Names that fit this system's ids, made from the names that files use."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from shared.domain.ids import OptionId, QuestionId

MAX_LENGTH: Final = 64
_FITTING: Final = re.compile(r"[a-z0-9-]{1,64}")
_TELLING: Final = re.compile(r"correct|right|wrong|distract|answer_?key", re.IGNORECASE)
_UNFIT: Final = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """``name`` in lower-case ASCII letters, digits and hyphens, at most 64; empty when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name[: 16 * MAX_LENGTH]).encode("ascii", "ignore").decode().lower()
    return _UNFIT.sub("-", plain).strip("-")[:MAX_LENGTH].rstrip("-")


def question_ids(wanted: Sequence[str]) -> list[QuestionId]:
    """An id for each question of a file, no two alike, from what the file calls them (empty: nothing).

    A name that fits as it is stays, for the first that has it; others are slugified, or ``q1``, ``q2`` ... by
    position when nothing is left, and numbered (``-2``) where they would be taken. Linear in the number of names.
    """
    return [QuestionId(name) for name in _unique(wanted, lambda position: f"q{position + 1}")]


def option_ids(wanted: Sequence[str]) -> list[OptionId]:
    """The same for the options of one question, which are ``a``, ``b`` ... ``z``, ``aa`` ... without a name.

    Learners see these ids: where one would tell which option is right, none of the names is kept.
    """
    if any(_TELLING.search(name) for name in wanted):
        return [OptionId(_letters(position)) for position in range(len(wanted))]
    return [OptionId(name) for name in _unique(wanted, _letters)]


def _unique(wanted: Sequence[str], unnamed: Callable[[int], str]) -> list[str]:
    taken: set[str] = set()
    kept: list[str | None] = []
    # Names that fit are given first, so that no made-up name displaces one and a bank written here reads back the same.
    for name in wanted:
        fits = _FITTING.fullmatch(name) is not None and name not in taken
        kept.append(name if fits else None)
        if fits:
            taken.add(name)
    numbers: defaultdict[str, int] = defaultdict(lambda: 1)
    unique = []
    for position, (name, own) in enumerate(zip(wanted, kept, strict=True)):
        chosen = own
        if chosen is None:
            base = slug(name) or unnamed(position)
            chosen = base
            while chosen in taken:
                numbers[base] += 1
                suffix = f"-{numbers[base]}"
                chosen = base[: MAX_LENGTH - len(suffix)] + suffix
            taken.add(chosen)
        unique.append(chosen)
    return unique


def _letters(position: int) -> str:
    letters = ""
    while position >= 0:
        position, letter = divmod(position, 26)
        letters = chr(ord("a") + letter) + letters
        position -= 1
    return letters
