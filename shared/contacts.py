"""Where learners are written to: what their id tokens say, kept in one place."""

from dataclasses import replace

from shared.domain.learner import Contact
from shared.ports import Contacts


def changed_contact(contact: Contact | None, contacts: Contacts) -> Contact | None:
    """What the token says now, to be saved; None where it says nothing, or nothing new."""
    if contact is None:
        return None
    known = contacts.find(contact.learner_id)
    current = replace(contact, version=known.version if known else 0)
    return current if current != known else None
