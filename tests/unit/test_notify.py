"""Notification: one mail for an event and its recipient, whatever is delivered again and wherever it breaks off."""

from collections.abc import Callable

import pytest

from functions.operations.notify.letters import LETTERS
from functions.operations.notify.use_case import notify
from shared.domain.enrolment import EnrolmentState
from shared.domain.mail import BROKEN_OFF_AFTER, Mail, MailState, NotSent, SendUnderWay
from shared.events.certification import CertificateIssuedV1
from shared.events.enrolment import EnrolmentConfirmedV1
from shared.messaging.routing import ROUTES
from shared.ports import ConcurrentChange, SendPutOff, SendRefused, SendUnanswered
from tests.support.builders import (
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    a_claim,
    a_contact,
    a_head,
    a_profile,
    an_enrolment,
)
from tests.support.fakes import AnswerLost, BrokenOff, World

CONFIRMED = EnrolmentConfirmedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1)


def a_world() -> World:
    world = World()
    world.publish()
    world.enrolments.given(an_enrolment())
    world.contacts.given(a_contact())
    return world


def mail_in(world: World) -> Mail:
    [mail] = world.mails.records.all()
    return mail


def test_every_event_of_the_queue_has_its_letter_and_no_other_event_has_one() -> None:
    assert {kind.TYPE for kind in LETTERS} == {kind for kind, queues in ROUTES.items() if "notifications" in queues}


def test_a_learner_is_told_at_the_address_that_is_known_by_the_name_of_the_profile() -> None:
    world = a_world()
    world.profiles.given(a_profile(language="de"))
    mail = notify(CONFIRMED, world)
    [sent] = world.mailer.sent
    assert sent.to == "ada@example.org"
    assert sent.provider == "Society of Oncology"
    assert sent.wording.text.startswith("Guten Tag Ada Lovelace,")
    assert sent.kind == "enrolment_confirmed"
    assert (mail.state, mail.message_id) == (MailState.SENT, "message-1")
    assert mail_in(world) == mail


def test_before_there_is_a_profile_name_and_language_are_those_of_the_token() -> None:
    world = a_world()
    world.contacts.given(a_contact(language="fr-CH"))
    notify(CONFIRMED, world)
    [sent] = world.mailer.sent
    assert sent.wording.text.startswith("Bonjour Dr. A. Lovelace,")


def test_the_holder_of_a_certificate_is_who_its_event_is_told_to() -> None:
    world = a_world()
    world.claims.given(a_claim(certified=True))
    world.certificates.kept.given(a_head())
    notify(CertificateIssuedV1(at=NOW, certificate=NUMBER, version=1), world)
    [sent] = world.mailer.sent
    assert sent.to == "ada@example.org"
    assert mail_in(world).learner_id == LEARNER


def test_delivered_again_an_event_is_told_once() -> None:
    world = a_world()
    first = notify(CONFIRMED, world)
    assert notify(CONFIRMED, world) == first
    assert len(world.mailer.sent) == 1


def test_what_is_kept_of_a_mail_tells_no_address_no_name_and_no_text() -> None:
    world = a_world()
    notify(CONFIRMED, world)
    kept = repr(mail_in(world))
    for secret in ("@", "Lovelace", "Dear", "Oligometastatic Disease"):
        assert secret not in kept


def test_without_an_address_nothing_is_sent_and_why_is_kept() -> None:
    world = World()
    world.publish()
    world.enrolments.given(an_enrolment())
    mail = notify(CONFIRMED, world)
    assert (mail.state, mail.reason) == (MailState.NOT_SENT, NotSent.NO_ADDRESS)
    world.contacts.given(a_contact())
    assert notify(CONFIRMED, world) == mail
    assert world.mailer.sent == []


def test_an_address_that_is_refused_is_written_to_no_more() -> None:
    world = a_world()
    world.mailer.answers = [SendRefused("BadRequestException")]
    mail = notify(CONFIRMED, world)
    assert (mail.state, mail.reason) == (MailState.NOT_SENT, NotSent.ADDRESS_REFUSED)
    notify(CONFIRMED, world)
    assert world.mailer.sent == []


def test_what_no_longer_holds_is_not_told_and_why_is_kept() -> None:
    world = World()
    world.publish()
    world.enrolments.given(an_enrolment(EnrolmentState.WITHDRAWN))
    world.contacts.given(a_contact())
    assert notify(CONFIRMED, world).reason is NotSent.MOVED_ON
    assert world.mailer.sent == []


