"""The operations of the certification room: claims, the learner's record, verification, reissue."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any, Literal, Self

import base58
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.api.contract.enrolment import ADMINS, ENROLMENT
from shared.api.contract.modules import EDITION, EditionQuery
from shared.api.contract.operations import JobReceiptView
from shared.api.operation import DEFAULT_LIMIT, MAX_LIMIT, Operation, Query
from shared.api.shapes import Amount, Body, Identifier, Instant, Printable, View
from shared.domain.certificate import (
    CertificateContent,
    CertificateHead,
    CertificateHistory,
    CertificateStatus,
    CertificateVersion,
)
from shared.domain.claim import ClaimedCredit, LedgerEntry
from shared.domain.issuer import IssuerKey
from shared.domain.learner import Profile
from shared.domain.transcript import Transcript
from shared.ports import PresignedAddress

CERTIFICATE = "/certificates/{number}"
ADMIN_CERTIFICATE = f"/admin{CERTIFICATE}"
CREDENTIAL = "application/vc+ld+json"
CREDENTIAL_JWT = "application/vc+jwt"
DID_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
]

# Longer names are refused as unprintable, not as malformed.
Name = Annotated[str, Field(max_length=2000)]
# Two letters, as ``IL``: who issued the licence.
State = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


def _day_of_a_year(month_day: str) -> str:
    date.fromisoformat(f"2000-{month_day}")  # a leap year: 02-29 is a birthday
    return month_day


Birthday = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$"), AfterValidator(_day_of_a_year)]


class EvaluationBody(Body):
    """Answers by question id: free text, or one of the question's options."""

    answers: Annotated[dict[Identifier, Annotated[str, Field(min_length=1, max_length=5000)]], Field(max_length=100)]


class EvaluationReceiptView(View):
    evaluated_at: Instant


class ClaimedCreditBody(Body):
    scheme: Annotated[str, Field(max_length=100)]
    amount: Amount

    def claimed(self) -> ClaimedCredit:
        return ClaimedCredit(scheme=self.scheme, amount=Decimal(self.amount))


class ClaimBody(Body):
    """Without credits the certificate is one of participation."""

    attested_name: Name
    profession: Printable
    credits: Annotated[list[ClaimedCreditBody], Field(max_length=20)]
    show_name: bool = False


class ClaimView(View):
    certificate: str


PUT_EVALUATION = Operation(
    id="putEvaluation",
    summary="Fill in the evaluation form",
    method=HTTPMethod.PUT,
    path=f"{ENROLMENT}/evaluation",
    query=EditionQuery,
    body=EvaluationBody,
    answers={HTTPStatus.OK: EvaluationReceiptView},
    problems=("not-found", "not-enrolled", "not-passed", "learner-erased"),
)
PUT_CLAIM = Operation(
    id="claimCredit",
    summary="Claim credit for a passed test",
    method=HTTPMethod.PUT,
    path=f"{ENROLMENT}/claim",
    query=EditionQuery,
    body=ClaimBody,
    answers={HTTPStatus.ACCEPTED: ClaimView, HTTPStatus.OK: ClaimView},
    problems=(
        "not-found", "not-enrolled", "not-passed",
        "evaluation-missing", "credit-not-allowed", "claim-window-over", "name-not-printable",
        "learner-erased",
    ),
)  # fmt: skip


class TranscriptQuery(Query):
    year: Annotated[int, Field(ge=1900, le=9999)] | None = None
    scheme: str | None = None


class TranscriptEntryView(View):
    """An ``external`` entry is self-reported: it has no module and no certificate, but names its provider."""

    earned_on: str
    module_id: str | None
    edition: int | None
    title: str
    scheme: str
    category: str
    amount: str
    certificate: str | None
    kind: str
    provider: str | None = None

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        return cls(
            earned_on=entry.earned_on,
            module_id=entry.module_id,
            edition=entry.edition,
            title=entry.title,
            scheme=entry.scheme,
            category=entry.category,
            amount=str(entry.amount),
            certificate=entry.certificate,
            kind=entry.kind,
            provider=entry.provider,
        )


