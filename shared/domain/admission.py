"""Who may enrol: membership and prerequisites, as of the instant of the request."""

from collections.abc import Collection
from datetime import datetime

from shared.domain.edition import EditionContent
from shared.domain.enrolment import DeclineReason
from shared.domain.ids import ModuleId
from shared.domain.learner import Membership


def reason_to_decline(
    content: EditionContent, membership: Membership | None, passed: Collection[ModuleId], at: datetime
) -> DeclineReason | None:
    """Why a request made at ``at`` is declined; None admits. ``passed``: the modules the learner has passed."""
    if content.members_only and not (membership and membership.holds(at, content.zone)):
        return DeclineReason.NOT_A_MEMBER
    if any(prerequisite not in passed for prerequisite in content.prerequisites):
        return DeclineReason.PREREQUISITE_MISSING
    return None
