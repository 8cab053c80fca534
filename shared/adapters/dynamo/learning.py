"""LearningTable: all that is a learner's own, in one partition, so that a transcript is one Query."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import PutError

from shared.adapters.dynamo.directory import (
    CONTACT,
    PROFILE,
    Findable,
    accommodation_key,
    contact_key,
    grant_marks,
    learner_marks,
    member_marks,
    membership_key,
    profile_key,
)
from shared.adapters.dynamo.directory import partition as _partition
from shared.adapters.dynamo.store import (
    SHARDS,
    EncodeOutbox,
    Key,
    Marks,
    Store,
    due,
    due_for_recovery,
    due_keys,
    place_in,
    save_together,
    shard_of,
)
from shared.adapters.dynamo.tables import Item, LearningItem
from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.certificate import Order, Reissue
from shared.domain.claim import CORRECTION, Claim, LedgerEntry
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import (
    AttemptId,
    CertificateNumber,
    EditionId,
    EnrolmentId,
    LearnerId,
    ModuleId,
)
from shared.domain.job import Cursor
from shared.domain.learner import Contact, Membership, Profile
from shared.domain.recovery import PATIENCE
from shared.domain.reporting import Report, Reported
from shared.domain.status_list import StatusPlace
from shared.events.event import Event
from shared.facts import dump
from shared.ports import ConcurrentChange, Page, Settlement

A = TypeVar("A")
B = TypeVar("B")
Ordering = TypeVar("Ordering", Claim, Reissue)

CLOSE = "close"
CLAIM = "claim"

# What DynamoDB takes in one call, and how many calls an import has under way.
READ_AT_ONCE = 100
WRITTEN_AT_ONCE = 25
THREADS = 8


def _edition(edition: EditionId) -> str:
    return f"{edition.module_id}#{edition.edition:04d}"


def enrolment_key(enrolment: EnrolmentId) -> Key:
    return _partition(enrolment.learner_id), f"ENROLMENT#{_edition(enrolment.of_edition)}"


def attempt_key(attempt: AttemptId) -> Key:
    enrolment = attempt.enrolment
    return _partition(enrolment.learner_id), f"ATTEMPT#{_edition(enrolment.of_edition)}#{attempt.number:04d}"


def claim_key(enrolment: EnrolmentId) -> Key:
    return _partition(enrolment.learner_id), f"CLAIM#{_edition(enrolment.of_edition)}"


def place_key(place: StatusPlace) -> Key:
    """Places are taken here, beside the orders that take them; no learner's partition has such a name."""
    return f"STATUS#{place.list_id}", f"PLACE#{place.index:06d}"


def reissue_key(learner_id: LearnerId, number: CertificateNumber, version: int) -> Key:
    return _partition(learner_id), f"REISSUE#{number}#{version:04d}"


def reported_key(enrolment: EnrolmentId, report: Report) -> Key:
    return _partition(enrolment.learner_id), f"REPORTED#{_edition(enrolment.of_edition)}#{report}"


def ledger_key(entry: LedgerEntry) -> Key:
    edition = entry.of_edition
    named = f"{_edition(edition)}#{entry.scheme}" if edition else _digest(entry)
    ordinal = f"#{entry.ordinal:04d}" if entry.kind == CORRECTION else ""
    return _partition(entry.learner_id), f"CREDIT#{entry.earned_on}#{named}#{entry.kind}{ordinal}"


def _digest(entry: LedgerEntry) -> str:
    """A name made of an external credit's facts: the same credit entered again is the same entry."""
    facts = [entry.title, entry.scheme, str(entry.amount), entry.provider]
    return sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _enrolment_marks(enrolment: Enrolment) -> Marks:
    key = str(enrolment.id)
    waits_since = None
    if enrolment.next_try_at:
        waits_since = enrolment.next_try_at - PATIENCE
    elif enrolment.state is EnrolmentState.REQUESTED:
        waits_since = enrolment.requested_at
    elif enrolment.state is EnrolmentState.CONFIRMED:
        waits_since = enrolment.edition_ended_at
    return {
        "edition_shard": f"{_edition(enrolment.id.of_edition)}#{shard_of(enrolment.learner_id)}",
        **(due(CLAIM, key, enrolment.claim_reminder_at) or due_for_recovery(key, waits_since)),
    }


