"""Where learners are written to: what their id tokens say, kept in one place."""

from dataclasses import replace

from shared.domain.learner import Contact
from shared.ports import Contacts


def keep_contact(contact: Contact | None, contacts: Contacts) -> None:
    """Keep what the token says now, once it differs; a token that says nothing changes nothing.

    Raise ConcurrentChange.
    """
    if contact is None:
        return
    known = contacts.find(contact.learner_id)
    current = replace(contact, version=known.version if known else 0)
    if current != known:
        contacts.save(current)
