"""Ordering one more version: what the reissue of one certificate and that of a whole edition have in common."""

from shared.domain.certificate import Reissue
from shared.events.certification import CertificateReissueRequestedV1
from shared.ports import Reissues


def enter_reissue(reissue: Reissue, reissues: Reissues) -> Reissue:
    """Store an order and announce it, in one write; an order that is stored already is announced again.

    Raise ConcurrentChange where its version was ordered otherwise.
    """
    announced = CertificateReissueRequestedV1(
        at=reissue.content.issued_at,
        learner_id=reissue.learner_id,
        module_id=reissue.module_id,
        edition=reissue.edition,
        certificate=reissue.certificate,
        version=reissue.content.version,
    )
    return reissues.save(reissue, announcing=[announced])
