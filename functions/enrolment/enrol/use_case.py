"""A learner's own enrolment: ask for it, read it, acknowledge, watch, withdraw."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from shared.announcements import enrolment_requested
from shared.contacts import changed_contact
from shared.domain.attempt import AttemptHistory
from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.erasure import Erasure
from shared.domain.ids import EnrolmentId, EnrolmentReference
from shared.domain.learner import Contact, Profile
from shared.domain.refusals import ModuleClosed, NotFound
from shared.domain.viewing import Segment
from shared.erasing import require_not_erased
from shared.identities import find_enrolment, find_or_place, name_enrolment, require_enrolment
from shared.ports import Accommodations, Attempts, Catalogue, Contacts, Enrolments, Erasures, Identities, ReadTogether
from shared.submission import hand_in


class Enrolling(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def erasures(self) -> Erasures: ...


def request_enrolment(
    reference: EnrolmentReference, deps: Enrolling, *, at: datetime, contact: Contact | None = None
) -> tuple[Enrolment, bool]:
    """Ask to enrol, and whether that was new; asked again, the enrolment stays as it is.

    The learner is told at ``contact``. Raise NotFound where there is no such module, ModuleClosed where it is not open,
    LearnerErased.
    """
    learner_id = reference.learner_id
    asked = _asked_for(reference, deps, at)
    edition = asked.of_edition
    with deps.read_together(
        (Erasure, learner_id),
        (EditionStatus, edition),
        (Enrolment, asked),
        (Contact, learner_id),
        (Profile, learner_id),
    ):
        require_not_erased(learner_id, deps.erasures)
        status = deps.catalogue.status(edition)
        known, place = find_or_place(asked, deps)
        moved = changed_contact(contact, deps.contacts)
    if status is None:
        raise NotFound(f"There is no edition {edition.edition} of {edition.module_id!r}.")
    if not known or known.can_be_requested_anew:
        status.require_open(at)
    if moved:
        deps.contacts.save(moved)
    if known and not known.can_be_requested_anew:
        return known, False
    requested = known.requested_anew(at) if known else Enrolment.requested(place, at)
    return deps.enrolments.save(requested, announcing=[enrolment_requested(requested)]), True


def _asked_for(reference: EnrolmentReference, deps: Enrolling, at: datetime) -> EnrolmentId:
    """The enrolment in the edition named, or in the newest open one; raise NotFound or ModuleClosed."""
    learner_id, module_id = reference.learner_id, reference.module_id
    if reference.edition is not None:
        return EnrolmentId(learner_id, module_id, reference.edition)
    statuses = deps.catalogue.statuses(module_id)
    if not statuses:
        raise NotFound(f"There is no such module {module_id!r}.")
    is_open = next((status for status in statuses if status.is_open(at)), None)
    if is_open is None:
        raise ModuleClosed(f"No edition of {module_id!r} is open.", expires_at=statuses[0].terminates_at)
    return EnrolmentId(learner_id, module_id, is_open.edition)


def show_enrolment(
    reference: EnrolmentReference, deps: Enrolling
) -> tuple[Enrolment, AttemptHistory, Edition, EditionStatus]:
    """The enrolment with its attempts, and its edition under the learner's terms with its status; raise NotFound."""
    enrolment = find_enrolment(reference, deps)
    if enrolment is None:
        raise NotFound(f"There is no enrolment in {reference.module_id!r}.")
    edition = deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms)
    status = deps.catalogue.status(edition.id)
    if status is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    return enrolment, _history(enrolment, edition, deps), edition, status


def show_attempts(enrolment: Enrolment, deps: Enrolling) -> AttemptHistory:
    """All attempts of an enrolment, and what they leave to the learner."""
    return _history(enrolment, deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms), deps)


def _history(enrolment: Enrolment, edition: Edition, deps: Enrolling) -> AttemptHistory:
    accommodation = deps.accommodations.find(enrolment.learner_id, enrolment.module_id)
    return AttemptHistory(edition.content.test, deps.attempts.of(enrolment.id), accommodation)


def withdraw(reference: EnrolmentReference, deps: Enrolling, *, at: datetime) -> Enrolment:
    """Withdraw, and close an open attempt ungraded; raise NotEnrolled or AlreadyPassed. What lapsed stays so.

    An attempt past its deadline is over and will be graded, whether or not the sweep has come by yet.
    The attempt goes first: broken off in between, the same request completes it.
    """
    enrolment = require_enrolment(reference, deps)
    if enrolment.state in (EnrolmentState.WITHDRAWN, EnrolmentState.LAPSED):
        return enrolment
    withdrawn = enrolment.withdrawn(at)
    status = deps.catalogue.status(enrolment.id.of_edition)
    for attempt in deps.attempts.of(enrolment.id):
        ending = attempt.ending(status.terminates_at) if status else attempt
        if ending.is_overdue(at):
            hand_in(ending.ended(), deps.attempts)
        elif attempt.is_open:
            deps.attempts.save(attempt.closed(at))
    return deps.enrolments.save(withdrawn)


def acknowledge(
    reference: EnrolmentReference,
    information_hash: str,
    deps: Enrolling,
    *,
    at: datetime,
) -> Enrolment:
    """Note that the current information was acknowledged; raise NotEnrolled, NotConfirmed, InformationChanged."""
    named = name_enrolment(reference, deps)
    with deps.read_together((Enrolment, named), (Edition, named.of_edition)):
        enrolment = require_enrolment(named.reference, deps)
        current = deps.catalogue.edition(named.of_edition).information_hash
    acknowledged = enrolment.acknowledged(information_hash, current, at)
    return enrolment if acknowledged is enrolment else deps.enrolments.save(acknowledged)


def record_views(
    reference: EnrolmentReference,
    segments: Sequence[Segment],
    deps: Enrolling,
    *,
    at: datetime,
    slides: Collection[int] = (),
) -> Enrolment:
    """Add watched segments (seconds) and slides shown (numbers from 1); raise NotEnrolled or NotConfirmed."""
    enrolment = require_enrolment(reference, deps)
    terms = enrolment.terms or deps.catalogue.edition(enrolment.id.of_edition).content.terms
    viewed = enrolment.viewed(segments, terms.minutes * 60, at)
    return deps.enrolments.save(viewed.leafed(slides, terms.slides))
