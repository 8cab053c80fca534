"""A letter in words: the texts of the reader's language, filled in, as plain text and as HTML.

Loads Jinja and Babel, so the one step that writes mails imports it when it does.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.certificate.theme import theme
from shared.domain.certificate import CreditLine
from shared.domain.mail import Letter
from shared.language import Language, choose_language
from shared.ports import Wording

FOLDER = Path(__file__).parent
# A title may be long; what is longer than this is cut off in the subject, never in the text.
LONGEST_SUBJECT = 150
JOINERS = "\u200c\u200d"  # they shape Arabic and Devanagari
CUT_OFF = "…"


def word_letter(letter: Letter, name: str | None, *languages: str | None) -> Wording:
    """See ``ports.WordLetter``. Nothing that a fact says can add a line, a header or a tag of its own."""
    language = choose_language(*languages)
    words = words_of(language.code)
    own = words["mails"][letter.kind]
    facts = _cleaned({**letter.facts, "name": name or "", "provider": letter.provider})
    greeting = words["greeting" if facts["name"] else "greeting_without_name"]
    facts |= _formats(language, letter.zone)

    def said(*, html: bool) -> dict[str, Any]:
        return {
            "greeting": _filled(greeting, facts, html),
            "paragraphs": [_filled(own["paragraphs"][paragraph], facts, html) for paragraph in letter.paragraphs],
            "action": _filled(own["action"], facts, html),
            "closing": words["closing"],
            "automatic": words["automatic"],
            "link": letter.link,
            "provider": facts["provider"],
        }

    subject = _one_line(_filled(own["subject"], facts, html=False))
    return Wording(
        subject=subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1] + CUT_OFF,
        text=_as_text(said(html=False)),
        html=_layout().render(said(html=True), language=language.code, subject=subject, theme=theme()),
    )


@cache
def words_of(code: str) -> dict[str, Any]:
    """All texts of a language."""
    words: dict[str, Any] = json.loads((FOLDER / "texts" / f"{code}.json").read_text(encoding="utf-8"))
    return words


def _formats(language: Language, zone: str) -> dict[str, Any]:
    """What the texts write their facts with; instants in the time of ``zone``."""

    def listed(credits: Iterable[CreditLine]) -> str:
        return ", ".join(f"{language.number(line.amount)} {line.scheme} ({line.category})" for line in credits)

    return {"day": language.day, "instant": lambda at: language.instant(at, zone), "listed": listed}


def _cleaned(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: _one_line(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def _one_line(text: str) -> str:
    """``text`` without control characters and invisible ones that turn or hide what follows, on one line."""
    kept = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in text
        if unicodedata.category(char) != "Cf" or char in JOINERS
    )
    return " ".join("".join(kept).split())


def _isolated(value: object) -> object:
    """A fact in HTML: a name from right to left changes nothing around it."""
    return Markup("<bdi>{}</bdi>").format(value) if isinstance(value, str) else value


_TEXT = Environment(autoescape=False, undefined=StrictUndefined)  # noqa: S701 - plain text has nothing to escape
_HTML = Environment(autoescape=True, undefined=StrictUndefined, finalize=_isolated)


@cache
def _template(text: str, html: bool) -> Template:
    return (_HTML if html else _TEXT).from_string(text)


@cache
def _layout() -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, loader=FileSystemLoader(FOLDER)).get_template(
        "layout.html"
    )


def _filled(text: str, facts: Mapping[str, object], html: bool) -> str:
    filled = _template(text, html).render(facts)
    return Markup(filled) if html else filled  # noqa: S704 - escaped as it was filled in


def _as_text(said: Mapping[str, Any]) -> str:
    parts = [
        said["greeting"],
        *said["paragraphs"],
        f"{said['action']}:\n{said['link']}",
        f"{said['closing']}\n{said['provider']}",
        f"-- \n{said['automatic']}",
    ]
    return "\n\n".join(parts) + "\n"
