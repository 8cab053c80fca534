"""Oversight of what authors and admins did: the entries, and whether their chain holds."""

from dataclasses import dataclass
from typing import Protocol

from shared.domain.audit import AuditEntry, ChainHead, Verdict, verify, verify_end
from shared.domain.refusals import foreign_cursor
from shared.ports import AuditChain, Page

# Entries that one request checks: two reads of a megabyte.
CHECKED_AT_ONCE = 2000


class ReadingAudit(Protocol):
    @property
    def audit(self) -> AuditChain: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """Some entries as they were found; ``following`` is the first that was not looked at, None at the chain's end."""

    verdict: Verdict
    head: ChainHead
    following: int | None


def list_acts(first: int, limit: int, cursor: str | None, deps: ReadingAudit) -> Page[AuditEntry]:
    """At most ``limit`` entries of the audit from ``first``, or from where ``cursor`` says; raise InvalidRequest."""
    if cursor is not None:
        if not cursor.isdecimal():
            raise foreign_cursor()
        first = int(cursor)
    found = deps.audit.entries(first, limit + 1)
    following = str(list(found)[limit]) if len(found) > limit else None
    return Page(list(found.values())[:limit], following)


def verify_audit(first: int, deps: ReadingAudit) -> AuditCheck:
    """Check at most CHECKED_AT_ONCE entries from ``first``, and at the end of the chain that it is the end."""
    head = deps.audit.head()
    count = max(0, min(CHECKED_AT_ONCE, head.sequence - first + 1))
    entries = deps.audit.entries(first, count) if count else {}
    verdict = verify(entries, first=first, count=count, previous=deps.audit.hash_before(first))
    is_last = first + count > head.sequence
    if is_last and first <= head.sequence + 1:
        verdict = verify_end(verdict, head, goes_on=_goes_on(head, deps))
    return AuditCheck(verdict=verdict, head=head, following=None if is_last or verdict.finding else first + count)


def _goes_on(head: ChainHead, deps: ReadingAudit) -> bool:
    """Whether there are entries after the head, other than those that were added meanwhile."""
    return bool(deps.audit.entries(head.sequence + 1, 1)) and deps.audit.head() == head
