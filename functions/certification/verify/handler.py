"""GET /verify/{number}: public, as a page or as JSON."""

from http import HTTPStatus

from functions.certification.verify.page import PAGE_HEADERS, render_page
from functions.certification.verify.use_case import verify
from shared.api.contract import certification as contract
from shared.api.resolver import JSON, Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.certificate import CertificateStatus

lambda_handler = api = Api()


@api.operation(contract.VERIFY)
def get_verification(call: Call[None, contract.VersionQuery]) -> Answer:
    number = call.path["number"]
    found = verify(number, call.query.version, deps())
    status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
    view = (
        contract.VerificationView.of(*found) if found else contract.VerificationView(status=CertificateStatus.UNKNOWN)
    )
    if call.accepts(JSON):
        return Answer(status, view)
    return Answer(status, render_page(number, view), PAGE_HEADERS, media_type="text/html; charset=utf-8")
