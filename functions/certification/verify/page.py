"""The verification page: one document in the visitor's language, whole without scripts, with nothing from elsewhere.

Loads Jinja and Babel: the step imports it for those who ask for the page.
"""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.certificate.theme import theme
from shared.domain.certificate import CertificateHistory, CertificateStatus, CertificateVersion
from shared.language import Language

FOLDER = Path(__file__).parent
SCRIPT = (FOLDER / "page.js").read_text("utf-8")
COLOURS = " ".join(f"--{name}: {colour};" for name, colour in theme().items())
STYLE = f":root {{ {COLOURS} }}\n{(FOLDER / 'page.css').read_text('utf-8')}"
# A tick, an arrow onwards, a cross, a question mark.
MARKS = {
    CertificateStatus.VALID: "M7 12.5l3.4 3.5L17 8.8",
    CertificateStatus.SUPERSEDED: "M7 12h10M13 8l4 4-4 4",
    CertificateStatus.REVOKED: "M8 8l8 8M16 8l-8 8",
    CertificateStatus.UNKNOWN: "M9 9.4a3 3 0 1 1 4.4 2.6c-.9.5-1.4 1-1.4 2M12 17.4v.1",
}


def _source(text: str) -> str:
    """A source expression of a Content-Security-Policy that allows exactly this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def render_page(number: str, found: tuple[CertificateVersion, CertificateHistory] | None, language: Language) -> str:
    """What was found under ``number``, as HTML; everything that comes from outside is escaped."""
    words = _words(language.code)
    shown: dict[str, Any] = {"status": CertificateStatus.UNKNOWN, "facts": [], "issued": []}
    if found:
        version, history = found
        shown = {
            "status": history.head.status_of(version.number_of_version),
            "current": history.head.current,
            "facts": _facts(version, history, words, language),
            "issued": [_issued(each, history, words, language) for each in reversed(history.versions)],
        }
    return _template().render(
        words=words,
        language=language.code,
        number=number,
        mark=MARKS[shown["status"]],
        # Our own, and named by their hashes in the policy.
        style=Markup(STYLE),  # noqa: S704
        script=Markup(SCRIPT),  # noqa: S704
        **shown,
    )


def _facts(
    version: CertificateVersion, history: CertificateHistory, words: Any, language: Language
) -> list[tuple[str, list[str]]]:
    """What the page says, each as the name of its label and its lines."""
    head = history.head
    facts = [
        ("version", [words["version_of"].format(version=version.number_of_version, versions=head.current)]),
        ("title", [version.title]),
        ("holder", [version.holder or words["erased"]]),
        (
            "credit",
            [f"{language.number(credit.amount)} {credit.scheme} ({credit.category})" for credit in version.credits]
            or [words["no_credit"]],
        ),
        ("completed_on", [language.day(version.completed_on)]),
        ("issued_on", [language.day(version.issued_on)]),
        ("issuer", [version.provider]),
    ]
    if head.revoked_for and head.revoked_at:
        why = [
            ("revoked_on", [language.day(version.day_of(head.revoked_at))]),
            ("reason", [words["reasons"][head.revoked_for]]),
        ]
        return [*why, *facts]
    return facts


def _issued(version: CertificateVersion, history: CertificateHistory, words: Any, language: Language) -> dict[str, str]:
    """One issued version, as a file is compared with it."""
    status = history.head.status_of(version.number_of_version)
    said = {
        "version": version.number_of_version,
        "date": language.day(version.issued_on),
        "current": history.head.current,
        "status": words["status"][status],
    }
    return {
        "pdf_sha256": version.pdf_sha256,
        "status": status,
        "name": words["by_hand"]["sum"].format(**said),
        "said": words["check"][status].format(**said),
    }


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("page.html")


@cache
def _words(code: str) -> Any:
    return json.loads((FOLDER / "words" / f"{code}.json").read_text("utf-8"))