class YearTotalView(View):
    """``self_reported`` is the part of ``amount`` that the learner entered by hand, absent where there is none."""

    year: int
    scheme: str
    amount: str
    self_reported: str | None = None


class CycleTotalView(View):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    scheme: str
    first: Annotated[date, Field(alias="from")]
    to: date
    amount: str
    self_reported: str | None = None


class TranscriptView(View):
    entries: list[TranscriptEntryView]
    totals: list[YearTotalView]
    cycle: list[CycleTotalView]

    @classmethod
    def of(cls, transcript: Transcript) -> Self:
        return cls(
            entries=[TranscriptEntryView.of(entry) for entry in transcript.entries],
            totals=[
                YearTotalView(
                    year=total.year,
                    scheme=total.scheme,
                    amount=str(total.amount),
                    self_reported=str(total.self_reported) if total.self_reported else None,
                )
                for total in transcript.totals
            ],
            cycle=[
                CycleTotalView(
                    scheme=total.scheme,
                    first=total.first,
                    to=total.last,
                    amount=str(total.amount),
                    self_reported=str(total.self_reported) if total.self_reported else None,
                )
                for total in transcript.cycle
            ],
        )


class ExternalCreditBody(Body):
    """Credit earned elsewhere, of any scheme; shown as self-reported."""

    earned_on: Annotated[date, Field(ge=date(1900, 1, 1))]
    title: Printable
    scheme: Annotated[Printable, Field(max_length=100)]
    amount: Amount
    provider: Printable


class CertificatesQuery(Query):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=400)] | None = None


class VersionQuery(Query):
    version: Annotated[int, Field(ge=1, le=9999)] | None = None


class CreditView(View):
    scheme: str
    category: str
    amount: str


class CertificateLinks(View):
    pdf: str
    credential: str
    verify: str


class CertificateView(View):
    """``supersedes`` and ``reason`` come with a reissued version, a revocation's code with a revoked one."""

    number: str
    version: int
    status: str
    module_id: str
    edition: int
    title: str
    attested_name: str
    credits: list[CreditView]
    completed_at: Instant
    issued_at: Instant
    supersedes: int | None = None
    reason: str | None = None
    links: CertificateLinks

    @classmethod
    def of(cls, content: CertificateContent, head: CertificateHead) -> Self:
        return cls(
            number=content.number,
            version=content.version,
            status=head.status_of(content.version),
            module_id=content.module_id,
            edition=content.edition,
            title=content.title,
            attested_name=content.attested_name,
            credits=[
                CreditView(scheme=line.scheme, category=line.category, amount=str(line.amount))
                for line in content.credits
            ],
            completed_at=content.completed_at,
            issued_at=content.issued_at,
            supersedes=content.supersedes,
            reason=head.revoked_for or content.reason,
            links=CertificateLinks(
                pdf=f"/certificates/{content.number}/pdf?version={content.version}",
                credential=f"/certificates/{content.number}/credential?version={content.version}",
                verify=content.verification_url,
            ),
        )


class CertificatesView(View):
    certificates: list[CertificateView]
    next: str | None


class PdfAddressView(View):
    url: str
    expires_at: Instant

    @classmethod
    def of(cls, address: PresignedAddress) -> Self:
        return cls(url=address.url, expires_at=address.expires_at)


class LinkedDataView(View):
    """JSON-LD."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="allow",
    )

    context: Annotated[list[str], Field(alias="@context")]
    id: str


class CredentialView(LinkedDataView):
    """A W3C Verifiable Credential 2.0 with a Data Integrity proof, as it was signed."""

    type: list[str]
    issuer: dict[str, Any] | str
    valid_from: str
    credential_subject: dict[str, Any]
    proof: dict[str, Any]


class JwkView(View):
    """``kid`` is the key's full DID URL, as in the header of a JWT."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str

    @classmethod
    def of(cls, key: IssuerKey, did: str) -> Self:
        return cls(kty="EC", crv="P-256", x=key.x, y=key.y, kid=key.method(did), alg="ES256", use="sig")


