"""Admission: who is a member of the society, as its office says."""

from datetime import date
from typing import Protocol

from shared.domain.ids import LearnerId
from shared.domain.learner import Membership
from shared.domain.refusals import NotFound
from shared.ports import Memberships


class Admitting(Protocol):
    @property
    def memberships(self) -> Memberships: ...


def set_membership(learner_id: LearnerId, member: bool, until: date | None, deps: Admitting) -> Membership:
    """Say whether a learner is a member, the last word counting."""
    known = deps.memberships.find(learner_id)
    version = known.version if known else 0
    return deps.memberships.save(Membership(learner_id=learner_id, member=member, until=until, version=version))


def show_membership(learner_id: LearnerId, deps: Admitting) -> Membership:
    """Raise NotFound where nothing was ever said about the learner."""
    membership = deps.memberships.find(learner_id)
    if membership is None:
        raise NotFound(f"Nothing is known of a membership of {learner_id!r}.")
    return membership
