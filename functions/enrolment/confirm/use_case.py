"""Confirmation: membership, profession and prerequisites decide about a request."""

from typing import Protocol

from shared.domain.admission import reason_to_decline
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.events.enrolment import (
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentLapsedV1,
    EnrolmentRequestedV1,
)
from shared.ports import Catalogue, Clock, Enrolments, Memberships, Profiles


class Confirming(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def clock(self) -> Clock: ...


def confirm_enrolment(requested: EnrolmentRequestedV1, deps: Confirming) -> None:
    """Confirm or decline a request, as of its own instant; a message delivered again changes nothing.

    A request that is taken up only after the edition's end lapses.
    """
    enrolment = deps.enrolments.find(
        EnrolmentId(LearnerId(requested.learner_id), ModuleId(requested.module_id), requested.edition)
    )
    if enrolment is None:
        raise LookupError(f"no enrolment for {requested.id}")
    if enrolment.state is not EnrolmentState.REQUESTED or enrolment.requests != requested.ordinal:
        return
    decided, announced = _decide(enrolment, deps)
    deps.enrolments.save(decided, announcing=[announced])


def _decide(
    enrolment: Enrolment, deps: Confirming
) -> tuple[Enrolment, EnrolmentConfirmedV1 | EnrolmentDeclinedV1 | EnrolmentLapsedV1]:
    at, edition = enrolment.requested_at, enrolment.id.of_edition
    content = deps.catalogue.edition(edition).content
    membership = deps.memberships.find(enrolment.learner_id) if content.members_only else None
    profile = deps.profiles.find(enrolment.learner_id) if content.professions else None
    passed = [
        prerequisite
        for prerequisite in content.prerequisites
        if any(known.has_passed for known in deps.enrolments.of_module(enrolment.learner_id, prerequisite))
    ]
    reason = reason_to_decline(content, membership, profile.profession if profile else None, passed, at)
    if reason:
        return enrolment.declined(reason, at), EnrolmentDeclinedV1(
            at=at,
            ordinal=enrolment.requests,
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            reason=reason,
        )
    status = deps.catalogue.status(edition)
    if status and deps.clock.now() >= status.terminates_at:
        return enrolment.lapsed(status.terminates_at), EnrolmentLapsedV1(
            at=status.terminates_at,
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
        )
    return enrolment.confirmed(at, content.terms), EnrolmentConfirmedV1(
        at=at,
        ordinal=enrolment.requests,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )
