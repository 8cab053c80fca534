"""How long an announcement may go unheeded, how often it is made again, and when people must look."""

from datetime import datetime, timedelta

# What was announced and not taken up within this time may have lost its message.
PATIENCE = timedelta(minutes=5)
ANNOUNCEMENTS = 6
LONGEST_DELAY = timedelta(hours=1)


def next_look(announced_again: int, at: datetime) -> datetime:
    """When to look again at what was announced again for the n-th time ``at``: each time after twice as long."""
    return at + PATIENCE * (1 << announced_again)


def next_try(delays: int, at: datetime) -> datetime:
    """When to try again what has been put off ``delays`` times ``at``: ever more rarely, an hour apart at most."""
    return at + min(PATIENCE * (1 << min(delays, 10)), LONGEST_DELAY)


def is_given_up(announced_again: int) -> bool:
    """Whether what was announced again so often, and is due once more, is stuck: it is for people to mend."""
    return announced_again >= ANNOUNCEMENTS
