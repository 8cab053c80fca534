"""Credit earned elsewhere: the learner's own word, kept apart from what this system vouches for."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from shared.domain.claim import EXTERNAL, LedgerEntry
from shared.domain.ids import LearnerId
from shared.domain.refusals import InvalidRequest

# The most that one entry may claim: more than a five-year cycle asks for is a slip of the pen.
MAXIMUM = Decimal(500)
# The day begins in the easternmost zone so long before it does in UTC.
EASTERNMOST = timedelta(hours=14)


def external_credit(
    learner_id: LearnerId,
    *,
    earned_on: date,
    title: str,
    scheme: str,
    amount: Decimal,
    provider: str,
    at: datetime,
) -> LedgerEntry:
    """The ledger's entry for credit of any scheme, known here or not; raise InvalidRequest.

    The steps of a scheme are the business of whoever awarded the credit, so any positive amount is taken.
    """
    errors = []
    if not Decimal(0) < amount <= MAXIMUM:
        errors.append({"loc": ["body", "amount"], "msg": f"Must be more than 0 and at most {MAXIMUM}."})
    if earned_on > (at + EASTERNMOST).date():
        errors.append({"loc": ["body", "earned_on"], "msg": "Must not be in the future."})
    if errors:
        raise InvalidRequest("This credit can't have been earned.", errors=errors)
    return LedgerEntry(
        learner_id=learner_id,
        module_id=None,
        edition=None,
        title=title,
        scheme=scheme,
        category="",
        amount=amount.quantize(Decimal("0.01")),
        certificate=None,
        earned_on=earned_on.isoformat(),
        kind=EXTERNAL,
        provider=provider,
    )
