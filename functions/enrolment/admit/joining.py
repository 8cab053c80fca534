"""Joined identities: two accounts of one person become one learner, and can be told apart again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from functions.enrolment.admit.use_case import Admitting, grant_to
from shared.domain.accommodation import shared_grants
from shared.domain.identities import join, reconciled, require_reconcilable, separate
from shared.domain.ids import LearnerId
from shared.domain.learner import Joined, Profile
from shared.domain.refusals import NotFound
from shared.erasing import require_not_erased
from shared.ports import Contacts


class Joining(Admitting, Protocol):
    @property
    def contacts(self) -> Contacts: ...


def join_identities(
    primary_id: LearnerId, other_id: LearnerId, reason: str, admin: LearnerId, deps: Joining, *, at: datetime
) -> tuple[Profile, bool]:
    """Let two identities be one person, and whether that is new; asked again, the person is the same.

    No evidence is moved. The join comes first: broken off in between, the same request shares what is granted and sets
    aside what yields. Raise NotFound where nothing is known of one, InvalidRequest, AlreadyJoined, IdentitiesConflict
    or LearnerErased.
    """
    before = _own(primary_id, other_id, deps)
    joined = Joined(learner_id=other_id, reason=reason, by=admin, at=at)
    primary, other = join(*before, joined)
    is_new = (primary, other) != before
    enrolments = [one for each in primary.identities for one in deps.enrolments.of_learner(each)]
    attempts = [one for each in primary.identities for one in deps.attempts.of_learner(each)]
    if is_new:
        require_reconcilable(enrolments, attempts, other_id)
        deps.identities.save(primary, other)
    granted = [one for each in primary.identities for one in deps.accommodations.of_learner(each)]
    for grant in shared_grants(granted, primary.identities):
        grant_to(grant, deps, at=at)
    for enrolment in reconciled(enrolments, attempts, at):
        deps.enrolments.save(enrolment)
    return primary, is_new


def separate_identities(primary_id: LearnerId, other_id: LearnerId, deps: Joining) -> Profile:
    """Let two identities be two learners, each with what is under it; asked again, nothing changes.

    Raise NotFound where nothing is known of one, or LearnerErased.
    """
    before = _own(primary_id, other_id, deps)
    primary, other = separate(*before)
    if (primary, other) != before:
        deps.identities.save(primary, other)
    return primary


def show_identities(learner_id: LearnerId, deps: Joining) -> Profile:
    """The primary's profile, which says who else they are; raise NotFound where nothing is known of the learner."""
    own = _known(learner_id, deps)
    return _known(own.person, deps) if own.joined_to else own


def _own(primary_id: LearnerId, other_id: LearnerId, deps: Joining) -> tuple[Profile, Profile]:
    """What both say themselves, blank where they have said nothing."""
    primary, other = _known(primary_id, deps), _known(other_id, deps)
    for each in (primary_id, other_id):
        require_not_erased(each, deps.erasures)
    return primary, other


def _known(learner_id: LearnerId, deps: Joining) -> Profile:
    profile = deps.identities.own([learner_id]).get(learner_id)
    if profile:
        return profile
    known: Sequence[object] = (deps.contacts.find(learner_id), deps.memberships.find(learner_id))
    if not (any(known) or deps.enrolments.of_learner(learner_id)):
        raise NotFound(f"Nothing is known of a learner {learner_id!r}.")
    return Profile(learner_id=learner_id)
