"""The certificate as a PDF: everything one version says, on one page that one wants to frame."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

import segno

from shared.certificate.text import one_line
from shared.certificate.typesetting import moment, typeset
from shared.domain.certificate import CertificateContent

TEMPLATE = Path(__file__).with_name("certificate.typ")


class CertificateIncomplete(Exception):
    """A certificate may not be issued while any of ``fields`` is blank.

    A field of a credit line is named like ``credits[0].statement``.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"blank on the certificate: {', '.join(fields)}")
        self.fields = fields


def render(content: CertificateContent) -> bytes:
    """The PDF of one certificate version: one A4 landscape page, tagged, PDF/UA-1 and PDF/A-2a.

    Equal contents give equal bytes as long as template, fonts and typst stay the same; text of any
    length is made to fit. Reads packaged files only. Raises ``CertificateIncomplete`` with every blank
    field, ``Unprintable`` with every character that the packaged fonts lack, and
    ``ZoneInfoNotFoundError`` for a zone that does not exist.

    Source: ACCME, AMA PRA and UEMS requirements of what a certificate says.
    """
    if blank := tuple(_blank_fields(content)):
        raise CertificateIncomplete(blank)
    return typeset(TEMPLATE, _printed(content))


def _blank_fields(content: CertificateContent) -> Iterator[str]:
    reissue_only = () if content.version > 1 else ("supersedes", "reason")
    may_be_none = {"joint_provider", *reissue_only}
    for name, value in _facts(content):
        if value is None and name in may_be_none:
            continue
        if _is_blank(value):
            yield name
    for position, line in enumerate(content.credits):
        yield from (f"credits[{position}].{name}" for name, value in _facts(line) if _is_blank(value))


def _facts(record: Any) -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(record, field.name)) for field in fields(record))


def _is_blank(value: object) -> bool:
    """None, or text in which nothing is visible: only separators, controls and format characters."""
    return value is None or (isinstance(value, str) and all(category(c)[0] in "ZC" for c in value))


def _printed(content: CertificateContent) -> dict[str, object]:
    """What the template prints, as JSON: text in the words of the certificate, in print order."""
    zone = ZoneInfo(content.zone)
    completed = content.completed_at.astimezone(zone)
    return {
        "document_title": f"Certificate {one_line(content.number)}, {one_line(content.title)}",
        "document_date": moment(content.issued_at),
        "provider": one_line(content.provider),
        "joint_provider": one_line(content.joint_provider or "none"),
        "attested_name": one_line(content.attested_name),
        "profession": one_line(content.profession),
        "title": one_line(content.title),
        "credits": [
            {
                "scheme": one_line(line.scheme),
                "category": one_line(line.category),
                "amount": _plain(line.amount),
                "activity_id": one_line(line.activity_id),
                "statement": one_line(line.statement),
                "statement_version": one_line(line.statement_version),
            }
            for line in content.credits
        ],
        "module_id": one_line(content.module_id),
        "edition": str(content.edition),
        "learning_format": one_line(content.learning_format),
        "completed": [
            f"{_day(completed)}, {completed:%H:%M}",
            f"{content.zone} (UTC{completed.isoformat(timespec='minutes')[16:]})",
        ],
        "released": _day(content.released_on),
        "reviewed": _day(content.reviewed_on),
        "terminates": _day(content.expires_on),
        "issued": _day(content.issued_at.astimezone(zone)),
        "number": one_line(content.number),
        "version": content.version,
        "supersedes": content.supersedes,
        "reason": one_line(content.reason or ""),
        "verification_url": content.verification_url,
        "qr": _qr_code(content.verification_url),
        "signatory_name": one_line(content.signatory_name),
        "signatory_title": one_line(content.signatory_title),
    }


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _plain(amount: Decimal) -> str:
    """1.50 as 1.5 and 10 as 10, never 1E+1."""
    return f"{amount.normalize():f}"


def _qr_code(url: str) -> str:
    """A QR code as SVG without a quiet zone; never a Micro QR code, which phones do not read."""
    svg = BytesIO()
    segno.make_qr(url, error="m").save(svg, kind="svg", xmldecl=False, omitsize=True, border=0)
    return svg.getvalue().decode()