class JwksView(View):
    keys: list[JwkView]

    @classmethod
    def of(cls, did: str, keys: Sequence[IssuerKey]) -> Self:
        return cls(keys=[JwkView.of(key, did) for key in keys])


class VerificationMethodView(View):
    """One key in both forms: a proof's verifier reads ``publicKeyMultibase``, a JWT's ``publicKeyJwk``."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    id: str
    type: str
    controller: str
    public_key_multibase: str
    public_key_jwk: JwkView

    @classmethod
    def of(cls, key: IssuerKey, did: str) -> Self:
        return cls(
            id=key.method(did),
            type="Multikey",
            controller=did,
            public_key_multibase=f"z{base58.b58encode(key.multikey).decode()}",
            public_key_jwk=JwkView.of(key, did),
        )


class DidDocumentView(LinkedDataView):
    """The issuer, with the key that signs now before those that did."""

    verification_method: list[VerificationMethodView]
    assertion_method: list[str]

    @classmethod
    def of(cls, did: str, keys: Sequence[IssuerKey]) -> Self:
        return cls(
            context=DID_CONTEXTS,
            id=did,
            verification_method=[VerificationMethodView.of(key, did) for key in keys],
            assertion_method=[key.method(did) for key in keys],
        )


class ProfileBody(Body):
    """What is absent is kept. Name and profession can't be taken back: an attempt under way counts on them."""

    name: Name = Field(default_factory=str)
    given_name: Annotated[Printable, Field(max_length=100)] | None = None
    family_name: Annotated[Printable, Field(max_length=100)] | None = None
    profession: Printable = Field(default_factory=str)
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None
    licence: Annotated[str, Field(max_length=100)] | None = None
    licence_state: State | None = None
    npi: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = None
    birth_month_day: Birthday | None = None
    reporting_consent: bool | None = None


class ProfileView(View):
    learner_id: str
    name: str | None
    given_name: str | None
    family_name: str | None
    profession: str | None
    language: str | None
    licence: str | None
    licence_state: str | None
    npi: str | None
    birth_month_day: str | None
    reporting_consent: bool | None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        return cls(
            learner_id=profile.learner_id,
            name=profile.name,
            given_name=profile.given_name,
            family_name=profile.family_name,
            profession=profile.profession,
            language=profile.language,
            licence=profile.licence,
            licence_state=profile.licence_state,
            npi=profile.npi,
            birth_month_day=profile.birth_month_day,
            reporting_consent=profile.reporting_consent,
        )


GET_TRANSCRIPT = Operation(
    id="getTranscript",
    summary="The learner's credit, with totals per year and for the five-year cycle: as JSON, or as PDF when asked for",
    method=HTTPMethod.GET,
    path="/transcript",
    query=TranscriptQuery,
    headers=("Accept", "Accept-Language"),
    answers={HTTPStatus.OK: TranscriptView},
    media_types=("application/pdf",),
)
POST_EXTERNAL_CREDIT = Operation(
    id="enterExternalCredit",
    summary="Enter credit earned elsewhere, marked as self-reported; the same facts again find the first entry",
    method=HTTPMethod.POST,
    path="/transcript/external",
    body=ExternalCreditBody,
    answers={HTTPStatus.CREATED: TranscriptEntryView, HTTPStatus.OK: TranscriptEntryView},
    problems=("learner-erased",),
)
LIST_CERTIFICATES = Operation(
    id="listCertificates",
    summary="The learner's certificates",
    method=HTTPMethod.GET,
    path="/certificates",
    query=CertificatesQuery,
    answers={HTTPStatus.OK: CertificatesView},
)
GET_CERTIFICATE = Operation(
    id="getCertificate",
    summary="One certificate of the learner, in its current version unless another is named",
    method=HTTPMethod.GET,
    path=CERTIFICATE,
    query=VersionQuery,
    answers={HTTPStatus.OK: CertificateView},
    problems=("not-found",),
)
GET_CERTIFICATE_PDF = Operation(
    id="getCertificatePdf",
    summary="The way to the PDF: an address that is good for five minutes",
    method=HTTPMethod.GET,
    path=f"{CERTIFICATE}/pdf",
    query=VersionQuery,
    headers=("Accept",),
    answers={HTTPStatus.SEE_OTHER: None, HTTPStatus.OK: PdfAddressView},
    problems=("not-found", "learner-erased"),
)
GET_CREDENTIAL = Operation(
    id="getCredential",
    summary="The certificate as an Open Badge 3.0: JSON-LD with its proof, or a JWT when asked for",
    method=HTTPMethod.GET,
    path=f"{CERTIFICATE}/credential",
    query=VersionQuery,
    headers=("Accept",),
    answers={HTTPStatus.OK: CredentialView},
    problems=("not-found", "learner-erased"),
    media_type=CREDENTIAL,
    media_types=(CREDENTIAL_JWT,),
)
GET_ME = Operation(
    id="getProfile",
    summary="The learner's own profile",
    method=HTTPMethod.GET,
    path="/me",
    answers={HTTPStatus.OK: ProfileView},
)
PUT_ME = Operation(
    id="putProfile",
    summary="Name and profession as certificates will print them",
    method=HTTPMethod.PUT,
    path="/me",
    body=ProfileBody,
    answers={HTTPStatus.OK: ProfileView},
    problems=("name-not-printable", "learner-erased"),
)


