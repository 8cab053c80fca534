"""A mail that many deliveries would send at once is sent by one of them."""

from functions.enrolment.confirm.use_case import confirm_enrolment
from functions.operations.notify.use_case import notify
from shared.bootstrap import deps
from shared.domain.mail import Mail, MailState, SendUnderWay
from shared.events.enrolment import EnrolmentConfirmedV1, EnrolmentRequestedV1
from shared.ports import ConcurrentChange
from tests.engine.racing import at_once
from tests.flow.journey import World, answered

ROUNDS = 10
DELIVERIES = 20
RUNS = 3  # of the consumer, before a message goes back


def delivered(event: EnrolmentConfirmedV1) -> Mail | None:
    """What comes of one delivery; None where it leaves the mail to another."""
    for _ in range(RUNS):
        try:
            return notify(event, deps())
        except ConcurrentChange:
            continue
        except SendUnderWay:
            return None
    return None


def test_twenty_deliveries_at_once_make_one_mail(world: World) -> None:
    module = world.published(members_only=False)
    facts = {"at": world.now, "module_id": module.module_id, "edition": module.edition}
    for number in range(ROUNDS):
        learner = world.learner(f"written-to-{number}", member=False)
        answered(learner.enrol(module), 202)
        confirm_enrolment(EnrolmentRequestedV1(learner_id=learner.sub, **facts), deps())
        confirmed = EnrolmentConfirmedV1(learner_id=learner.sub, **facts)
        mails = at_once(DELIVERIES, lambda _, event=confirmed: delivered(event))
        assert {mail.state for mail in mails if mail} == {MailState.SENT}
        assert len(world.mails(learner)) == 1
        world.deliver()
        assert len(world.mails(learner)) == 1
