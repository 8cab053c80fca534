"""Percent weights as exact fractions: what a file rounds, 33.33333 %, is the third that its author meant."""

import re
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Final

_DECIMAL: Final = re.compile(r"([+-]?)([0-9]{0,60})(?:\.([0-9]{0,60}))?")
_LARGEST_USUAL_DENOMINATOR: Final = 100


class NotANumber(Exception):
    """The text is no plain decimal number (``-33.33333``, ``5``, ``.5``)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def exact(text: str) -> Fraction:
    """The value of a decimal numeral as it stands; raises NotANumber."""
    return _parsed(text)[0]


# A bank has few weights, many times.
@lru_cache(maxsize=1_024)
def percent(text: str) -> Fraction:
    """The fraction that ``text`` percent stand for, of either sign; raises NotANumber.

    Where a fraction of a small denominator, written as percent to the same number of decimals (rounded or cut off),
    gives ``text``, it is that fraction: 33.33333 is 1/3, 14.28571 is 1/7, 33.3 is 1/3. All others are exact: 33 is
    33/100, 12.5 is 1/8, 37.25 is 149/400. Denominators count as small up to where two such fractions would be ten
    units of the last decimal apart, and up to 100; from 8 decimals on, to a thousandth of that distance.
    """
    value, decimals = _parsed(text)
    if not decimals:
        return value / 100
    near = (value / 100).limit_denominator(_largest_denominator(decimals))
    unit = Fraction(1, 10**decimals)
    # How far the fraction goes beyond what is written, away from zero: half a unit less when the text was rounded up,
    # less than a unit more when it was cut off.
    beyond = (abs(near) * 100 - abs(value)) / unit
    return near if -Fraction(1, 2) <= beyond < 1 else value / 100


def as_percent(weight: Fraction) -> str:
    """The shortest customary numeral that ``percent`` reads back as ``weight``: 33.33333 for 1/3, 12.5 for 1/8.

    What doesn't end is written with five decimals, as Moodle does, or with as many as its denominator needs. Raises
    OverflowError for a weight that 60 decimals can't tell from another.
    """
    for decimals in (0, 1, 2, 3, 4):
        scaled = weight * 100 * 10**decimals
        if scaled.denominator == 1 and percent(numeral := _numeral(int(scaled), decimals)) == weight:
            return numeral
    for decimals in range(5, 61):
        if percent(numeral := _numeral(round(weight * 100 * 10**decimals), decimals)) == weight:
            return numeral
    raise OverflowError(f"{weight} as percent needs more than 60 decimals")


def _parsed(text: str) -> tuple[Fraction, int]:
    found = _DECIMAL.fullmatch(text.strip())
    if not found or not (found[2] or found[3]):
        raise NotANumber(text)
    sign, whole, decimals = found[1], found[2], found[3] or ""
    return Fraction(int(f"{sign}{whole}{decimals}"), 10 ** len(decimals)), len(decimals)


def _largest_denominator(decimals: int) -> int:
    return max(min(isqrt(10 ** (decimals + 1)), _LARGEST_USUAL_DENOMINATOR), isqrt(10 ** max(decimals - 4, 0)))


def _numeral(scaled: int, decimals: int) -> str:
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"
