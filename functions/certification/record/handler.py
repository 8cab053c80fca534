"""/me, /certificates and /transcript: the learner's own record."""

from decimal import Decimal
from http import HTTPStatus
from typing import cast

from functions.certification.record.privacy import export_holdings, request_erasure
from functions.certification.record.use_case import (
    ExternalCredit,
    ProfileChanges,
    change_profile,
    enter_external_credit,
    fetch_credential,
    list_certificates,
    pdf_address,
    print_transcript,
    show_certificate,
    show_profile,
    show_transcript,
)
from shared.api.contract import certification as contract
from shared.api.contract import privacy
from shared.api.contract.operations import JobReceiptView
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.resolver import JSON, PDF, Answer, Api, Call
from shared.bootstrap import deps
from shared.ports import DocumentKind

lambda_handler = api = Api()


@api.operation(contract.GET_ME)
def get_me(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.ProfileView.of(show_profile(call.caller.learner_id, deps())))


@api.operation(contract.PUT_ME)
def put_me(call: Call[contract.ProfileBody, None]) -> Answer:
    changes = cast("ProfileChanges", call.body.model_dump(exclude_unset=True))
    profile = change_profile(call.caller.learner_id, changes, deps(), contact=call.caller.contact)
    return Answer(HTTPStatus.OK, contract.ProfileView.of(profile))


@api.operation(privacy.EXPORT_ME)
def get_export(call: Call[None, None]) -> Answer:
    holdings = export_holdings(call.caller.learner_id, deps(), at=call.at)
    return Answer(HTTPStatus.OK, privacy.PersonalDataView.of(holdings))


@api.operation(privacy.ERASE_ME)
def delete_me(call: Call[None, None]) -> Answer:
    job = request_erasure(call.caller.learner_id, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=job.job))


@api.operation(contract.LIST_CERTIFICATES)
def get_certificates(call: Call[None, contract.CertificatesQuery]) -> Answer:
    page = list_certificates(call.caller.learner_id, call.query.limit, decode_cursor(call.query.cursor), deps())
    views = [contract.CertificateView.of(content, head) for content, head in page.entries]
    return Answer(HTTPStatus.OK, contract.CertificatesView(certificates=views, next=encode_cursor(page.cursor)))


@api.operation(contract.GET_CERTIFICATE)
def get_certificate(call: Call[None, contract.VersionQuery]) -> Answer:
    content, head = show_certificate(call.caller.learner_id, call.number, call.query.version, deps())
    return Answer(HTTPStatus.OK, contract.CertificateView.of(content, head))


@api.operation(contract.GET_CERTIFICATE_PDF)
def get_pdf(call: Call[None, contract.VersionQuery]) -> Answer:
    address = pdf_address(call.caller.learner_id, call.number, call.query.version, deps(), at=call.at)
    if call.accepts(JSON):
        return Answer(HTTPStatus.OK, contract.PdfAddressView.of(address))
    return Answer(HTTPStatus.SEE_OTHER, headers={"Location": address.url})


@api.operation(contract.GET_CREDENTIAL)
def get_credential(call: Call[None, contract.VersionQuery]) -> Answer:
    kind = DocumentKind.CREDENTIAL_JWT if call.accepts(contract.CREDENTIAL_JWT) else DocumentKind.CREDENTIAL
    credential = fetch_credential(call.caller.learner_id, call.number, call.query.version, kind, deps())
    return Answer(HTTPStatus.OK, credential, media_type=kind.media_type)


@api.operation(contract.GET_TRANSCRIPT)
def get_transcript(call: Call[None, contract.TranscriptQuery]) -> Answer:
    if call.accepts(PDF):
        wish = call.headers.get("accept-language")
        pdf = print_transcript(call.caller.learner_id, call.query.year, call.query.scheme, wish, deps(), at=call.at)
        return Answer(HTTPStatus.OK, pdf, {"Content-Disposition": 'inline; filename="transcript.pdf"'}, media_type=PDF)
    transcript = show_transcript(call.caller.learner_id, call.query.year, call.query.scheme, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.TranscriptView.of(transcript))


@api.operation(contract.POST_EXTERNAL_CREDIT)
def post_external_credit(call: Call[contract.ExternalCreditBody, None]) -> Answer:
    credit = ExternalCredit(
        earned_on=call.body.earned_on,
        title=call.body.title,
        scheme=call.body.scheme,
        amount=Decimal(call.body.amount),
        provider=call.body.provider,
    )
    entry, entered = enter_external_credit(call.caller.learner_id, credit, deps(), at=call.at)
    return Answer(HTTPStatus.CREATED if entered else HTTPStatus.OK, contract.TranscriptEntryView.of(entry))
