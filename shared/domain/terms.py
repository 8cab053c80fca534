"""Terms: what a text is found by, whatever its accents, capitals and punctuation."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

# Letters with a stroke, and ligatures, which Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")
# Enough for the longest names; it bounds what one profile writes.
MAX_TERMS = 30


def folded(text: str) -> str:
    """``text`` without capitals, accents, vowel signs and invisible characters: ``Ångström`` -> ``angstrom``."""
    taken_apart = unicodedata.normalize("NFKD", text.casefold())
    kept = (char for char in taken_apart if unicodedata.category(char)[0] != "M" and unicodedata.category(char) != "Cf")
    return "".join(kept).translate(_PLAIN)


def words(text: str) -> list[str]:
    """The words of a text or of a query, folded, in order."""
    return [word for word in _BETWEEN_WORDS.split(folded(text)) if word]


def terms(*texts: str | None) -> tuple[str, ...]:
    """What ``texts`` are found by, each once and sorted: every word, and what is left without separators.

    ``O'Brien`` is found as ``o``, ``brien`` and ``obrien``. At most MAX_TERMS.
    """
    found = dict.fromkeys(term for text in texts if text for term in _terms(text))
    return tuple(sorted(list(found)[:MAX_TERMS]))


def _terms(text: str) -> Iterator[str]:
    yield from words(text)
    for part in text.split():
        yield from filter(None, ["".join(words(part))])
    yield from filter(None, ["".join(words(text))])


def meet(wanted: Iterable[str], known: Sequence[str]) -> bool:
    """Whether each of the words ``wanted`` begins one of the terms ``known``."""
    return all(any(term.startswith(word) for term in known) for word in wanted)
