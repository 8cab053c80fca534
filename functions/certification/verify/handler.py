"""GET /verify/{number}: public, as a page or as JSON."""

from http import HTTPStatus

from functions.certification.verify.use_case import verify
from shared.api.contract import certification as contract
from shared.api.resolver import JSON, Answer, Api, Call, unless_known
from shared.bootstrap import deps

lambda_handler = api = Api()

# A revocation shows at once: what is kept is asked about each time.
KEPT = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Language"}


@api.operation(contract.VERIFY)
def get_verification(call: Call[None, contract.VersionQuery]) -> Answer:
    number = call.path["number"]
    found = verify(number, call.query.version, deps())
    status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
    if call.accepts(JSON):
        return unless_known(call, Answer(status, contract.VerificationView.of(found), KEPT))
    # Programs don't pay for what only the page needs.
    from functions.certification.verify.page import PAGE_HEADERS, render_page  # noqa: PLC0415
    from shared.language import choose_language  # noqa: PLC0415

    language = choose_language(call.headers.get("accept-language"))
    headers = {**KEPT, **PAGE_HEADERS, "Content-Language": language.code}
    page = render_page(number, found, language)
    return unless_known(call, Answer(status, page, headers, media_type="text/html; charset=utf-8"))