def _attempt_marks(attempt: Attempt) -> Marks:
    key = str(attempt.id)
    if attempt.is_open:
        return due(CLOSE, key, attempt.closes_at)
    if attempt.is_pending:
        return due_for_recovery(key, attempt.graded_at or attempt.submitted_at)
    return due_for_recovery(key, attempt.regrade_asked_at)


def _claim_marks(claim: Claim) -> Marks:
    return due_for_recovery(str(claim.enrolment), None if claim.certified else claim.content.issued_at)


def _reissue_marks(reissue: Reissue) -> Marks:
    key = f"{reissue.certificate}/{reissue.content.version}"
    return due_for_recovery(key, reissue.content.issued_at if reissue.is_waiting else None)


def _none(_: object) -> Marks:
    return {}


class DynamoEnrolments:
    """See ``ports.Enrolments``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(
            LearningItem, Enrolment, lambda enrolment: enrolment_key(enrolment.id), _enrolment_marks, encode
        )

    def find(self, enrolment: EnrolmentId) -> Enrolment | None:
        return self.store.find(enrolment_key(enrolment))

    def of_module(self, learner_id: LearnerId, module_id: ModuleId) -> Sequence[Enrolment]:
        return self.store.of_partition(_partition(learner_id), f"ENROLMENT#{module_id}#")[::-1]

    def save(self, enrolment: Enrolment, announcing: Sequence[Event] = ()) -> Enrolment:
        return self.store.save(enrolment, announcing)

    def of_edition(self, edition: EditionId, cursor: Cursor, limit: int) -> tuple[Sequence[EnrolmentId], Cursor | None]:
        found = LearningItem.by_edition.query(
            f"{_edition(edition)}#{cursor.shard}",
            limit=limit,
            last_evaluated_key={name: {"S": value} for name, value in cursor.after.items()} if cursor.after else None,
        )
        learners = [LearnerId(item.pk.partition("#")[2]) for item in found]
        enrolments = [EnrolmentId(learner, edition.module_id, edition.edition) for learner in learners]
        last = found.last_evaluated_key
        if last:
            after = {name: str(value["S"]) for name, value in last.items()}
            return enrolments, Cursor(shard=cursor.shard, after=after)
        return enrolments, Cursor(shard=cursor.shard + 1) if cursor.shard + 1 < SHARDS else None

    def page(self, edition: EditionId, limit: int, cursor: str | None) -> Page[Enrolment]:
        place: Cursor | None = _place(edition, cursor)
        ids: list[EnrolmentId] = []
        while place and len(ids) < limit:
            found, place = self.of_edition(edition, place, limit - len(ids))
            ids += found
        return Page(self.those(ids), _cursor(place))

    def those(self, enrolments: Sequence[EnrolmentId]) -> Sequence[Enrolment]:
        found = {one.id: one for one in self.store.of_keys([enrolment_key(each) for each in enrolments])}
        return [found[each] for each in enrolments if each in found]

    def of_learner(self, learner_id: LearnerId) -> Sequence[Enrolment]:
        return self.store.of_partition(_partition(learner_id), "ENROLMENT#")

    def due_for_claim_reminder(self, until: datetime) -> Iterator[EnrolmentId]:
        for pk, sk in due_keys(LearningItem, CLAIM, until):
            _, module_id, edition = sk.split("#")
            yield EnrolmentId(LearnerId(pk.partition("#")[2]), ModuleId(module_id), int(edition))

    def count(self, edition: EditionId) -> int:
        return sum(LearningItem.by_edition.count(f"{_edition(edition)}#{shard}") for shard in range(SHARDS))


def _cursor(place: Cursor | None) -> str | None:
    """Where the walk over an edition stands, as text: the shard and the learner read last in it."""
    if place is None:
        return None
    return f"{place.shard}#{place.after['pk'].partition('#')[2] if place.after else ''}"


def _place(edition: EditionId, cursor: str | None) -> Cursor:
    """Where ``cursor`` says to go on; raise InvalidRequest where it is none of an edition's."""
    shard, learner_id = place_in(cursor)
    if not learner_id:
        return Cursor(shard=shard)
    pk, sk = enrolment_key(EnrolmentId(LearnerId(learner_id), edition.module_id, edition.edition))
    return Cursor(shard=shard, after={"edition_shard": f"{_edition(edition)}#{shard}", "pk": pk, "sk": sk})


