"""The verification page: one document, no script, readable on a phone and by a screen reader."""

import base64
import hashlib
from html import escape

from shared.api.contract.certification import VerificationView
from shared.domain.certificate import CertificateStatus

STYLE = """
:root { color-scheme: light; }
body { margin: 0; padding: 1.5rem 1rem; background: #f3f5f6; color: #16242b;
  font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 38rem; margin: 0 auto; padding: 1.5rem; background: #fff; border-radius: .5rem;
  border-top: .4rem solid var(--mark, #5b6770); }
main.valid { --mark: #17663f; } main.superseded { --mark: #8a5a00; }
main.revoked, main.unknown { --mark: #a01c1c; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.2; color: var(--mark); }
dl { margin: 1.25rem 0 0; } dt { font-size: .875rem; color: #4c5a62; } dd { margin: 0 0 .85rem; }
code { font-size: .875rem; overflow-wrap: anywhere; }
footer { max-width: 38rem; margin: 1rem auto; font-size: .875rem; color: #4c5a62; }
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

HEADINGS = {
    CertificateStatus.VALID: "This certificate is valid",
    CertificateStatus.SUPERSEDED: "This version has been superseded",
    CertificateStatus.REVOKED: "This certificate has been revoked",
    CertificateStatus.UNKNOWN: "No such certificate",
}
MEANINGS = {
    CertificateStatus.VALID: "It was issued as described here. Compare it with the document in your hands.",
    CertificateStatus.SUPERSEDED: "A corrected version has taken its place; the credit itself stands.",
    CertificateStatus.REVOKED: "It must no longer be relied upon.",
    CertificateStatus.UNKNOWN: "Nothing was ever issued under this number and version. Check for a typing error.",
}


def render_page(number: str, view: VerificationView) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in _facts(number, view))
    heading = HEADINGS[view.status]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f"<title>{heading}</title><style>{STYLE}</style></head>"
        f'<body><main class="{view.status}"><h1>{heading}</h1><p>{MEANINGS[view.status]}</p>'
        f"<dl>{facts}</dl></main>"
        "<footer>The holder's name is abbreviated unless the holder chose to show it. "
        "The SHA-256 is that of the PDF as it was issued: a changed document has another.</footer></body></html>"
    )


def _facts(number: str, view: VerificationView) -> list[tuple[str, str]]:
    facts = [("Certificate", f"<code>{escape(number)}</code>")]
    if view.version:
        facts.append(("Version", str(view.version)))
    if view.reason:
        facts.append(("Reason", escape(view.reason)))
    if view.title:
        facts.append(("Module", escape(view.title)))
    if view.holder:
        facts.append(("Holder", escape(view.holder)))
    if view.credits is not None:
        lines = [f"{credit.amount} {escape(credit.scheme)} {escape(credit.category)}" for credit in view.credits]
        facts.append(("Credit", "<br>".join(lines) or "None: a certificate of participation"))
    if view.completed_on:
        facts.append(("Completed on", view.completed_on.isoformat()))
    if view.issued_on:
        facts.append(("Issued on", view.issued_on.isoformat()))
    if view.pdf_sha256:
        facts.append(("SHA-256 of the PDF", f"<code>{view.pdf_sha256}</code>"))
    return facts
