"""/admin/certificates/{number} and .../editions/{edition}/reissues: for admins.

-> certificate.reissue_requested | revoked | restored, job.advanced
"""

from http import HTTPStatus

from functions.certification.reissue.use_case import (
    Correction,
    order_reissue,
    reissue_edition,
    restore,
    revoke,
    show_certificate,
)
from shared.api.contract import certification as contract
from shared.api.contract.operations import JobReceiptView
from shared.api.etag import etag, require_version
from shared.api.idempotency import require_key
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.certificate import RevocationReason
from shared.domain.job import EditionReissue

lambda_handler = api = Api()


@api.operation(contract.GET_ADMIN_CERTIFICATE)
def get_certificate(call: Call[None, None]) -> Answer:
    head, order = show_certificate(call.number, deps())
    view = contract.AdminCertificateView.of(head, order.content)
    return Answer(HTTPStatus.OK, view, {"ETag": etag(head.current)})


@api.operation(contract.REISSUE)
def post_reissue(call: Call[contract.ReissueBody, None]) -> Answer:
    correction = Correction(
        reason=call.body.reason, attested_name=call.body.attested_name, profession=call.body.profession
    )
    version = order_reissue(
        call.number, require_version(call.headers), correction, call.caller.learner_id, deps(), at=call.at
    )
    return Answer(HTTPStatus.ACCEPTED, contract.ReissueView(number=call.number, version=version))


@api.operation(contract.REVOKE)
def post_revocation(call: Call[contract.RevocationBody, None]) -> Answer:
    head = revoke(call.number, RevocationReason(call.body.reason_code), call.body.note, deps(), at=call.at)
    view = contract.RevocationView.of(head)
    return Answer(HTTPStatus.OK, view)


@api.operation(contract.RESTORE)
def post_restoration(call: Call[contract.RestorationBody, None]) -> Answer:
    head = restore(call.number, call.body.reason, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.RevocationView.of(head))


@api.operation(contract.REISSUE_EDITION)
def post_edition_reissues(call: Call[contract.EditionReissueBody, None]) -> Answer:
    order = EditionReissue(reason=call.body.reason, notify=call.body.notify, requested_by=call.caller.learner_id)
    job = reissue_edition(call.edition_id, require_key(call.headers), order, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=job.job))
