"""The reader's language: which of ours is meant, and how dates, instants and numbers are written there.

Loads Babel and its locale data (some 30 ms): steps that don't always write to people import it when they do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_name
from babel.numbers import format_decimal

LANGUAGES = ("en", "de", "fr", "es", "it")
# English as it is written in Europe: 14 March 2026, 23:42.
INTERNATIONAL_ENGLISH = "en-150"

# Source: RFC 9110, 12.5.4; a weight is 0 to 1 with at most three decimals.
_RANGE = re.compile(r"(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)
# Longer headers are no browser's.
_LONGEST_HEADER = 1000


@dataclass(frozen=True, slots=True)
class Language:
    """One of ``LANGUAGES``, and the locale in whose formats its reader knows dates and numbers, as ``de-CH``."""

    code: str
    locale: str

    def day(self, day: date) -> str:
        """``14 March 2026``, ``14. März 2026``, ``14 de marzo de 2026``."""
        written = format_date(day, "long", self._babel())
        # The first of a month is an ordinal in French, which Babel's patterns can't say.
        return f"1er{written[1:]}" if self.code == "fr" and day.day == 1 else written

    def short_day(self, day: date) -> str:
        """The same for tables: ``14 Mar 2026``, ``14.03.2026``, ``14 mar 2026``."""
        return format_date(day, "medium", self._babel())

    def instant(self, at: datetime, zone: str) -> str:
        """An instant in the time of ``zone`` (an IANA name), with the name of that time; ``at`` is aware."""
        there = at.astimezone(ZoneInfo(zone))
        locale = self._babel()
        time = format_time(there, "short", locale=locale)
        day_and_time = str(get_datetime_format("long", locale)).format(time, self.day(there))
        return f"{day_and_time} ({get_timezone_name(there, 'long', locale=locale)})"

    def number(self, number: Decimal | int) -> str:
        """``1.00`` as 1, ``1234.5`` as 1,234.5 or 1.234,5: every digit that says something."""
        return format_decimal(number, locale=self._babel(), decimal_quantization=False)

    def _babel(self) -> Locale:
        return Locale.parse(self.locale, sep="-")


ENGLISH = Language("en", INTERNATIONAL_ENGLISH)


def choose_language(*wishes: str | None) -> Language:
    """The first of our languages that is wished for, English if none is.

    A wish is the value of an Accept-Language header, or a single tag such as a profile's ``de-CH``; an earlier wish
    goes before a later one. What can't be read is passed over.
    """
    for wish in wishes:
        for tag in _in_order(wish or ""):
            code = tag.partition("-")[0]
            if code in LANGUAGES:
                return Language(code, _locale(code, tag))
    return ENGLISH


def _in_order(wish: str) -> Iterator[str]:
    """The tags of a header, the most wanted first, without those that are not wanted at all.

    ``*`` stands for each of our languages that the header doesn't name.
    """
    ranges = [_RANGE.fullmatch(part.strip()) for part in wish[:_LONGEST_HEADER].split(",")]
    weights = {found[1].lower(): float(found[2] or 1) for found in ranges if found}
    for tag in sorted(weights, key=lambda tag: -weights[tag]):
        if weights[tag] == 0:
            continue
        if tag == "*":
            yield from (code for code in LANGUAGES if code not in weights)
        else:
            yield tag


def _locale(code: str, tag: str) -> str:
    """Where the tag names a region that Babel knows, the formats of that region."""
    if code == tag:
        return INTERNATIONAL_ENGLISH if code == "en" else code
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return ENGLISH.locale if code == "en" else code
    return f"{code}-{locale.territory}" if locale.territory else _locale(code, code)
