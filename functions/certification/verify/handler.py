"""GET /verify/{number}, as a page or as JSON, the issuer's identity and the status lists: all public."""

from datetime import timedelta
from http import HTTPStatus

from functions.certification.verify.use_case import show_keys, show_status_list, verify
from shared.api.contract import certification as contract
from shared.api.resolver import JSON, Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.issuer import did_web

lambda_handler = api = Api()

# A revocation shows at once: what a visitor keeps is asked about each time.
UNTIL_ASKED = timedelta(0)
VARIES = {"Vary": "Accept, Accept-Language"}
# A key is shown from the deployment on that lets it sign, so some minutes late is early enough.
KEYS_FOR_MINUTES = {"Cache-Control": "public, max-age=300"}
# A revocation is out within a second and seen within two.
LIST_FOR_A_SECOND = {"Cache-Control": "public, max-age=1"}


@api.operation(contract.VERIFY)
def get_verification(call: Call[None, contract.VersionQuery]) -> Answer:
    number = call.path["number"]
    found = verify(number, call.query.version, deps())
    status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
    if call.accepts(JSON):
        return Answer(status, contract.VerificationView.of(found), VARIES, kept_for=UNTIL_ASKED)
    # Programs don't pay for what only the page needs.
    from functions.certification.verify.page import PAGE_HEADERS, render_page  # noqa: PLC0415
    from shared.language import choose_language  # noqa: PLC0415

    language = choose_language(call.headers.get("accept-language"))
    headers = {**VARIES, **PAGE_HEADERS, "Content-Language": language.code}
    page = render_page(number, found, language)
    return Answer(status, page, headers, media_type="text/html; charset=utf-8", kept_for=UNTIL_ASKED)


@api.operation(contract.GET_DID_DOCUMENT)
def get_did_document(_: Call[None, None]) -> Answer:
    view = contract.DidDocumentView.of(did_web(deps().public_url), show_keys(deps()))
    return Answer(HTTPStatus.OK, view, KEYS_FOR_MINUTES, media_type=contract.GET_DID_DOCUMENT.media_type)


@api.operation(contract.GET_JWKS)
def get_jwks(_: Call[None, None]) -> Answer:
    view = contract.JwksView.of(did_web(deps().public_url), show_keys(deps()))
    return Answer(HTTPStatus.OK, view, KEYS_FOR_MINUTES, media_type=contract.GET_JWKS.media_type)


@api.operation(contract.GET_STATUS_LIST)
def get_status_list(call: Call[None, None]) -> Answer:
    published = show_status_list(call.status_list, deps())
    return Answer(HTTPStatus.OK, published.document, LIST_FOR_A_SECOND, media_type=contract.CREDENTIAL)
