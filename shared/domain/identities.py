"""Joined identities: whoever has several accounts is one learner, under one of them, the primary."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.attempt import Attempt
from shared.domain.enrolment import Enrolment, Joint
from shared.domain.ids import EditionId, LearnerId, ModuleId
from shared.domain.learner import Joined, Profile
from shared.domain.refusals import AlreadyJoined, IdentitiesConflict, InvalidRequest


def join(primary: Profile, other: Profile, joined: Joined) -> tuple[Profile, Profile]:
    """Both profiles, saying that ``other`` is the same person; joined already, they stay as they are.

    Raise InvalidRequest where that is the same identity, AlreadyJoined where one of them is joined otherwise: first
    ends what was joined, or join with the primary.
    """
    if primary.learner_id == other.learner_id:
        errors = [{"loc": ["body", "learner_id"], "msg": "Must be another identity."}]
        raise InvalidRequest("An identity is not joined with itself.", errors=errors)
    if other.joined_to == primary.learner_id:
        return primary, other
    for profile in (primary, other):
        if profile.joined_to:
            raise AlreadyJoined(learner_id=profile.learner_id, primary=profile.joined_to)
    if other.joined:
        raise AlreadyJoined(learner_id=other.learner_id, primary=other.learner_id)
    return (
        replace(primary, joined=(*primary.joined, joined)),
        replace(other, joined_to=primary.learner_id),
    )


def separate(primary: Profile, other: Profile) -> tuple[Profile, Profile]:
    """Both profiles, saying nothing of one another; where they said nothing, they stay as they are."""
    if other.joined_to != primary.learner_id:
        return primary, other
    left = tuple(each for each in primary.joined if each.learner_id != other.learner_id)
    return replace(primary, joined=left), replace(other, joined_to=None)


def require_reconcilable(enrolments: Sequence[Enrolment], attempts: Sequence[Attempt], other: LearnerId) -> None:
    """Raise IdentitiesConflict where ``other`` and somebody else both sat or passed the test of an edition.

    Attempts are counted, drawn and numbered within one enrolment: of two, neither could be continued honestly.
    """
    held: defaultdict[EditionId, set[bool]] = defaultdict(set)
    for one in _evident(enrolments, attempts):
        held[one.id.of_edition].add(one.learner_id == other)
    both = sorted(edition for edition, sides in held.items() if len(sides) > 1)
    if both:
        editions = [{"module_id": edition.module_id, "edition": edition.edition} for edition in both]
        raise IdentitiesConflict(editions=editions)


def reconciled(enrolments: Sequence[Enrolment], attempts: Sequence[Attempt], at: datetime) -> Sequence[Enrolment]:
    """What changes of a person's ``enrolments``, those of the primary first, in modules that several identities began.

    Of two in one edition the one that was sat or passed counts, else the one that is under way, else the primary's.
    The other is set aside, and withdrawn if it was open. In all other modules nothing changes.
    """
    by_module: defaultdict[ModuleId, list[Enrolment]] = defaultdict(list)
    for one in enrolments:
        by_module[one.module_id].append(one)
    evident = set(map(id, _evident(enrolments, attempts)))
    changed = []
    for begun in by_module.values():
        if len({one.learner_id for one in begun}) == 1:
            continue
        for edition in {one.edition for one in begun}:
            twins = [one for one in begun if one.edition == edition]
            counting = max(twins, key=lambda one: (id(one) in evident, not one.can_be_requested_anew))
            for one in twins:
                counts = one is counting or id(one) in evident
                now = replace(one, joint=Joint.COUNTS) if counts else one.set_aside(at)
                if now != one:
                    changed.append(now)
    return changed


def counting(enrolments: Sequence[Enrolment], edition: int | None) -> Enrolment | None:
    """The one that counts of a person's ``enrolments`` in a module: in ``edition``, else in their newest one."""
    meant = [one for one in enrolments if edition in (None, one.edition)]
    return max(meant, key=lambda one: (one.joint is not Joint.SET_ASIDE, one.edition, one.has_passed), default=None)


def _evident(enrolments: Sequence[Enrolment], attempts: Sequence[Attempt]) -> Iterator[Enrolment]:
    """Those in which something was sat or passed."""
    sat = {attempt.enrolment for attempt in attempts}
    return (one for one in enrolments if one.has_passed or one.id in sat)
