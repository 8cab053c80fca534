"""All that reports are made of, for one enrolment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared.domain.attempt import Attempt
from shared.domain.claim import LedgerEntry
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber
from shared.domain.learner import Profile
from shared.domain.reporting import Findings, Gap, Record

NO_CONSENT = "no-consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedCredit:
    """What the ledger holds of one scheme: the award with all its corrections, which ``entries`` counts."""

    scheme: str
    category: str
    activity_id: str
    certificate: CertificateNumber
    earned_on: date
    amount: Decimal
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """One learner in one edition; ``ledger`` is the learner's whole."""

    enrolment: Enrolment
    edition: Edition
    profile: Profile
    attempts: Sequence[Attempt]
    ledger: Sequence[LedgerEntry]

    def day(self, at: datetime) -> date:
        """The day of an instant in the provider's zone."""
        return at.astimezone(ZoneInfo(self.edition.content.zone)).date()

    @property
    def credits(self) -> list[EarnedCredit]:
        """What was earned here and not taken back, by scheme."""
        activities = {offer.scheme: offer.activity_id for offer in self.edition.content.credits}
        earned: dict[str, EarnedCredit] = {}
        for entry in self.ledger:
            if entry.of_edition != self.edition.id or not entry.certificate:
                continue
            known = earned.get(entry.scheme)
            earned[entry.scheme] = EarnedCredit(
                scheme=entry.scheme,
                category=entry.category,
                activity_id=activities[entry.scheme],
                certificate=entry.certificate,
                earned_on=date.fromisoformat(entry.earned_on),
                amount=entry.amount + (known.amount if known else 0),
                entries=1 + (known.entries if known else 0),
            )
        return [earned[scheme] for scheme in sorted(earned) if earned[scheme].amount > 0]


def with_consent(participation: Participation, records: Sequence[Record], *, withdrawable: bool) -> Findings:
    """The records, if the learner permits reporting: silence is no permission.

    Where the receiver can take a record back (``withdrawable``), what was reported is deleted when the permission is.
    """
    if participation.profile.reporting_consent:
        return Findings(records=records)
    gaps = [Gap(key=record.key, on=record.on, reason=NO_CONSENT, withdrawn=withdrawable) for record in records]
    return Findings(gaps=gaps)