class VerificationView(View):
    """What the public learns. Of an unknown number only ``status``; ``holder`` is left out once they are erased."""

    status: CertificateStatus
    version: int | None = None
    title: str | None = None
    credits: list[CreditView] | None = None
    completed_on: date | None = None
    issued_on: date | None = None
    holder: str | None = None
    pdf_sha256: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, found: tuple[CertificateVersion, CertificateHistory] | None) -> Self:
        if found is None:
            return cls(status=CertificateStatus.UNKNOWN)
        version, history = found
        return cls(
            status=history.head.status_of(version.number_of_version),
            version=version.number_of_version,
            title=version.title,
            credits=[
                CreditView(scheme=credit.scheme, category=credit.category, amount=str(credit.amount))
                for credit in version.credits
            ],
            completed_on=version.completed_on,
            issued_on=version.issued_on,
            holder=version.holder or None,
            pdf_sha256=version.pdf_sha256,
            reason=history.head.revoked_for,
        )


VERIFY = Operation(
    id="verifyCertificate",
    summary="Whether a certificate is valid: a page, or JSON when asked for",
    method=HTTPMethod.GET,
    path="/verify/{number}",
    query=VersionQuery,
    headers=("Accept", "Accept-Language", "If-None-Match"),
    answers={
        HTTPStatus.OK: VerificationView,
        HTTPStatus.NOT_MODIFIED: None,
        HTTPStatus.NOT_FOUND: VerificationView,
    },
    media_types=("text/html",),
    public=True,
)
GET_DID_DOCUMENT = Operation(
    id="getIssuer",
    summary="Who issues credentials: the document of the issuer's did:web, with all keys that ever signed",
    method=HTTPMethod.GET,
    path="/.well-known/did.json",
    answers={HTTPStatus.OK: DidDocumentView},
    public=True,
    media_type="application/did+json",
)
GET_JWKS = Operation(
    id="getIssuerKeys",
    summary="The issuer's keys as a JSON Web Key Set",
    method=HTTPMethod.GET,
    path="/.well-known/jwks.json",
    answers={HTTPStatus.OK: JwksView},
    public=True,
    media_type="application/jwk-set+json",
)
GET_STATUS_LIST = Operation(
    id="getStatusList",
    summary="A Bitstring Status List: which versions are revoked or superseded",
    method=HTTPMethod.GET,
    path="/status-lists/{list}",
    answers={HTTPStatus.OK: CredentialView},
    problems=("not-found",),
    public=True,
    media_type=CREDENTIAL,
)


