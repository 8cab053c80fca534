"""A person's enrolment, under whichever of their identities it was begun.

Other identities are asked about only where the learner's own records would lead to a no: whoever has one identity, as
nearly everybody has, and is enrolled pays no read for those who have several.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.domain.claim import LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.identities import counting
from shared.domain.ids import EnrolmentId, EnrolmentReference, LearnerId, ModuleId
from shared.domain.refusals import NotEnrolled
from shared.ports import Enrolments, Identities, Ledger


class Knowing(Protocol):
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def identities(self) -> Identities: ...


def find_enrolment(reference: EnrolmentReference, deps: Knowing) -> Enrolment | None:
    """The enrolment that a request means."""
    learner_id, module_id, edition = reference.learner_id, reference.module_id, reference.edition
    if edition is not None:
        return find_or_place(EnrolmentId(learner_id, module_id, edition), deps)[0]
    own = next(iter(deps.enrolments.of_module(learner_id, module_id)), None)
    if own and own.joint is None:
        return own
    identities = deps.identities.of(learner_id)
    return counting(_begun(identities, module_id, deps), None) if len(identities) > 1 else own


def require_enrolment(reference: EnrolmentReference, deps: Knowing) -> Enrolment:
    """The enrolment that a request means; raise NotEnrolled."""
    enrolment = find_enrolment(reference, deps)
    if enrolment is None:
        raise NotEnrolled(f"There is no enrolment in {reference.module_id!r}.")
    return enrolment


def name_enrolment(reference: EnrolmentReference, deps: Knowing) -> EnrolmentId:
    """Which enrolment a request means, before it is known whether that is there, and under this identity.

    Raise NotEnrolled where the request names no edition and there is none.
    """
    if reference.edition is None:
        return require_enrolment(reference, deps).id
    return EnrolmentId(reference.learner_id, reference.module_id, reference.edition)


def find_or_place(asked: EnrolmentId, deps: Knowing) -> tuple[Enrolment | None, EnrolmentId]:
    """The person's enrolment in an edition, and where it is; where there is none, where a new one goes.

    A module goes on under the identity that began it last, so that whoever looks there finds the newest.
    """
    own = deps.enrolments.find(asked)
    if own and own.joint is None:
        return own, asked
    identities = deps.identities.of(asked.learner_id)
    if len(identities) == 1:
        return own, asked
    begun = _begun(identities, asked.module_id, deps)
    found, newest = counting(begun, asked.edition), counting(begun, None)
    if found:
        return found, found.id
    return None, replace(asked, learner_id=newest.learner_id) if newest else asked


def _begun(identities: Sequence[LearnerId], module_id: ModuleId, deps: Knowing) -> Sequence[Enrolment]:
    return [one for learner_id in identities for one in deps.enrolments.of_module(learner_id, module_id)]


def credit_of(identities: Sequence[LearnerId], ledger: Ledger) -> Sequence[LedgerEntry]:
    """A person's ledger, by the day on which credit was earned."""
    entries = [entry for learner_id in identities for entry in ledger.of_learner(learner_id)]
    return sorted(entries, key=lambda entry: entry.earned_on)
