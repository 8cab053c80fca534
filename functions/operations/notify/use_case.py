"""Notification: a learner is told about an event by mail."""

from typing import Protocol

from functions.operations.notify.letters import LETTERS, Tellable, Telling, recipient, told_from
from shared.domain.ids import LearnerId
from shared.domain.learner import Contact, Profile
from shared.domain.mail import Letter, Mail, NotSent
from shared.ports import (
    Contacts,
    Deliveries,
    Mailer,
    Mails,
    Outgoing,
    Profiles,
    ReadTogether,
    SendPutOff,
    SendRefused,
    SendUnanswered,
    WordLetter,
)


class Notifying(Telling, Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def word_letter(self) -> WordLetter: ...
    @property
    def mailer(self) -> Mailer: ...
    @property
    def deliveries(self) -> Deliveries: ...


def notify(event: Tellable, deps: Notifying) -> Mail:
    """Tell a learner about an event, once, however often it is delivered; return how far the mail is.

    A send whose outcome nobody knows is repeated once. Raise SendPutOff, SendUnanswered or SendUnderWay
    where the event is to be delivered again.
    """
    learner_id = recipient(event, deps)
    with deps.read_together(
        (Mail, (event.id, learner_id)), (Contact, learner_id), (Profile, learner_id), *told_from(event, learner_id)
    ):
        return _notify(event, learner_id, deps)


def _notify(event: Tellable, learner_id: LearnerId, deps: Notifying) -> Mail:
    now = deps.clock.now()
    known = deps.mails.find(event.id, learner_id)
    mail = known.found(now) if known else Mail(event_id=event.id, learner_id=learner_id, changed_at=now)
    if mail.is_over:
        return mail if mail == known else deps.mails.save(mail)
    letter = LETTERS[type(event)](event, deps)
    if isinstance(letter, NotSent):
        return deps.mails.save(mail.not_sent(letter, now))
    profile = deps.profiles.find(learner_id)
    contact = _contact(learner_id, profile, deps)
    if contact is None:
        return deps.mails.save(mail.not_sent(NotSent.NO_ADDRESS, now))
    return _send(mail, _outgoing(mail, letter, contact, profile, deps), deps)


def _contact(learner_id: LearnerId, profile: Profile | None, deps: Notifying) -> Contact | None:
    """Where the learner is written to: a person who has several identities at the primary's address, if it is known."""
    if profile and profile.learner_id != learner_id:
        return deps.contacts.find(profile.learner_id) or deps.contacts.find(learner_id)
    return deps.contacts.find(learner_id)


def _outgoing(mail: Mail, letter: Letter, contact: Contact, profile: Profile | None, deps: Notifying) -> Outgoing:
    """The learner's own words about themselves come before those of the token."""
    name, language = (profile.name, profile.language) if profile else (None, None)
    return Outgoing(
        to=contact.email,
        provider=letter.provider,
        wording=deps.word_letter(letter, name or contact.name, language, contact.language),
        kind=letter.kind,
        reference=mail.reference,
    )


def _send(mail: Mail, outgoing: Outgoing, deps: Notifying) -> Mail:
    begun = deps.mails.save(mail.begun(deps.deliveries.name(), deps.clock.now()))
    try:
        message_id = deps.mailer.send(outgoing)
    except SendRefused:
        return deps.mails.save(begun.not_sent(NotSent.ADDRESS_REFUSED, deps.clock.now()))
    except SendPutOff:
        deps.mails.save(begun.put_off(deps.clock.now()))
        raise
    except SendUnanswered:
        doubtful = deps.mails.save(begun.unanswered(deps.clock.now()))
        if doubtful.is_over:
            return doubtful
        raise
    return deps.mails.save(begun.sent(message_id, deps.clock.now()))
