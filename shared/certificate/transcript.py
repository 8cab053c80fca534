"""The transcript as a PDF: a learner's credit, in the learner's language, on as many pages as it takes."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.certificate.text import one_line
from shared.certificate.typesetting import Unprintable, moment, typeset
from shared.domain.claim import CORRECTION, EXTERNAL, LedgerEntry
from shared.domain.learner import Profile
from shared.domain.transcript import CycleTotal, Transcript, YearTotal
from shared.language import Language, choose_language

TEMPLATE = Path(__file__).with_name("transcript.typ")
WORDS = Path(__file__).with_name("words")
REPLACEMENT = "\ufffd"


def render_transcript(
    transcript: Transcript,
    holder: Profile,
    *,
    year: int | None,
    scheme: str | None,
    made_at: datetime,
    accept_language: str | None,
) -> bytes:
    """The PDF of a transcript of ``year`` and ``scheme`` (None: of all): A4 pages, tagged, PDF/UA-1 and PDF/A-2a.

    In the language of the holder's profile, else in one that ``accept_language`` wishes for, else in English. Equal
    arguments give equal bytes. A character of an entry that no packaged font has is printed as U+FFFD.
    """
    language = choose_language(holder.language, accept_language)
    facts = _printed(transcript, holder, year=year, scheme=scheme, made_at=made_at, language=language)
    try:
        return typeset(TEMPLATE, facts)
    except Unprintable as refused:
        return typeset(TEMPLATE, _without(facts, refused.characters))


def _printed(
    transcript: Transcript,
    holder: Profile,
    *,
    year: int | None,
    scheme: str | None,
    made_at: datetime,
    language: Language,
) -> dict[str, Any]:
    say: dict[str, str] = json.loads((WORDS / f"{language.code}.json").read_text("utf-8"))
    name = one_line(holder.name or "")
    about = (
        ("name", name),
        ("profession", one_line(holder.profession or "")),
        ("year", str(year or "")),
        ("scheme", one_line(scheme or "")),
        ("made_on", language.day(made_at.date())),
    )
    kinds = {entry.kind for entry in transcript.entries}
    return {
        "language": language.code,
        "say": say,
        "document_title": f"{say['title']}, {name}" if name else say["title"],
        "document_date": moment(made_at),
        "about": [(say[label], value) for label, value in about if value],
        "cycle_title": _cycle_title(transcript.cycle, say),
        "cycle": [_sum(total, language) for total in transcript.cycle],
        "totals": [{"year": str(total.year), **_sum(total, language)} for total in transcript.totals],
        "entries": [_entry(entry, say, language) for entry in transcript.entries],
        "notes": [say[f"note_{kind}"] for kind in (EXTERNAL, CORRECTION) if kind in kinds],
    }


def _cycle_title(cycle: Sequence[CycleTotal], say: dict[str, str]) -> str:
    return say["cycle"].format(first=cycle[0].first.year, last=cycle[0].last.year) if cycle else ""


def _sum(total: YearTotal | CycleTotal, language: Language) -> dict[str, str]:
    return {
        "scheme": one_line(total.scheme),
        "credit": _amount(total.amount, language),
        "self_reported": _amount(total.self_reported, language) if total.self_reported else "",
    }


def _entry(entry: LedgerEntry, say: dict[str, str], language: Language) -> dict[str, Any]:
    source = (
        say["certificate"].format(number=entry.certificate) if entry.certificate else one_line(entry.provider or "")
    )
    return {
        "date": language.short_day(date.fromisoformat(entry.earned_on)),
        "title": one_line(entry.title),
        "kind": say.get(entry.kind, ""),
        "source": source,
        "scheme": one_line(entry.scheme),
        "category": one_line(entry.category),
        "credit": _amount(entry.amount, language),
    }


def _amount(amount: Decimal, language: Language) -> str:
    return language.number(amount).replace("-", "\u2212")


def _without(facts: dict[str, Any], characters: frozenset[str]) -> Any:
    text = json.dumps(facts, ensure_ascii=False)
    return json.loads(text.translate({ord(character): REPLACEMENT for character in characters}))
