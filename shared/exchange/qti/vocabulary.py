"""The words of QTI: versions 2 and 3 spell the same things differently, ``maxChoices`` and ``max-choices``."""

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Final

from shared.exchange import weights
from shared.exchange.bank_file import Malformed
from shared.exchange.xml import Element

_SCIENTIFIC: Final = re.compile(r"(?P<digits>[+-]?[0-9.]{1,60})[eE](?P<exponent>[+-]?[0-9]{1,2})")
_DECIMALS: Final = re.compile(r"([+-]?)([0-9]*)\.([0-9]+)")
# A weight of fewer decimals is what it says: 0.33 is 33/100.
_DECIMALS_OF_A_ROUNDED_FRACTION: Final = 5


class NoCounterpart(Exception):
    """What an item asks for that no bank can hold, with the line that asks for it: the item is skipped."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


@lru_cache(maxsize=4096)
def plain(tag: str) -> str:
    """What an element or attribute is called in any version: ``{...}qti-simple-choice`` is ``simplechoice``."""
    return tag.rpartition("}")[2].removeprefix("qti-").replace("-", "").lower()


def name(element: Element) -> str:
    return plain(element.tag)


def written(element: Element) -> str:
    """An element's name as the file has it, for messages."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, wanted: str, default: str = "") -> str:
    """The trimmed value of the attribute that is called ``wanted`` (plain)."""
    return next((str(value).strip() for tag, value in element.items() if plain(tag) == wanted), default)


def children(element: Element, wanted: str) -> Iterator[Element]:
    return (child for child in element if name(child) == wanted)


def child(element: Element, wanted: str) -> Element | None:
    return next(children(element, wanted), None)


def within(element: Element, wanted: Collection[str]) -> Iterator[Element]:
    """Every element below ``element``, at any depth, that is called one of ``wanted`` (plain)."""
    return (below for below in element.iterdescendants() if name(below) in wanted)


def is_true(element: Element, wanted: str) -> bool:
    return attribute(element, wanted) in ("true", "1")


def text_of(element: Element) -> str:
    return "".join(element.itertext()).strip()


def number(text: str, line: int, what: str) -> Fraction:
    """The value of a QTI float; raises Malformed for what is none.

    One of five decimals or more that is a small fraction, rounded or cut off, is that fraction: 0.33333 is 1/3.
    """
    found = _DECIMALS.fullmatch(text)
    try:
        if scientific := _SCIENTIFIC.fullmatch(text):
            return weights.exact(scientific["digits"]) * Fraction(10) ** int(scientific["exponent"])
        exact = weights.exact(text)
        if not found or len(found[3]) < _DECIMALS_OF_A_ROUNDED_FRACTION:
            return exact
        sign, whole, decimals = found.groups()
        fraction = weights.percent(f"{sign}{whole}{decimals[:2]}.{decimals[2:]}")
    except weights.NotANumber as error:
        raise Malformed(((line, f"{what} {text[:40]!r} is no number"),)) from error
    # Few fractions are this small, so that hardly a decimal is near one of them by chance.
    small = 100 * fraction.denominator**2 <= 10 ** len(decimals)
    return fraction if small else exact
