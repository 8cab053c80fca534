"""Inspection: the office finds a learner, sees one page about them, and who is enrolled in an edition."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.accommodation import Accommodation
from shared.domain.admission import weightiest
from shared.domain.attempt import Attempt
from shared.domain.certificate import CertificateHead
from shared.domain.claim import LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber, EditionId, EnrolmentId, LearnerId
from shared.domain.learner import Joined, Membership, Person
from shared.domain.refusals import NotFound
from shared.domain.terms import meet, words
from shared.domain.transcript import Transcript, transcript
from shared.identities import credit_of
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Certificates,
    Contacts,
    Directory,
    Enrolments,
    Hit,
    Identities,
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
    def identities(self) -> Identities: ...
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
    """All that is known about one learner, under whichever of their identities: ``joined`` are the others.

    ``attempts`` and ``entries`` are by enrolment and by certificate.
    """

    learner_id: LearnerId
    joined: Sequence[Joined]
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

    Who has several identities is found by the words of any of them, once. Cost follows how many share the query's
    longest word, not how many there are. Pages are read until one has a match, so a page is empty only where the list
    ends.
    """
    wanted = words(q or "")
    lead = max(wanted, key=len, default="")
    while True:
        hits = deps.directory.found_by(lead, limit, cursor) if lead else deps.directory.learners(limit, cursor)
        known = _persons([hit.learner_id for hit in hits.entries], deps)
        found = [
            person
            for hit in hits.entries
            if _is_meant(person := known[hit.learner_id], hit, lead)
            and meet(wanted, [term for term, *_ in person.terms])
        ]
        if found or hits.cursor is None:
            return Page(found, hits.cursor)
        cursor = hits.cursor


def _persons(learner_ids: Sequence[LearnerId], deps: Inspecting) -> Mapping[LearnerId, Person]:
    """Whose identities these are, as far as that is known, with all their identities."""
    own = dict(deps.identities.own(learner_ids))
    own |= deps.identities.own({one.person for one in own.values()} - own.keys())
    primaries = {each: own[each].person if each in own else each for each in learner_ids}
    identities = {each: own[each].identities if each in own else (each,) for each in primaries.values()}
    everyone = {each for several in identities.values() for each in several}
    own |= deps.identities.own(everyone - own.keys() - set(learner_ids))
    contacts = deps.contacts.those(everyone)

    def one(learner_id: LearnerId, *others: Person) -> Person:
        profile, contact = own.get(learner_id), contacts.get(learner_id)
        return Person(learner_id=learner_id, profile=profile, contact=contact, others=others)

    persons = {primary: one(primary, *map(one, others)) for primary, *others in identities.values()}
    return {learner_id: persons[primary] for learner_id, primary in primaries.items()}


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
        first = next((entry for entry in person.terms if entry[0].startswith(lead)), None)
        return (hit.term, hit.source, hit.learner_id) == first
    return (hit.learner_id, hit.source) == (person.learner_id, person.listed_by)


def show_learner(learner_id: LearnerId, deps: Inspecting, *, at: datetime) -> LearnersPage:
    """One page about one learner, whichever of their identities is named; raise NotFound where nothing is known."""
    person = _persons([learner_id], deps)[learner_id]
    identities = [person.learner_id, *(other.learner_id for other in person.others)]
    membership = weightiest([deps.memberships.find(each) for each in identities], at, "UTC")
    enrolments = [one for each in identities for one in deps.enrolments.of_learner(each)]
    accommodations = {one.module_id: one for each in identities for one in deps.accommodations.of_learner(each)}
    if not (person.profile or person.contact or membership or enrolments or accommodations):
        raise NotFound(f"Nothing is known of a learner {learner_id!r}.")
    attempts: defaultdict[EnrolmentId, list[Attempt]] = defaultdict(list)
    for attempt in (one for each in identities for one in deps.attempts.of_learner(each)):
        attempts[attempt.enrolment].append(attempt)
    ledger = credit_of(identities, deps.ledger)
    entries: defaultdict[CertificateNumber, list[LedgerEntry]] = defaultdict(list)
    for entry in ledger:
        if entry.certificate:
            entries[entry.certificate].append(entry)
    numbers = [enrolment.certificate for enrolment in enrolments if enrolment.certificate]
    heads = deps.certificates.heads(numbers)
    return LearnersPage(
        learner_id=person.learner_id,
        joined=person.profile.joined if person.profile else (),
        person=person,
        membership=membership,
        enrolments=enrolments,
        attempts=attempts,
        heads=[heads[number] for number in numbers if number in heads],
        entries=entries,
        accommodations=list(accommodations.values()),
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
