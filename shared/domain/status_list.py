"""Status lists: for each version of a certificate one bit, set when the version must no longer be relied upon.

Source: W3C Bitstring Status List 1.0.
"""

import gzip
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NewType

StatusListId = NewType("StatusListId", str)

# A list has at least 131,072 bits, so that asking for it tells nobody which certificate is meant.
LIST_BITS = 1 << 18
# Each year has lists of its own: there is always room, and old lists come to rest.
LISTS_A_YEAR = 4
PLACES_A_YEAR = LISTS_A_YEAR * LIST_BITS

_LIST_ID = re.compile(rf"[0-9]{{4}}-[0-{LISTS_A_YEAR - 1}]")
_MULTIBASE_BASE64URL = "u"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class StatusPlace:
    """A bit of a list: ``0 <= index < LIST_BITS``."""

    list_id: StatusListId
    index: int


def status_place(year: int, drawn: int) -> StatusPlace:
    """The place among those of a year that ``drawn`` means (``0 <= drawn < PLACES_A_YEAR``)."""
    shard, index = divmod(drawn, LIST_BITS)
    return StatusPlace(list_id=StatusListId(f"{year:04d}-{shard}"), index=index)


def is_list_id(text: str) -> bool:
    return _LIST_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A list as it is out: ``encoded`` are its bits, ``document`` the signed credential that holds them."""

    list_id: StatusListId
    encoded: str
    document: str
    version: int = 0

    def says(self, bits: Mapping[int, bool]) -> bool:
        """Whether every bit, by its index, is as ``bits`` has it."""
        published = _decoded(self.encoded)
        return all(bool(published[index >> 3] & _mask(index)) is is_set for index, is_set in bits.items())


def encoded(set_bits: Iterable[int]) -> str:
    """The bits of a list, the leftmost that of index 0, as its credential carries them; equal bits give equal text."""
    bits = bytearray(LIST_BITS // 8)
    for index in set_bits:
        bits[index >> 3] |= _mask(index)
    return _MULTIBASE_BASE64URL + urlsafe_b64encode(gzip.compress(bits, mtime=0)).decode().rstrip("=")


def by_list(bits: Mapping[StatusPlace, bool]) -> dict[StatusListId, dict[int, bool]]:
    """What is said of places, list by list."""
    return {
        list_id: {place.index: bits[place] for place in places}
        for list_id, places in groupby(sorted(bits), key=lambda place: place.list_id)
    }


def _mask(index: int) -> int:
    return 0x80 >> (index & 7)


def _decoded(encoded_bits: str) -> bytes:
    text = encoded_bits.removeprefix(_MULTIBASE_BASE64URL)
    return gzip.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
