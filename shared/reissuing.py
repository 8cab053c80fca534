"""Ordering one more version: what the reissue of one certificate and that of a whole edition have in common."""

from shared.announcements import reissue_requested
from shared.domain.certificate import Reissue
from shared.ports import Reissues


def enter_reissue(reissue: Reissue, reissues: Reissues) -> Reissue:
    """Store an order and announce it, in one write; an order that is stored already is announced again.

    Raise ConcurrentChange where its version was ordered otherwise.
    """
    return reissues.save(reissue, announcing=[reissue_requested(reissue)])