class AdminCertificateView(View):
    number: str
    learner_id: str
    module_id: str
    edition: int
    version: int
    status: str
    attested_name: str
    profession: str
    revoked_at: Instant | None = None
    reason_code: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, head: CertificateHead, content: CertificateContent) -> Self:
        return cls(
            number=head.number,
            learner_id=head.learner_id,
            module_id=head.module_id,
            edition=head.edition,
            version=head.current,
            status=head.status_of(head.current),
            attested_name=content.attested_name,
            profession=content.profession,
            revoked_at=head.revoked_at,
            reason_code=head.revoked_for,
            note=head.revocation_note,
        )


class ReissueBody(Body):
    reason: Printable
    attested_name: Name | None = None
    profession: Printable | None = None


class ReissueView(View):
    number: str
    version: int


class RevocationBody(Body):
    reason_code: Literal["issued-in-error", "fraud", "credit-withdrawn", "holder-request", "other"]
    note: Annotated[str, Field(max_length=2000)]


class RestorationBody(Body):
    reason: Printable


class EditionReissueBody(Body):
    """``notify`` says whether the holders are written to."""

    reason: Printable
    notify: bool = True


class RevocationView(View):
    number: str
    status: str
    reason_code: str | None
    revoked_at: Instant | None

    @classmethod
    def of(cls, head: CertificateHead) -> Self:
        return cls(
            number=head.number,
            status=head.status_of(head.current),
            reason_code=head.revoked_for,
            revoked_at=head.revoked_at,
        )


GET_ADMIN_CERTIFICATE = Operation(
    id="getCertificateAsAdmin",
    summary="A certificate with its holder",
    method=HTTPMethod.GET,
    path=ADMIN_CERTIFICATE,
    answers={HTTPStatus.OK: AdminCertificateView},
    problems=("not-found",),
    groups=ADMINS,
)
REISSUE = Operation(
    id="reissueCertificate",
    summary="Order the next version of a certificate; If-Match names the version it supersedes",
    method=HTTPMethod.POST,
    path=f"{ADMIN_CERTIFICATE}/reissues",
    body=ReissueBody,
    headers=("If-Match",),
    answers={HTTPStatus.ACCEPTED: ReissueView},
    problems=("not-found", "name-not-printable", "version-conflict", "learner-erased"),
    groups=ADMINS,
)
REVOKE = Operation(
    id="revokeCertificate",
    summary="Revoke a certificate; verification shows it at once",
    method=HTTPMethod.POST,
    path=f"{ADMIN_CERTIFICATE}/revocation",
    body=RevocationBody,
    answers={HTTPStatus.OK: RevocationView},
    problems=("not-found",),
    groups=ADMINS,
)
RESTORE = Operation(
    id="restoreCertificate",
    summary="End a certificate's revocation",
    method=HTTPMethod.POST,
    path=f"{ADMIN_CERTIFICATE}/restoration",
    body=RestorationBody,
    answers={HTTPStatus.OK: RevocationView},
    problems=("not-found",),
    groups=ADMINS,
)
REISSUE_EDITION = Operation(
    id="reissueEdition",
    summary="Order the next version of every valid certificate of an edition; the Idempotency-Key names the job",
    method=HTTPMethod.POST,
    path=f"{EDITION}/reissues",
    body=EditionReissueBody,
    headers=("Idempotency-Key",),
    answers={HTTPStatus.ACCEPTED: JobReceiptView},
    problems=("not-found", "version-conflict"),
    groups=ADMINS,
)
OPERATIONS = (
    PUT_EVALUATION,
    PUT_CLAIM,
    GET_TRANSCRIPT,
    POST_EXTERNAL_CREDIT,
    LIST_CERTIFICATES,
    GET_CERTIFICATE,
    GET_CERTIFICATE_PDF,
    GET_CREDENTIAL,
    GET_ME,
    PUT_ME,
    VERIFY,
    GET_DID_DOCUMENT,
    GET_JWKS,
    GET_STATUS_LIST,
    GET_ADMIN_CERTIFICATE,
    REISSUE,
    REVOKE,
    RESTORE,
    REISSUE_EDITION,
)
