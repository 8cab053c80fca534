"""What is held about a learner, kind by kind; what of it is not shown, and what is kept elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.certificate import Reissue
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.erasure import Erasure
from shared.domain.ids import LearnerId
from shared.domain.learner import Contact, Membership, Profile, SearchTerm
from shared.domain.reporting import Reported

Facts = Mapping[str, Any]

KINDS: Mapping[type[Any], str] = {
    Profile: "profile",
    Contact: "contact",
    SearchTerm: "search_terms",
    Membership: "membership",
    Accommodation: "accommodations",
    Enrolment: "enrolments",
    Attempt: "attempts",
    Claim: "claims",
    Reissue: "reissues",
    LedgerEntry: "ledger",
    Reported: "reported",
    Erasure: "erasure",
}
# What would tell, question by question, which answers were right; and the names of versions of the answer key.
WITHHELD = frozenset({"by_question", "key_revision", "regrade_revision", "settled"})


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is kept about a learner outside of the records that are exported."""

    what: str
    where: str
    why: str
    how_long: str


ELSEWHERE = (
    Elsewhere(
        "Certificates as PDF and as Open Badges",
        "GET /certificates/{number}/pdf and /credential",
        "Evidence of participation",
        "For as long as the certificate can be verified; after an erasure six years from completion",
    ),
    Elsewhere(
        "Who you were, and the documents of your certificates, after an erasure",
        "The evidence store, which one role of the provider can read",
        "Accreditors verify participation for six years",
        "Six years from completion",
    ),
    Elsewhere(
        "Which answers were right, and the rationales",
        "The answer key",
        "The test is still taken by others",
        "As the module's policy says",
    ),
    Elsewhere(
        "Reports to accreditors that you agreed to",
        "Files for the provider's office",
        "To be handed over",
        "30 days",
    ),
    Elsewhere(
        "That you were left out of a report, under your learner_id",
        "The job of that report",
        "The office has to know why",
        "60 days",
    ),
    Elsewhere(
        "Messages that could not be delivered, with ids and no names",
        "Dead letters",
        "To repair the failure",
        "14 days",
    ),
    Elsewhere(
        "Digests of what the office changed, under your learner_id",
        "The audit trail",
        "Nobody may change records unseen",
        "Without end; a digest can't be turned back",
    ),
    Elsewhere("Ids and times of requests", "Logs", "To find faults", "As long as the provider keeps logs; 90 days"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything held about a learner: the records of each kind, with what is left out of them."""

    learner_id: LearnerId
    at: datetime
    records: Mapping[str, Sequence[Facts]]
