"""/admin/certificates/{number} -> certificate.reissue_requested | revoked: for admins."""

from http import HTTPStatus

from functions.certification.reissue.use_case import Correction, order_reissue, revoke, show_certificate
from shared.api.contract import certification as contract
from shared.api.etag import etag, require_version
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.certificate import RevocationReason

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
