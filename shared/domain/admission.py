"""Who may enrol: membership, profession and prerequisites, as of the instant of the request."""

from collections.abc import Collection, Sequence
from datetime import datetime

from shared.domain.edition import EditionContent
from shared.domain.enrolment import DeclineReason
from shared.domain.ids import ModuleId
from shared.domain.learner import Membership


def weightiest(memberships: Sequence[Membership | None], at: datetime, zone: str) -> Membership | None:
    """Of what is said of a person's identities: one that holds at ``at``, else the first that is said."""
    said = [membership for membership in memberships if membership]
    return next((membership for membership in said if membership.holds(at, zone)), next(iter(said), None))


def reason_to_decline(
    content: EditionContent,
    membership: Membership | None,
    profession: str | None,
    passed: Collection[ModuleId],
    at: datetime,
) -> DeclineReason | None:
    """Why a request made at ``at`` is declined; None admits.

    ``profession`` is the learner's own word, ``passed`` the modules they have passed.
    """
    if content.members_only and not (membership and membership.holds(at, content.zone)):
        return DeclineReason.NOT_A_MEMBER
    if content.professions and profession not in content.professions:
        return DeclineReason.PROFESSION_NOT_ADMITTED
    if any(prerequisite not in passed for prerequisite in content.prerequisites):
        return DeclineReason.PREREQUISITE_MISSING
    return None