class DynamoAttempts:
    """See ``ports.Attempts``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(LearningItem, Attempt, lambda attempt: attempt_key(attempt.id), _attempt_marks, encode)

    def find(self, attempt: AttemptId) -> Attempt | None:
        return self.store.find(attempt_key(attempt))

    def of(self, enrolment: EnrolmentId) -> Sequence[Attempt]:
        known = self.store.series(attempt_key(AttemptId(enrolment, number)) for number in count(1))
        if known is not None:
            return known
        return self.store.of_partition(_partition(enrolment.learner_id), f"ATTEMPT#{_edition(enrolment.of_edition)}#")

    def of_learner(self, learner_id: LearnerId) -> Sequence[Attempt]:
        return self.store.of_partition(_partition(learner_id), "ATTEMPT#")

    def save(self, attempt: Attempt, announcing: Sequence[Event] = ()) -> Attempt:
        return self.store.save(attempt, announcing)

    def due_to_close(self, until: datetime) -> Iterator[AttemptId]:
        for pk, sk in due_keys(LearningItem, CLOSE, until):
            _, module_id, edition, number = sk.split("#")
            learner_id = LearnerId(pk.partition("#")[2])
            yield AttemptId(EnrolmentId(learner_id, ModuleId(module_id), int(edition)), int(number))


class DynamoProfiles:
    """See ``ports.Profiles``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self.store = Store(
            LearningItem,
            Profile,
            lambda profile: profile_key(profile.learner_id),
            lambda profile: learner_marks(profile.learner_id, profile.name, PROFILE),
            encode,
        )
        self._findable = Findable(self.store, connection, PROFILE, lambda profile: profile.terms)
        self._contacts = _contacts(encode, connection)

    def find(self, learner_id: LearnerId) -> Profile | None:
        own = self.store.find(profile_key(learner_id))
        return self.store.find(profile_key(own.joined_to)) if own and own.joined_to else own

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        own = own_profiles(self.store, learner_ids)
        known = {**own_profiles(self.store, {one.person for one in own.values()} - set(own)), **own}
        return {learner_id: known[one.person] for learner_id, one in own.items() if one.person in known}

    def save(self, profile: Profile, contact: Contact | None = None) -> Profile:
        return self._findable.save(profile, *(self._contacts.items(contact) if contact else ()))


def _contacts(encode: EncodeOutbox, connection: Connection) -> Findable[Contact]:
    store = Store(
        LearningItem,
        Contact,
        lambda contact: contact_key(contact.learner_id),
        lambda contact: learner_marks(contact.learner_id, contact.name, CONTACT),
        encode,
    )
    return Findable(store, connection, CONTACT, lambda contact: contact.terms)


