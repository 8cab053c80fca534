"""The certificate as a credential: an Open Badge 3.0 of each version, and the status lists that it points to.

Every term is one of the two contexts: what no context knows would be left out of what is signed.
"""

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.certificate.text import one_line
from shared.domain.certificate import CertificateContent, CreditLine, Order
from shared.domain.status_list import StatusListId, StatusPlace
from shared.facts import instant

Document = dict[str, Any]

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
PURPOSE = "revocation"
# Milliseconds after which a verifier that keeps a list asks for it again.
TIME_TO_LIVE = 1000


def credential(order: Order, pdf_sha256: str, did: str, public_url: str) -> Document:
    """The unsigned credential of one version; ``pdf_sha256`` in hexadecimal.

    The holder is named as the certificate names them; each credit line is a result with its amount.

    Source: Open Badges 3.0, W3C Verifiable Credentials Data Model 2.0.
    """
    content = order.content
    achievement = f"{public_url}/modules/{content.module_id}?edition={content.edition}"
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_3],
        "id": content.verification_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": one_line(content.title),
        "description": " ".join(_description(content)),
        "issuer": {"id": did, "type": ["Profile"], "name": one_line(content.provider)},
        "validFrom": timestamp(content.issued_at),
        "awardedDate": timestamp(content.completed_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": one_line(content.attested_name),
                    "identityType": "name",
                }
            ],
            "role": one_line(content.profession),
            "achievement": {
                "id": achievement,
                "type": ["Achievement"],
                "achievementType": "Course",
                "name": one_line(content.title),
                "version": str(content.edition),
                "description": " ".join(_about(content)),
                "criteria": {"narrative": "The module was completed as its provider requires."},
                "resultDescription": list(_result_descriptions(content, achievement)),
            },
            "result": list(_results(content, achievement)),
        },
        "evidence": [
            {
                # An id of its own: what shares one could be exchanged without breaking the proof.
                "id": f"{content.verification_url}#pdf",
                "type": ["Evidence"],
                "name": f"Certificate {content.number}, version {content.version}, as PDF",
                "description": f"The SHA-256 of the PDF is {pdf_sha256}.",
                "digestSRI": f"sha256-{b64encode(bytes.fromhex(pdf_sha256)).decode()}",
                "genre": "application/pdf",
            }
        ],
        "credentialStatus": _status_entry(order.status, public_url),
    }


def status_list_credential(list_id: StatusListId, encoded: str, did: str, public_url: str, *, at: datetime) -> Document:
    """The unsigned credential that carries a status list. Source: W3C Bitstring Status List 1.0."""
    address = status_list_address(list_id, public_url)
    return {
        "@context": [CREDENTIALS_V2],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": timestamp(at),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encoded,
            "ttl": TIME_TO_LIVE,
        },
    }


def status_list_address(list_id: StatusListId, public_url: str) -> str:
    return f"{public_url}/status-lists/{list_id}"


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the second: some verifiers read no fractions."""
    return instant(at)[: len("2026-01-31T12:00:00")] + "Z"


def _description(content: CertificateContent) -> Iterator[str]:
    yield f"Certificate {content.number}, version {content.version}."
    if content.supersedes:
        yield f"It supersedes version {content.supersedes}: {one_line(content.reason or '')}."
    yield f"Signed by {one_line(content.signatory_name)}, {one_line(content.signatory_title)}."
    yield from (one_line(line.statement) for line in content.credits)


def _about(content: CertificateContent) -> Iterator[str]:
    yield f"{one_line(content.learning_format)}, edition {content.edition}."
    if content.joint_provider:
        yield f"Jointly provided with {one_line(content.joint_provider)}."
    yield f"Released {content.released_on}, last reviewed {content.reviewed_on}, terminates {content.expires_on}."


def _result_descriptions(content: CertificateContent, achievement: str) -> Iterator[Document]:
    yield {
        "id": f"{achievement}#completion",
        "type": ["ResultDescription"],
        "name": "Completion",
        "resultType": "Status",
    }
    for place, line in enumerate(content.credits, 1):
        yield {
            "id": _credit_id(achievement, place),
            "type": ["ResultDescription"],
            "name": _credit_name(line),
            "resultType": "Result",
        }


def _results(content: CertificateContent, achievement: str) -> Iterator[Document]:
    yield {"type": ["Result"], "resultDescription": f"{achievement}#completion", "status": "Completed"}
    for place, line in enumerate(content.credits, 1):
        yield {"type": ["Result"], "resultDescription": _credit_id(achievement, place), "value": str(line.amount)}


def _credit_id(achievement: str, place: int) -> str:
    return f"{achievement}#credit-{place}"


def _credit_name(line: CreditLine) -> str:
    return f"{one_line(line.scheme)}, {one_line(line.category)} (activity {one_line(line.activity_id)})"


def _status_entry(place: StatusPlace, public_url: str) -> Document:
    address = status_list_address(place.list_id, public_url)
    return {
        "id": f"{address}#{place.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(place.index),
        "statusListCredential": address,
    }
