"""How long an announcement may go unheeded, how often it is made again, and when people must look."""

from datetime import datetime, timedelta

# What was announced and not taken up within this time may have lost its message.
PATIENCE = timedelta(minutes=5)
ANNOUNCEMENTS = 6


def next_look(announced_again: int, at: datetime) -> datetime:
    """When to look again at what was announced again for the n-th time ``at``: each time after twice as long."""
    return at + PATIENCE * (1 << announced_again)


def is_given_up(announced_again: int) -> bool:
    """Whether what was announced again so often, and is due once more, is stuck: it is for people to mend."""
    return announced_again >= ANNOUNCEMENTS