def own_profiles(store: Store[Profile], learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
    """What each of these identities says itself."""
    keys = [profile_key(learner_id) for learner_id in set(learner_ids)]
    return {profile.learner_id: profile for profile in store.of_keys(keys)}


class DynamoIdentities:
    """See ``ports.Identities``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._store = DynamoProfiles(encode, connection).store
        self._connection = connection

    def of(self, learner_id: LearnerId) -> Sequence[LearnerId]:
        own = self._store.find(profile_key(learner_id))
        primary = self._store.find(profile_key(own.joined_to)) if own and own.joined_to else own
        return primary.identities if primary else (learner_id,)

    def own(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        return own_profiles(self._store, learner_ids)

    def save(self, *profiles: Profile) -> None:
        save_together([self._store.written(profile, ()) for profile in profiles], self._connection)


class DynamoContacts:
    """See ``ports.Contacts``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._findable = _contacts(encode, connection)
        self.store = self._findable.store

    def find(self, learner_id: LearnerId) -> Contact | None:
        return self.store.find(contact_key(learner_id))

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Contact]:
        keys = [contact_key(learner_id) for learner_id in set(learner_ids)]
        return {contact.learner_id: contact for contact in self.store.of_keys(keys)}

    def save(self, contact: Contact) -> Contact:
        return self._findable.save(contact)


class DynamoMemberships:
    """See ``ports.Memberships``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(
            LearningItem,
            Membership,
            lambda member: membership_key(member.learner_id),
            lambda member: member_marks(member.learner_id),
            encode,
        )

    def find(self, learner_id: LearnerId) -> Membership | None:
        return self.store.find(membership_key(learner_id))

    def save(self, membership: Membership) -> Membership:
        return self.store.save(membership)

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Membership]:
        keys = [membership_key(learner_id) for learner_id in set(learner_ids)]
        found = _at_once(self.store.of_keys, keys, READ_AT_ONCE)
        return {membership.learner_id: membership for part in found for membership in part}

    def write_over(self, memberships: Sequence[Membership]) -> None:
        _at_once(self._write_over, memberships, WRITTEN_AT_ONCE)

    def _write_over(self, memberships: Sequence[Membership]) -> None:
        try:
            with LearningItem.batch_write() as batch:
                for membership in memberships:
                    item = self.store.written(membership, ())
                    item.version = membership.version + 1
                    batch.save(item)
        except PutError as error:
            if error.cause:
                raise
            # Some were not taken, however often they were sent.
            raise ConcurrentChange("memberships") from error


def _at_once(work: Callable[[Sequence[A]], B], entries: Sequence[A], size: int) -> list[B]:
    """``work`` on parts of ``entries``, several at a time, each in the trace and under the name of who asks."""
    parts = [(copy_context(), entries[start : start + size]) for start in range(0, len(entries), size)]
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda part: part[0].run(work, part[1]), parts))


class DynamoAccommodations:
    """See ``ports.Accommodations``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(
            LearningItem,
            Accommodation,
            lambda granted: accommodation_key(granted.learner_id, granted.module_id),
            lambda granted: grant_marks(granted.learner_id, granted.module_id),
            encode,
        )

    def find(self, learner_id: LearnerId, module_id: ModuleId) -> Accommodation | None:
        return self.store.find(accommodation_key(learner_id, module_id))

    def of_learner(self, learner_id: LearnerId) -> Sequence[Accommodation]:
        return self.store.of_partition(_partition(learner_id), "ACCOMMODATION#")

    def those(self, grants: Sequence[tuple[LearnerId, ModuleId]]) -> Sequence[Accommodation]:
        found = self.store.of_keys([accommodation_key(*grant) for grant in grants])
        return sorted(found, key=lambda granted: (granted.module_id, granted.learner_id))

    def save(self, accommodation: Accommodation) -> Accommodation:
        return self.store.save(accommodation)


def claim_store(encode: EncodeOutbox) -> Store[Claim]:
    return Store(LearningItem, Claim, lambda claim: claim_key(claim.enrolment), _claim_marks, encode)


def reissue_store(encode: EncodeOutbox) -> Store[Reissue]:
    return Store(
        LearningItem,
        Reissue,
        lambda reissue: reissue_key(reissue.learner_id, reissue.certificate, reissue.content.version),
        _reissue_marks,
        encode,
    )