def test_a_mail_that_is_put_off_comes_again_as_if_it_had_not_been_tried() -> None:
    world = a_world()
    world.mailer.answers = [SendPutOff("TooManyRequestsException")] * 4
    for _ in range(4):
        with pytest.raises(SendPutOff):
            notify(CONFIRMED, world)
        assert (mail_in(world).state, mail_in(world).doubts) == (MailState.WAITING, 0)
    notify(CONFIRMED, world)
    assert len(world.mailer.sent) == 1


def test_a_send_that_is_not_answered_is_repeated_once() -> None:
    world = a_world()
    world.mailer.answers = [SendUnanswered("ReadTimeoutError")]
    with pytest.raises(SendUnanswered):
        notify(CONFIRMED, world)
    assert world.mailer.sent == []
    assert notify(CONFIRMED, world).state is MailState.SENT
    notify(CONFIRMED, world)
    assert len(world.mailer.sent) == 1


def test_a_mail_comes_twice_only_if_the_answer_to_the_first_got_lost() -> None:
    world = a_world()
    world.mailer.answers = [AnswerLost()]
    with pytest.raises(SendUnanswered):
        notify(CONFIRMED, world)
    notify(CONFIRMED, world)
    notify(CONFIRMED, world)
    first, second = world.mailer.sent
    assert first == second
    assert first.reference == mail_in(world).reference


def test_a_second_send_without_an_answer_counts_as_sent() -> None:
    world = a_world()
    world.mailer.answers = [AnswerLost(), AnswerLost()]
    with pytest.raises(SendUnanswered):
        notify(CONFIRMED, world)
    assert notify(CONFIRMED, world).state is MailState.SENT
    assert notify(CONFIRMED, world).doubts == 2
    assert len(world.mailer.sent) == 2


def test_put_off_after_a_doubt_the_doubt_stays() -> None:
    world = a_world()
    world.mailer.answers = [AnswerLost(), SendPutOff("ThrottlingException"), AnswerLost()]
    for expected in (SendUnanswered, SendPutOff):
        with pytest.raises(expected):
            notify(CONFIRMED, world)
    assert notify(CONFIRMED, world).state is MailState.SENT
    assert len(world.mailer.sent) == 2


def end() -> None:
    raise BrokenOff


def broken_off_before_the_send(world: World) -> None:
    world.mailer.answers = [BrokenOff()]
    with pytest.raises(BrokenOff):
        notify(CONFIRMED, world)


def broken_off_before_the_mark(world: World) -> None:
    world.mailer.meanwhile = lambda: setattr(world.mails.records, "meanwhile", end)
    with pytest.raises(BrokenOff):
        notify(CONFIRMED, world)


@pytest.mark.parametrize(
    ("broken_off", "sent"), [(broken_off_before_the_send, 1), (broken_off_before_the_mark, 2)], ids=["send", "mark"]
)
def test_what_was_broken_off_is_repeated_once_when_nobody_can_be_at_it_any_more(
    broken_off: Callable[[World], None], sent: int
) -> None:
    world = a_world()
    broken_off(world)
    assert mail_in(world).state is MailState.SENDING
    world.clock.at += BROKEN_OFF_AFTER
    assert notify(CONFIRMED, world).state is MailState.SENT
    notify(CONFIRMED, world)
    assert len(world.mailer.sent) == sent


def test_broken_off_twice_it_counts_as_sent() -> None:
    world = a_world()
    for _ in range(2):
        broken_off_before_the_mark(world)
        world.clock.at += BROKEN_OFF_AFTER
    mail = notify(CONFIRMED, world)
    assert (mail.state, mail_in(world)) == (MailState.SENT, mail)
    assert len(world.mailer.sent) == 2


def test_before_anything_is_handed_over_nothing_is_in_doubt() -> None:
    world = a_world()
    world.mails.records.meanwhile = end
    with pytest.raises(BrokenOff):
        notify(CONFIRMED, world)
    assert notify(CONFIRMED, world).doubts == 0
    assert len(world.mailer.sent) == 1


def test_while_one_delivery_sends_another_keeps_away() -> None:
    world = a_world()
    world.mails.save(Mail(event_id=CONFIRMED.id, learner_id=LEARNER, changed_at=NOW).begun("another", NOW))
    world.clock.at += BROKEN_OFF_AFTER / 2
    with pytest.raises(SendUnderWay):
        notify(CONFIRMED, world)
    assert world.mailer.sent == []


def test_of_two_deliveries_at_once_one_sends() -> None:
    world = a_world()
    world.mails.records.meanwhile = lambda: notify(CONFIRMED, world)
    with pytest.raises(ConcurrentChange):
        notify(CONFIRMED, world)
    assert len(world.mailer.sent) == 1


def test_an_event_whose_certificate_is_not_there_comes_again() -> None:
    with pytest.raises(LookupError, match="no certificate"):
        notify(CertificateIssuedV1(at=NOW, certificate=NUMBER, version=1), a_world())
