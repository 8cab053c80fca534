"""Confirmation: membership, profession and prerequisites decide about a request."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from shared.domain.admission import reason_to_decline, weightiest
from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition, EditionContent
from shared.domain.enrolment import Enrolment, EnrolmentState, WaitingFor
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.domain.learner import Membership, Profile
from shared.events.enrolment import (
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentLapsedV1,
    EnrolmentRequestedV1,
)
from shared.ports import (
    Catalogue,
    Clock,
    DirectoryUnavailable,
    Enrolments,
    Identities,
    MembershipDirectory,
    Memberships,
    Profiles,
    ReadTogether,
)


class Confirming(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def membership_directory(self) -> MembershipDirectory: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def clock(self) -> Clock: ...


def confirm_enrolment(requested: EnrolmentRequestedV1, deps: Confirming) -> None:
    """Confirm or decline a request, as of its own instant; a message delivered again changes nothing.

    A request that is taken up only after the edition's end lapses. Where the society's directory gives no answer the
    request waits, and is tried again: a directory that is down declines nobody.
    """
    enrolment_id = EnrolmentId(LearnerId(requested.learner_id), ModuleId(requested.module_id), requested.edition)
    with deps.read_together(
        (Enrolment, enrolment_id),
        (Edition, enrolment_id.of_edition),
        (EditionStatus, enrolment_id.of_edition),
        (Membership, enrolment_id.learner_id),
        (Profile, enrolment_id.learner_id),
    ):
        _take_up(requested, enrolment_id, deps)


def _take_up(requested: EnrolmentRequestedV1, enrolment_id: EnrolmentId, deps: Confirming) -> None:
    enrolment = deps.enrolments.find(enrolment_id)
    if enrolment is None:
        raise LookupError(f"no enrolment for {requested.id}")
    if enrolment.state is not EnrolmentState.REQUESTED or enrolment.requests != requested.ordinal:
        return
    try:
        decided, announced = _decide(enrolment, deps)
    except DirectoryUnavailable:
        lapse = _lapse(enrolment, deps)
        if lapse is None:
            deps.enrolments.save(enrolment.delayed(WaitingFor.MEMBERSHIP_DIRECTORY, deps.clock.now()))
            return
        decided, announced = lapse
    deps.enrolments.save(decided, announcing=[announced])


# The other identities of the person, asked for where what is known of this one would decline; of most there are none.
Others = Callable[[], Sequence[LearnerId]]
Decision = tuple[Enrolment, EnrolmentConfirmedV1 | EnrolmentDeclinedV1 | EnrolmentLapsedV1]


def _decide(enrolment: Enrolment, deps: Confirming) -> Decision:
    at, edition = enrolment.requested_at, enrolment.id.of_edition
    content = deps.catalogue.edition(edition).content
    others = cache(lambda: [each for each in deps.identities.of(enrolment.learner_id) if each != enrolment.learner_id])
    membership = _membership(enrolment, others, content, deps) if content.members_only else None
    profile = deps.profiles.find(enrolment.learner_id) if content.professions else None
    passed = [each for each in content.prerequisites if _has_passed(each, enrolment.learner_id, others, deps)]
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
    return _lapse(enrolment, deps) or _confirm(enrolment, content)


def _lapse(enrolment: Enrolment, deps: Confirming) -> Decision | None:
    """Of a request that is taken up only after the edition's end; None before it."""
    status = deps.catalogue.status(enrolment.id.of_edition)
    if status is None or deps.clock.now() < status.terminates_at:
        return None
    return enrolment.lapsed(status.terminates_at), EnrolmentLapsedV1(
        at=status.terminates_at,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )


def _confirm(enrolment: Enrolment, content: EditionContent) -> Decision:
    at = enrolment.requested_at
    return enrolment.confirmed(at, content.terms), EnrolmentConfirmedV1(
        at=at,
        ordinal=enrolment.requests,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )


def _membership(enrolment: Enrolment, others: Others, content: EditionContent, deps: Confirming) -> Membership | None:
    """What the office says, where that admits or refuses; else what the society's directory says.

    What is said of any identity of the person admits. Raise DirectoryUnavailable.
    """
    at, zone = enrolment.requested_at, content.zone
    own = deps.memberships.find(enrolment.learner_id)
    if own and own.holds(at, zone):
        return own
    of_office = weightiest([own, *map(deps.memberships.find, others())], at, zone)
    if of_office and (not of_office.member or of_office.holds(at, zone)):
        return of_office
    asked = [enrolment.learner_id, *others()]
    return weightiest([deps.membership_directory.find(each) for each in asked], at, zone) or of_office


def _has_passed(module_id: ModuleId, learner_id: LearnerId, others: Others, deps: Confirming) -> bool:
    def has(identity: LearnerId) -> bool:
        return any(known.has_passed for known in deps.enrolments.of_module(identity, module_id))

    return has(learner_id) or any(map(has, others()))
