"""Inspection: the office finds a learner, sees one page about them, and who is enrolled in an edition."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.certificate import CertificateHead
from shared.domain.claim import LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber, EditionId, EnrolmentId, LearnerId
from shared.domain.learner import Membership, Person
from shared.domain.refusals import NotFound
from shared.domain.terms import meet, words
from shared.domain.transcript import Transcript, transcript
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Certificates,
    Contacts,
    Directory,
    Enrolments,
    Hit,
    Ledger,
    Memberships,
    Page,
    Profiles,
)


class Inspecting(Protocol):
    @property
    def directory(self) -> Directory: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def catalogue(self) -> Catalogue: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnersPage:
    """All that is known about one learner; ``attempts`` and ``entries`` by enrolment and by certificate."""

    learner_id: LearnerId
    person: Person
    membership: Membership | None
    enrolments: Sequence[Enrolment]
    attempts: Mapping[EnrolmentId, list[Attempt]]
    heads: Sequence[CertificateHead]
    entries: Mapping[CertificateNumber, list[LedgerEntry]]
    accommodations: Sequence[Accommodation]
    transcript: Transcript


def find_learners(q: str | None, limit: int, cursor: str | None, deps: Inspecting) -> Page[Person]:
    """A page of the learners whose terms begin with the words of ``q``; without words, of all by their names.

    Cost follows how many share the query's longest word, not how many there are. Pages are read until
    one has a match, so a page is empty only where the list ends.
    """
    wanted = words(q or "")
    lead = max(wanted, key=len, default="")
    while True:
        hits = deps.directory.found_by(lead, limit, cursor) if lead else deps.directory.learners(limit, cursor)
        known = people([hit.learner_id for hit in hits.entries], deps)
        found = [
            person
            for hit in hits.entries
            if _is_meant(person := known[hit.learner_id], hit, lead)
            and meet(wanted, [term for term, _ in person.terms])
        ]
        if found or hits.cursor is None:
            return Page(found, hits.cursor)
        cursor = hits.cursor


def people(learner_ids: Sequence[LearnerId], deps: Inspecting) -> Mapping[LearnerId, Person]:
    """Who these learners are, as far as that is known."""
    profiles, contacts = deps.profiles.those(learner_ids), deps.contacts.those(learner_ids)
    return {
        learner_id: Person(learner_id=learner_id, profile=profiles.get(learner_id), contact=contacts.get(learner_id))
        for learner_id in learner_ids
    }


def _is_meant(person: Person, hit: Hit, lead: str) -> bool:
    """Whether this is the one hit by which a learner is shown: several terms may begin alike, others be gone."""
    if lead:
        first = next(((term, source) for term, source in person.terms if term.startswith(lead)), None)
        return (hit.term, hit.source) == first
    return hit.source == ("profile" if person.profile else "contact")


def show_learner(learner_id: LearnerId, deps: Inspecting, *, at: datetime) -> LearnersPage:
    """One page about one learner; raise NotFound where nothing is known of them."""
    person = people([learner_id], deps)[learner_id]
    membership = deps.memberships.find(learner_id)
    enrolments = deps.enrolments.of_learner(learner_id)
    accommodations = deps.accommodations.of_learner(learner_id)
    if not (person.profile or person.contact or membership or enrolments or accommodations):
        raise NotFound(f"Nothing is known of a learner {learner_id!r}.")
    attempts: defaultdict[EnrolmentId, list[Attempt]] = defaultdict(list)
    for attempt in deps.attempts.of_learner(learner_id):
        attempts[attempt.enrolment].append(attempt)
    ledger = deps.ledger.of_learner(learner_id)
    entries: defaultdict[CertificateNumber, list[LedgerEntry]] = defaultdict(list)
    for entry in ledger:
        if entry.certificate:
            entries[entry.certificate].append(entry)
    numbers = [enrolment.certificate for enrolment in enrolments if enrolment.certificate]
    heads = deps.certificates.heads(numbers)
    return LearnersPage(
        learner_id=learner_id,
        person=person,
        membership=membership,
        enrolments=enrolments,
        attempts=attempts,
        heads=[heads[number] for number in numbers if number in heads],
        entries=entries,
        accommodations=accommodations,
        transcript=transcript(ledger, year=None, scheme=None, today=at.date()),
    )


def list_enrolments(
    edition: EditionId, limit: int, cursor: str | None, deps: Inspecting
) -> tuple[Page[Enrolment], Mapping[LearnerId, Person]]:
    """A page of those enrolled in an edition, and who they are; raise NotFound."""
    if deps.catalogue.status(edition) is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    page = deps.enrolments.page(edition, limit, cursor)
    return page, people([enrolment.learner_id for enrolment in page.entries], deps)
