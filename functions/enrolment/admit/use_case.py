"""Admission: who is a member of the society, and what a learner is granted, as the office says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import AttemptHistory
from shared.domain.enrolment import Enrolment
from shared.domain.ids import LearnerId, ModuleId
from shared.domain.learner import Membership
from shared.domain.refusals import NotFound
from shared.erasing import require_not_erased
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Directory,
    Enrolments,
    Erasures,
    Identities,
    Memberships,
    Page,
)


class Admitting(Protocol):
    @property
    def memberships(self) -> Memberships: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def directory(self) -> Directory: ...


def set_membership(learner_id: LearnerId, member: bool, until: date | None, deps: Admitting) -> Membership:
    """Say whether a learner is a member, the last word counting; what is known already is not written again."""
    known = deps.memberships.find(learner_id)
    version = known.version if known else 0
    told = Membership(learner_id=learner_id, member=member, until=until, version=version)
    return told if told == known else deps.memberships.save(told)


def set_memberships(told: Sequence[Membership], deps: Admitting) -> int:
    """Say of many learners whether they are members, and how many of them that was news about.

    The last word counts. Broken off, the same request completes it: what is known already is not written again.
    """
    known = deps.memberships.those(membership.learner_id for membership in told)
    current = [
        replace(membership, version=known[membership.learner_id].version if membership.learner_id in known else 0)
        for membership in told
    ]
    news = [membership for membership in current if membership != known.get(membership.learner_id)]
    deps.memberships.write_over(news)
    return len(news)


def list_memberships(limit: int, cursor: str | None, deps: Admitting) -> Page[Membership]:
    """Everyone of whose membership anything was said; ``cursor`` gets the next page."""
    page = deps.directory.members(limit, cursor)
    known = deps.memberships.those(page.entries)
    return Page([known[learner_id] for learner_id in page.entries if learner_id in known], page.cursor)


def list_accommodations(limit: int, cursor: str | None, deps: Admitting) -> Page[Accommodation]:
    """Everything that anyone is granted, by module; ``cursor`` gets the next page."""
    page = deps.directory.grants(limit, cursor)
    return Page(deps.accommodations.those(page.entries), page.cursor)


def accommodations_of(learner_id: LearnerId, deps: Admitting) -> Sequence[Accommodation]:
    """What a learner is granted, by module; nothing, of most."""
    return deps.accommodations.of_learner(learner_id)


def grant_accommodation(accommodation: Accommodation, deps: Admitting) -> Accommodation:
    """Grant more time or attempts, the last word counting; an open attempt's deadline moves with it.

    A person is granted it under each of their identities. Raise NotFound where there is no such module, LearnerErased.
    The grant comes first: broken off in between, the same request moves what is left to move.
    """
    if not deps.catalogue.statuses(accommodation.module_id):
        raise NotFound(f"There is no such module {accommodation.module_id!r}.")
    require_not_erased(accommodation.learner_id, deps.erasures)
    granted = grant_to(accommodation, deps, at=accommodation.granted_at)
    for identity in deps.identities.of(accommodation.learner_id):
        if identity != accommodation.learner_id:
            grant_to(replace(accommodation, learner_id=identity), deps, at=accommodation.granted_at)
    return granted


def grant_to(accommodation: Accommodation, deps: Admitting, *, at: datetime) -> Accommodation:
    """Grant it to one identity; an open attempt's deadline moves with it, as of ``at``."""
    known = deps.accommodations.find(accommodation.learner_id, accommodation.module_id)
    unchanged = known and replace(known, granted_at=accommodation.granted_at, version=0) == accommodation
    granted = (
        known
        if known and unchanged
        else deps.accommodations.save(replace(accommodation, version=known.version if known else 0))
    )
    for enrolment in deps.enrolments.of_module(granted.learner_id, granted.module_id):
        _move_deadline(enrolment, granted, deps, at=at)
    return granted


def _move_deadline(enrolment: Enrolment, granted: Accommodation, deps: Admitting, *, at: datetime) -> None:
    """Give the open attempt of an enrolment, if there is one, the end that its time limit has now.

    One that is overdue has ended, whether or not it was swept up.
    """
    status = deps.catalogue.status(enrolment.id.of_edition)
    for attempt in deps.attempts.of(enrolment.id):
        if attempt.is_open and status and not attempt.ending(status.terminates_at).is_overdue(at):
            terms = enrolment.terms or deps.catalogue.edition(enrolment.id.of_edition).content.terms
            limit = AttemptHistory(terms.test, (), granted).time_limit
            moved = attempt.limited(limit, status.terminates_at)
            if moved != attempt:
                deps.attempts.save(moved)


def show_accommodation(learner_id: LearnerId, module_id: ModuleId, deps: Admitting) -> Accommodation:
    """Raise NotFound where nothing was granted."""
    granted = deps.accommodations.find(learner_id, module_id)
    if granted is None:
        raise NotFound(f"Nothing was granted to {learner_id!r} for {module_id!r}.")
    return granted


def show_membership(learner_id: LearnerId, deps: Admitting) -> Membership:
    """Raise NotFound where nothing was ever said about the learner."""
    membership = deps.memberships.find(learner_id)
    if membership is None:
        raise NotFound(f"Nothing is known of a membership of {learner_id!r}.")
    return membership
