"""One mail: one event told to one learner, once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.domain.ids import LearnerId

# No call of the step takes so long: a send that has been under way for longer was broken off.
BROKEN_OFF_AFTER = timedelta(minutes=2)
# A send that nobody knows the outcome of is repeated once; then it counts as sent.
MOST_DOUBTS = 2


class MailState(StrEnum):
    """``waiting``: refused for now, so certainly not sent; ``doubtful``: handed over, but no answer came."""

    SENDING = "sending"
    WAITING = "waiting"
    DOUBTFUL = "doubtful"
    SENT = "sent"
    NOT_SENT = "not-sent"


class NotSent(StrEnum):
    """Why nothing was sent and nothing will be.

    ``moved-on``: what the event says no longer holds; ``nothing-new``: the learner knows already.
    """

    NO_ADDRESS = "no-address"
    ADDRESS_REFUSED = "address-refused"
    MOVED_ON = "moved-on"
    NOTHING_NEW = "nothing-new"
    NOT_WANTED = "not-wanted"


class SendUnderWay(Exception):
    """Another delivery of the same event is sending this mail at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How far a mail is. It holds no name, no address and no text; ``message_id`` is the mail service's.

    ``sender`` names the one delivery that is sending it, so that no other takes its write for its own.
    """

    event_id: str
    learner_id: LearnerId
    changed_at: datetime
    state: MailState = MailState.WAITING
    doubts: int = 0
    sender: str | None = None
    reason: NotSent | None = None
    message_id: str | None = None
    version: int = 0

    @property
    def is_over(self) -> bool:
        return self.state in (MailState.SENT, MailState.NOT_SENT)

    @property
    def reference(self) -> str:
        """What a mail carries to be known again: the same whenever it is sent, and says nothing about whom."""
        return hashlib.sha256(f"{self.event_id}/{self.learner_id}".encode()).hexdigest()[:32]

    def found(self, at: datetime) -> Self:
        """What a delivery at ``at`` may take it for; raise SendUnderWay where another may be sending it."""
        if self.state is not MailState.SENDING:
            return self
        if at < self.changed_at + BROKEN_OFF_AFTER:
            raise SendUnderWay(f"the mail about {self.event_id} is being sent")
        return self.unanswered(at)

    def begun(self, sender: str, at: datetime) -> Self:
        """About to be handed over by the delivery ``sender``."""
        return replace(self, state=MailState.SENDING, sender=sender, changed_at=at)

    def unanswered(self, at: datetime) -> Self:
        """Perhaps sent, perhaps not: the first time it is to be sent again, the second time it counts as sent."""
        doubts = self.doubts + 1
        state = MailState.DOUBTFUL if doubts < MOST_DOUBTS else MailState.SENT
        return replace(self._left(state, at), doubts=doubts)

    def put_off(self, at: datetime) -> Self:
        """Refused for now: as if it had not been tried."""
        return self._left(MailState.WAITING, at)

    def sent(self, message_id: str, at: datetime) -> Self:
        return replace(self._left(MailState.SENT, at), message_id=message_id)

    def not_sent(self, reason: NotSent, at: datetime) -> Self:
        return replace(self._left(MailState.NOT_SENT, at), reason=reason)

    def _left(self, state: MailState, at: datetime) -> Self:
        return replace(self, state=state, sender=None, changed_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says, before it is put into words: which mail, which of its paragraphs, and their facts.

    ``link`` is where to go on; ``provider`` whom it comes from; ``zone`` the provider's, for its times.
    """

    kind: str
    paragraphs: tuple[str, ...]
    link: str
    provider: str
    zone: str
    facts: Mapping[str, object] = field(default_factory=dict)