def _save_order(
    order: Ordering, announcing: Sequence[Event], store: Store[Ordering], connection: Connection
) -> Ordering:
    """Save an order; its first write takes the place of its status, which is nobody else's from then on.

    Both or neither. Raise ConcurrentChange where either is taken: a place that is drawn anew will be free.
    """
    if order.version:
        return store.save(order, announcing)
    save_together(_order_items(order, announcing, store), connection)
    return replace(order, version=1)


def _order_items(order: Ordering, announcing: Sequence[Event], store: Store[Ordering]) -> tuple[Item, Item]:
    """A new order, and the place that it takes."""
    place = {"certificate": order.certificate, "version": order.content.version}
    return store.written(order, announcing), LearningItem(*place_key(order.status), facts=dump(place))


class DynamoSettlements:
    """See ``ports.Settlements``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._attempts = DynamoAttempts(encode).store
        self._enrolments = DynamoEnrolments(encode).store
        self._claims = claim_store(encode)
        self._connection = connection

    def enter(self, settlement: Settlement) -> None:
        items = [
            self._attempts.written(settlement.attempt, ()),
            self._enrolments.written(settlement.enrolment, settlement.announcing),
        ]
        if settlement.claim:
            items += _order_items(settlement.claim, settlement.claiming, self._claims)
        save_together(items, self._connection)


class DynamoClaims:
    """See ``ports.Claims``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._store = claim_store(encode)
        self._connection = connection

    def find(self, enrolment: EnrolmentId) -> Claim | None:
        return self._store.find(claim_key(enrolment))

    def save(self, claim: Claim, announcing: Sequence[Event] = ()) -> Claim:
        return _save_order(claim, announcing, self._store, self._connection)

    def of_learner(self, learner_id: LearnerId, limit: int, cursor: str | None) -> Page[Claim]:
        return self._store.page(_partition(learner_id), "CLAIM#", limit, cursor)


class DynamoReissues:
    """See ``ports.Reissues``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._store = reissue_store(encode)
        self._connection = connection

    def find(self, learner_id: LearnerId, number: CertificateNumber, version: int) -> Reissue | None:
        return self._store.find(reissue_key(learner_id, number, version))

    def of(self, learner_id: LearnerId, number: CertificateNumber) -> Sequence[Reissue]:
        return self._store.of_partition(_partition(learner_id), f"REISSUE#{number}#")

    def save(self, reissue: Reissue, announcing: Sequence[Event]) -> Reissue:
        return _save_order(reissue, announcing, self._store, self._connection)


class DynamoOrders:
    """See ``ports.Orders``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._claims = claim_store(encode)
        self._reissues = reissue_store(encode)

    def find(self, enrolment: EnrolmentId, number: CertificateNumber, version: int) -> Order | None:
        ordering = (
            self._reissues.find(reissue_key(enrolment.learner_id, number, version))
            if version > 1
            else self._claims.find(claim_key(enrolment))
        )
        return ordering.order if ordering else None


class DynamoReportedRecords:
    """See ``ports.ReportedRecords``: beside the ledger, so that all that is held about a learner is in one place."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(
            LearningItem, Reported, lambda reported: reported_key(reported.enrolment, reported.report), _none, encode
        )

    def find(self, enrolment: EnrolmentId, report: Report) -> Reported | None:
        return self.store.find(reported_key(enrolment, report))

    def save(self, reported: Reported) -> Reported:
        return self.store.save(reported)


class DynamoLedger:
    """See ``ports.Ledger``. What certificates earn or lose is entered by ``DynamoCertificates``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(LearningItem, LedgerEntry, ledger_key, _none, encode)

    def of_learner(self, learner_id: LearnerId) -> Sequence[LedgerEntry]:
        return self.store.of_partition(_partition(learner_id), "CREDIT#")

    def find(self, entry: LedgerEntry) -> LedgerEntry | None:
        return self.store.find(ledger_key(entry))

    def save(self, entry: LedgerEntry) -> LedgerEntry:
        return self.store.save(entry)
