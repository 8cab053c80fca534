"""The certificate as a PDF: everything one version says, on one page that one wants to frame."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

import segno
import typst

from shared.domain.certificate import CertificateContent

TEMPLATE = Path(__file__).with_name("certificate.typ")
PROBE = Path(__file__).with_name("probe.typ")

# Found by package, not by folder: a layer, a zip and a virtual environment keep them in different places.
FONT_PACKAGES = (
    "fontpkg_noto_sans",
    "fontpkg_noto_sans_arabic",
    "fontpkg_heebo",
    "fontpkg_noto_sans_devanagari",
    "fontpkg_noto_sans_thai",
    "cvttf_NotoSansCJK_Regular",
)

# For readers who listen, and for readers in thirty years.
STANDARDS: "list[typst.PDFStandard]" = ["ua-1", "a-2a"]

# Joiners shape Arabic and Indic letters; every other format character only hides or reorders text.
JOINERS = "\u200c\u200d"


class CertificateIncomplete(Exception):
    """A certificate may not be issued while any of ``fields`` is blank.

    A field of a credit line is named like ``credits[0].statement``.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"blank on the certificate: {', '.join(fields)}")
        self.fields = fields


class CertificateUnprintable(Exception):
    """No packaged font has a glyph for ``characters``: refused rather than printed as an empty box.

    The message names code points only, since what holds them is usually a person's name.
    """

    def __init__(self, characters: frozenset[str]) -> None:
        code_points = ", ".join(f"U+{ord(character):04X}" for character in sorted(characters))
        super().__init__(f"no glyph for {code_points}")
        self.characters = characters


def render(content: CertificateContent) -> bytes:
    """The PDF of one certificate version: one A4 landscape page, tagged, PDF/UA-1 and PDF/A-2a.

    Equal contents give equal bytes as long as template, fonts and typst stay the same; text of any
    length is made to fit. Reads packaged files only. Raises ``CertificateIncomplete`` with every blank
    field, ``CertificateUnprintable`` with every character that the packaged fonts lack, and
    ``ZoneInfoNotFoundError`` for a zone that does not exist.

    Source: ACCME, AMA PRA and UEMS requirements of what a certificate says.
    """
    if blank := tuple(_blank_fields(content)):
        raise CertificateIncomplete(blank)
    printed = _printed(content)
    try:
        return _compile(TEMPLATE, certificate=json.dumps(printed))
    except typst.TypstError:
        characters = set(json.dumps(printed, ensure_ascii=False))
        missing = frozenset(character for character in characters if not _has_glyph(character))
        if not missing:
            raise
        # Without its cause, whose message quotes what holds the characters, a name for instance.
        raise CertificateUnprintable(missing) from None


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
    issued = content.issued_at.astimezone(UTC)
    return {
        "document_title": f"Certificate {_line(content.number)}, {_line(content.title)}",
        "document_date": {part: getattr(issued, part) for part in ("year", "month", "day", "hour", "minute", "second")},
        "provider": _line(content.provider),
        "joint_provider": _line(content.joint_provider or "none"),
        "attested_name": _line(content.attested_name),
        "profession": _line(content.profession),
        "title": _line(content.title),
        "credits": [
            {
                "scheme": _line(line.scheme),
                "category": _line(line.category),
                "amount": _plain(line.amount),
                "activity_id": _line(line.activity_id),
                "statement": _line(line.statement),
                "statement_version": _line(line.statement_version),
            }
            for line in content.credits
        ],
        "module_id": _line(content.module_id),
        "edition": str(content.edition),
        "learning_format": _line(content.learning_format),
        "completed": [
            f"{_day(completed)}, {completed:%H:%M}",
            f"{content.zone} (UTC{completed.isoformat(timespec='minutes')[16:]})",
        ],
        "released": _day(content.released_on),
        "reviewed": _day(content.reviewed_on),
        "terminates": _day(content.expires_on),
        "issued": _day(content.issued_at.astimezone(zone)),
        "number": _line(content.number),
        "version": content.version,
        "supersedes": content.supersedes,
        "reason": _line(content.reason or ""),
        "verification_url": content.verification_url,
        "qr": _qr_code(content.verification_url),
        "signatory_name": _line(content.signatory_name),
        "signatory_title": _line(content.signatory_title),
    }


def _line(text: str) -> str:
    """The visible text on one line: white space collapsed, controls and marks that reorder text left out."""
    visible = (c for c in text if c.isspace() or c in JOINERS or category(c) not in ("Cc", "Cf"))
    return " ".join("".join(visible).split())


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


def _has_glyph(character: str) -> bool:
    try:
        _compile(PROBE, character=json.dumps(character))
    except typst.TypstError:
        return False
    return True


def _compile(source: Path, **facts: str) -> bytes:
    return typst.compile(
        source,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs=facts,
        pdf_standards=STANDARDS,
    )


@cache
def _fonts() -> typst.Fonts:
    """The packaged fonts, opened once per process: the machine's own would make each machine's PDF differ."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files(package)) for package in FONT_PACKAGES])
