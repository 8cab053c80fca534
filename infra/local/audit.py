"""`python -m infra.local audit`: reads the whole audit of a server and checks the chain here, not there."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.local.remote import asked
from shared.domain.audit import GENESIS, AuditEntry, verify
from shared.facts import from_facts

_PAGE = 200


def verify_audit(server: str, token: str) -> int:
    """Print what was found: how many entries hold and the hash of the last, or the first that does not.

    The exit status is 0 when the chain holds as the server hands it over, else 1. Who keeps the last line sees by
    the next one whether the entries before were written anew. Raise LocalError where the server does not answer.
    """
    checked, previous = 0, GENESIS
    for page in _pages(server, token):
        entries = {entry.sequence: entry for entry in map(_entry, page)}
        verdict = verify(entries, first=checked + 1, count=len(page), previous=previous)
        if verdict.finding:
            print(f"entry {verdict.finding.sequence} is {verdict.finding.damage}; {verdict.checked + checked} hold")
            return 1
        checked, previous = checked + len(page), verdict.last
    print(f"{checked} entries hold; the last has the hash {previous}")
    return 0


def _pages(server: str, token: str) -> Iterator[list[Mapping[str, Any]]]:
    path = f"/admin/audit?limit={_PAGE}"
    cursor = ""
    while cursor is not None:
        answer = asked(server, "GET", path + (f"&cursor={cursor}" if cursor else ""), token)
        yield answer["entries"]
        cursor = answer["next"]


def _entry(facts: Mapping[str, Any]) -> AuditEntry:
    return from_facts({**facts, "act": facts}, AuditEntry)
