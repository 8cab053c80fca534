"""The audit: what authors and admins did, in a chain in which each entry carries the hash of the one before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Self

# What the first entry carries for the one before it.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an author or admin did to one thing: who, what, when, before, after, why.

    ``event_id`` is its natural key; ``before``, ``after`` and ``reason_digest`` are SHA-256, so that personal values
    are not kept here, or empty where there is nothing; ``request`` is the correlation id of the request, the same
    for all that it changed.
    """

    event_id: str
    at: datetime
    actor: str
    action: str
    subject: str
    before: str
    after: str
    reason_code: str
    reason_digest: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link: the act at ``sequence`` (from 1), the hash of the one before, and its own over all of these."""

    sequence: int
    act: Act
    previous: str
    hash: str

    @property
    def is_intact(self) -> bool:
        """Whether the entry is as it was written."""
        return self.hash == _hash(self.sequence, self.act, self.previous)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last entry's sequence and hash; 0 and GENESIS before there is one."""

    sequence: int = 0
    hash: str = GENESIS
    version: int = 0

    def followed_by(self, act: Act) -> AuditEntry:
        """The next entry."""
        sequence = self.sequence + 1
        return AuditEntry(sequence=sequence, act=act, previous=self.hash, hash=_hash(sequence, act, previous=self.hash))

    def moved_to(self, entry: AuditEntry) -> Self:
        return type(self)(sequence=entry.sequence, hash=entry.hash, version=self.version)


class Damage(StrEnum):
    """What is wrong at a place of the chain."""

    REMOVED = "removed"  # there is no entry
    REORDERED = "reordered"  # the entry was written for another place
    CHANGED = "changed"  # the entry is not as it was written
    UNLINKED = "unlinked"  # the entry is not the one that the next one, or the head, was written after


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first place of the chain that does not hold."""

    sequence: int
    damage: Damage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many entries hold, the hash of the last of them, and where the chain is broken."""

    checked: int
    last: str
    finding: Finding | None = None


def verify(entries: Mapping[int, AuditEntry], *, first: int, count: int, previous: str) -> Verdict:
    """Check the ``count`` entries from place ``first`` on; ``entries`` is what was found there, by place.

    ``previous`` is the hash of the entry before them. Ends at the first place that does not hold. One pass.
    """
    for sequence in range(first, first + count):
        entry = entries.get(sequence)
        finding = _finding(entry, sequence, previous)
        if entry is None or finding:
            return Verdict(checked=sequence - first, last=previous, finding=finding)
        previous = entry.hash
    return Verdict(checked=count, last=previous)


def verify_end(verdict: Verdict, head: ChainHead, *, goes_on: bool) -> Verdict:
    """The verdict on the last entries, and on whether the head is theirs; ``goes_on`` if there are entries after it."""
    if verdict.finding is None and (goes_on or verdict.last != head.hash):
        return replace(verdict, finding=Finding(sequence=head.sequence, damage=Damage.UNLINKED))
    return verdict


def _finding(entry: AuditEntry | None, sequence: int, previous: str) -> Finding | None:
    """What is wrong with what was found at place ``sequence``, after an entry with the hash ``previous``."""
    if entry is None:
        return Finding(sequence=sequence, damage=Damage.REMOVED)
    if entry.sequence != sequence:
        return Finding(sequence=sequence, damage=Damage.REORDERED)
    if not entry.is_intact:
        return Finding(sequence=sequence, damage=Damage.CHANGED)
    if entry.previous != previous:
        return Finding(sequence=sequence - 1, damage=Damage.UNLINKED)
    return None


def _hash(sequence: int, act: Act, previous: str) -> str:
    """SHA-256 over the entry's facts as JSON with sorted keys; instants in UTC with milliseconds."""
    facts = {field.name: getattr(act, field.name) for field in fields(act)}
    facts |= {"at": act.at.astimezone(UTC).isoformat(timespec="milliseconds")}
    text = json.dumps({"sequence": sequence, "previous": previous, **facts}, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
