"""A learner's attempts at the CME test: start, save, hand in."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt, AttemptHistory
from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment
from shared.domain.erasure import Erasure
from shared.domain.form import Answers, draw_form
from shared.domain.ids import AttemptId, EditionId, EnrolmentReference
from shared.domain.learner import Profile
from shared.domain.questions import Bank
from shared.domain.refusals import AlreadyPassed, GradingPending, NotEnrolled, NotFound
from shared.erasing import require_not_erased
from shared.identities import find_enrolment, name_enrolment, require_enrolment
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Enrolments,
    Erasures,
    Identities,
    Profiles,
    QuestionBanks,
    Randomness,
    ReadTogether,
)
from shared.submission import hand_in


class Attempting(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def randomness(self) -> Randomness: ...


def start_attempt(reference: EnrolmentReference, deps: Attempting, *, at: datetime) -> tuple[Attempt, Bank, bool]:
    """Start the next attempt, with the bank its questions are in, and whether it is new.

    One that is open is found instead; so two starts at once give one attempt. Raise NotEnrolled,
    NotConfirmed, AlreadyPassed, ModuleClosed, NotAcknowledged, ProfileIncomplete, ViewingIncomplete,
    GradingPending, AttemptsExhausted, AttemptCoolingDown or LearnerErased.
    """
    named = name_enrolment(reference, deps)
    learner_id, edition = named.learner_id, named.of_edition
    with deps.read_together(
        (Enrolment, named),
        (Edition, edition),
        (EditionStatus, edition),
        (Accommodation, (learner_id, edition.module_id)),
        (Attempt, AttemptId(named, 1)),
        (Attempt, AttemptId(named, 2)),
        (Erasure, learner_id),
        (Profile, learner_id),
    ):
        enrolment = require_enrolment(named.reference, deps)
        if enrolment.id == named:
            return _start(enrolment, deps, at)
    # It was begun under another identity of the learner.
    return start_attempt(enrolment.id.reference, deps, at=at)


def _start(enrolment: Enrolment, deps: Attempting, at: datetime) -> tuple[Attempt, Bank, bool]:
    taken = deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms)
    status = _status(enrolment.id.of_edition, deps)
    accommodation = deps.accommodations.find(enrolment.learner_id, enrolment.module_id)
    history = AttemptHistory(taken.content.test, deps.attempts.of(enrolment.id), accommodation)
    if history.open:
        is_open = _decided(history.open, status, deps, at)
        if not is_open.is_open:
            raise GradingPending(attempt=is_open.number)
        is_open = _under_the_limit(is_open, history, status, deps)
        return is_open, deps.question_banks.get(taken.id, is_open.form.bank_revision), False
    require_not_erased(enrolment.learner_id, deps.erasures)
    enrolment.require_confirmed()
    if enrolment.has_passed:
        raise AlreadyPassed()
    status.require_open(at)
    enrolment.require_acknowledged(taken.information_hash)
    _require_profile(enrolment, taken, deps)
    enrolment.require_watched(taken.content.viewing.required_percent, taken.content.minutes)
    history.require_next_allowed(at)
    bank = deps.question_banks.get(taken.id, taken.bank_revision)
    form = draw_form(bank, taken.content.test.pools, deps.randomness.random(), history.seen)
    started = deps.attempts.save(history.started(enrolment.id, form, at, status.terminates_at, taken.content.zone))
    if history.time_limit:
        # Who grants more time moves the attempt that is there; what was granted meanwhile has not seen this one.
        granted = deps.accommodations.find(enrolment.learner_id, enrolment.module_id)
        started = _under_the_limit(started, replace(history, accommodation=granted), status, deps)
    return started, bank, True


def _under_the_limit(attempt: Attempt, history: AttemptHistory, status: EditionStatus, deps: Attempting) -> Attempt:
    """An open attempt with the end that its time limit, and what is granted on top, give it."""
    limited = attempt.limited(history.time_limit, status.terminates_at)
    return attempt if limited == attempt else deps.attempts.save(limited)


def show_attempt(
    reference: EnrolmentReference, number: int, deps: Attempting, *, at: datetime
) -> tuple[Attempt, Bank | None]:
    """An attempt, with its bank while it is open; raise NotFound."""
    enrolment = find_enrolment(reference, deps)
    attempt = deps.attempts.find(AttemptId(enrolment.id, number)) if enrolment else None
    if attempt is None:
        raise NotFound(f"There is no attempt {number}.")
    attempt = _decided(attempt, _status(attempt.enrolment.of_edition, deps), deps, at)
    if not attempt.is_open:
        return attempt, None
    return attempt, deps.question_banks.get(attempt.enrolment.of_edition, attempt.form.bank_revision)


def save_answers(
    reference: EnrolmentReference,
    number: int,
    answers: Answers,
    deps: Attempting,
    *,
    at: datetime,
) -> Attempt:
    """Merge answers question by question; raise NotEnrolled, AttemptOver or InvalidRequest."""
    attempt = _attempt(reference, number, deps, at)
    return deps.attempts.save(attempt.saved(answers, at))


def submit_attempt(
    reference: EnrolmentReference,
    number: int,
    answers: Answers,
    deps: Attempting,
    *,
    at: datetime,
) -> tuple[Attempt, bool]:
    """Hand the attempt in, and whether that was new; handed in already, it stays as it is.

    Raise NotEnrolled, InvalidRequest, or AttemptOver where the deadline came first.
    """
    attempt = _attempt(reference, number, deps, at)
    if attempt.submitted_by == "learner":
        return attempt, False
    return hand_in(attempt.submitted(answers, at), deps.attempts), True


def _attempt(reference: EnrolmentReference, number: int, deps: Attempting, at: datetime) -> Attempt:
    """Only who is enrolled has an attempt: the enrolment need not be read, unless it is under another identity."""
    named = name_enrolment(reference, deps)
    edition = named.of_edition
    with deps.read_together((Attempt, AttemptId(named, number)), (EditionStatus, edition)):
        attempt = deps.attempts.find(AttemptId(named, number))
        if attempt is None:
            enrolment = require_enrolment(named.reference, deps)
            attempt = deps.attempts.find(AttemptId(enrolment.id, number)) if enrolment.id != named else None
        if attempt is None:
            raise NotEnrolled(f"There is no attempt {number}.")
        status = _status(edition, deps)
    return _decided(attempt, status, deps, at)


def _status(edition: EditionId, deps: Attempting) -> EditionStatus:
    status = deps.catalogue.status(edition)
    if status is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    return status


def _decided(attempt: Attempt, status: EditionStatus, deps: Attempting, at: datetime) -> Attempt:
    """The attempt as the rules have it at ``at``: overdue, it is handed in by its deadline first."""
    ending = attempt.ending(status.terminates_at) if attempt.is_open else attempt
    return hand_in(ending.ended(), deps.attempts) if ending.is_overdue(at) else ending


def _require_profile(enrolment: Enrolment, edition: Edition, deps: Attempting) -> None:
    """An automatic certificate prints the profile: raise ProfileIncomplete before the work, not after."""
    if edition.content.is_automatic:
        (deps.profiles.find(enrolment.learner_id) or Profile(learner_id=enrolment.learner_id)).attested()
