"""The verification page: every fact in the visitor's language, whole without scripts, with nothing from elsewhere."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import pytest

from functions.certification.verify.page import FOLDER, PAGE_HEADERS, render_page
from shared.domain.certificate import (
    AwardedCredit,
    CertificateHead,
    CertificateHistory,
    CertificateStatus,
    CertificateVersion,
    RevocationReason,
)
from shared.language import ENGLISH, LANGUAGES, Language, choose_language
from tests.support.builders import NOW, NUMBER, a_head, a_version

HOSTILE = '<script>alert("x")</script>&\'"{version}'
VOID = {"meta", "br", "input"}
FIRST = a_version()
SECOND = a_version(number_of_version=2, supersedes=1, pdf_sha256="cd" * 32)
WORDS = {code: json.loads((FOLDER / "words" / f"{code}.json").read_text("utf-8")) for code in LANGUAGES}

Found = tuple[CertificateVersion, CertificateHistory] | None


def found(version: CertificateVersion, head: CertificateHead, *others: CertificateVersion) -> Found:
    return version, CertificateHistory(head, sorted((version, *others), key=lambda each: each.number_of_version))


def revoked(reason: RevocationReason = RevocationReason.FRAUD) -> Found:
    return found(FIRST, a_head(revoked_for=reason, revoked_at=NOW + timedelta(days=1)))


VALID = found(SECOND, a_head(current=2), FIRST)
SUPERSEDED = found(FIRST, a_head(current=2), SECOND)
EVERY_STATE: dict[str, Found] = {
    CertificateStatus.VALID: VALID,
    CertificateStatus.SUPERSEDED: SUPERSEDED,
    CertificateStatus.REVOKED: revoked(),
    CertificateStatus.UNKNOWN: None,
}
every_state = pytest.mark.parametrize("status", EVERY_STATE)
every_language = pytest.mark.parametrize("code", LANGUAGES)


class Page(HTMLParser):
    """A page as a browser reads it: its elements, and the text in each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.facts: dict[str, str] = {}
        self._open: list[str] = []
        self._label = ""
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "dt":
            self._label = ""
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.text[tag] = self.text.get(tag, "") + data
        if "dt" in self._open:
            self._label += data
        elif "dd" in self._open:
            self.facts[self._label] = self.facts.get(self._label, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def a_page(what: Found, language: Language = ENGLISH) -> Page:
    return Page(render_page(NUMBER, what, language))


# What it says


def test_a_valid_certificate_is_shown_with_all_that_the_public_may_know() -> None:
    page = a_page(VALID)
    assert page.text["h1"] == "This certificate is valid"
    assert list(page.facts.items())[:8] == [
        ("Certificate number", NUMBER),
        ("Version", "2 of 2"),
        ("Educational activity", "Oligometastatic Disease"),
        ("Issued to", "A••• L•••"),
        ("Credit", "1 ESMO-MORA (Category 1)"),
        ("Completed on", "2 March 2026"),
        ("Issued on", "2 March 2026"),
        ("Issued by", SECOND.provider),
    ]
    assert "Lovelace" not in page.text["body"]


def test_a_holder_who_chose_so_is_shown_by_name() -> None:
    version = a_version(holder="Ada Lovelace")
    assert a_page(found(version, a_head())).facts["Issued to"] == "Ada Lovelace"


def test_a_revoked_certificate_says_so_first_and_when_and_why() -> None:
    page = a_page(revoked())
    assert page.text["h1"] == "This certificate has been revoked"
    assert "valid" not in page.text["h1"]
    assert page.facts["Revoked on"] == "3 March 2026"
    assert page.facts["Reason"] == "It had been obtained by fraud."


@every_language
def test_every_reason_for_a_revocation_is_told_in_words_of_its_own(code: str) -> None:
    told = {
        a_page(revoked(reason), Language(code, code)).facts[WORDS[code]["facts"]["reason"]]
        for reason in RevocationReason
    }
    assert len(told) == len(RevocationReason)


def test_a_superseded_version_says_so_and_leads_to_the_current_one() -> None:
    page = a_page(SUPERSEDED)
    assert page.text["h1"] == "This version has been superseded"
    assert page.facts["Version"] == "1 of 2"
    assert page.all("a") == [{"href": "?version=2"}]
    assert page.text["a"] == "Show the current version (2)"


def test_of_an_unknown_number_nothing_is_shown_but_the_number() -> None:
    page = a_page(None)
    assert page.text["h1"] == "No such certificate"
    assert page.facts == {"Certificate number": NUMBER}
    assert page.all("section") == page.all("script") == []


def test_a_certificate_of_participation_says_that_it_carries_no_credit() -> None:
    assert "participation" in a_page(found(a_version(credits=()), a_head())).facts["Credit"]


def test_days_are_those_of_the_providers_zone() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    page = a_page(found(a_version(zone="Europe/Zurich", completed_at=late), a_head()))
    assert page.facts["Completed on"] == "3 March 2026"


@pytest.mark.parametrize(
    ("header", "heading", "day", "credit"),
    [
        ("en-GB,en;q=0.9", "This certificate is valid", "2 March 2026", "0.5 EACCME (ECMEC)"),
        ("en-US", "This certificate is valid", "March 2, 2026", "0.5 EACCME (ECMEC)"),
        ("de-DE,de;q=0.9,en;q=0.8", "Dieses Zertifikat ist gültig", "2. März 2026", "0,5 EACCME (ECMEC)"),
        ("de-CH", "Dieses Zertifikat ist gültig", "2. März 2026", "0.5 EACCME (ECMEC)"),
        ("fr", "Ce certificat est valide", "2 mars 2026", "0,5 EACCME (ECMEC)"),
        ("es-ES", "Este certificado es válido", "2 de marzo de 2026", "0,5 EACCME (ECMEC)"),
        ("it, en;q=0.5", "Questo certificato è valido", "2 marzo 2026", "0,5 EACCME (ECMEC)"),
    ],
)
def test_the_visitor_reads_it_in_their_language_and_formats(header: str, heading: str, day: str, credit: str) -> None:
    language = choose_language(header)
    credits = (AwardedCredit(scheme="EACCME", category="ECMEC", amount=Decimal("0.50")),)
    page = a_page(found(a_version(credits=credits), a_head()), language)
    assert page.all("html") == [{"lang": language.code}]
    assert page.text["h1"] == heading
    assert {day, credit} <= set(page.facts.values())


# Its words


def shape_of(words: Any) -> Any:
    """The keys of a file of words, and the blanks that each text has."""
    if isinstance(words, dict):
        return {name: shape_of(each) for name, each in words.items()}
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def texts_of(words: Any) -> list[str]:
    return [text for each in words.values() for text in texts_of(each)] if isinstance(words, dict) else [words]


def test_every_language_has_its_file_and_there_is_no_other() -> None:
    assert {path.stem for path in (FOLDER / "words").iterdir()} == set(LANGUAGES)


@every_language
def test_every_language_says_the_same_things(code: str) -> None:
    assert shape_of(WORDS[code]) == shape_of(WORDS["en"])
    assert all(text.strip() == text != "" for text in texts_of(WORDS[code]))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_nothing_is_left_in_english(code: str) -> None:
    same = set(texts_of(WORDS[code])) & set(texts_of(WORDS["en"]))
    assert same <= {"Version"}


@every_language
def test_a_text_is_set_with_the_signs_of_its_language(code: str) -> None:
    texts = texts_of(WORDS[code])
    assert [text for text in texts if "'" in text or '"' in text or "  " in text] == []
    if code == "fr":
        assert [text for text in texts if re.search(r"[^\u00a0][:;?!]", text)] == []
    if code == "es":
        assert [text for text in texts if text.count("?") != text.count("¿")] == []


# What it is made of


@every_language
@every_state
def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(status: str, code: str) -> None:
    page = a_page(EVERY_STATE[status], Language(code, code))
    assert {"img", "link", "iframe", "form", "object", "base"}.isdisjoint(tag for tag, _ in page.elements)
    attributes = {name for _, attributes in page.elements for name in attributes}
    assert {"src", "style", "srcset", "action"}.isdisjoint(attributes)
    assert not any(name.startswith("on") for name in attributes)
    assert all(link["href"] == "?version=2" for link in page.all("a"))
    assert "{" not in page.text["body"].replace(page.text.get("script", ""), "")


@every_state
def test_a_screen_reader_finds_its_way(status: str) -> None:
    page = a_page(EVERY_STATE[status])
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("main"), tags.count("header"), tags.count("h1")) == (1, 1, 1)
    assert tags.index("h1") < tags.index("h2") if "h2" in tags else True
    assert all(svg.get("aria-hidden") == "true" for svg in page.all("svg"))
    assert page.text["title"].startswith(page.text["h1"])
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes} <= ids
    if status != CertificateStatus.UNKNOWN:
        assert tags[tags.index("label") : tags.index("label") + 3] == ["label", "span", "input"]
        assert [p for p in page.all("p") if p.get("role") == "status"]


def test_whatever_comes_from_outside_is_shown_as_text() -> None:
    credit = AwardedCredit(scheme=HOSTILE, category=HOSTILE, amount=FIRST.credits[0].amount)
    version = a_version(title=HOSTILE, holder=HOSTILE, provider=HOSTILE, credits=(credit,))
    html = render_page(HOSTILE, found(version, a_head()), ENGLISH)
    page = Page(html)
    assert html.count("<script") == 1
    assert page.text["script"] == (FOLDER / "page.js").read_text("utf-8")
    assert page.text["dl"].count(HOSTILE) == 6


def test_the_page_tells_the_checksum_of_every_version_and_what_it_means() -> None:
    page = a_page(SUPERSEDED)
    rows = [attributes for attributes in page.all("div") if "data-sha256" in attributes]
    assert [(row["data-sha256"], row["data-status"]) for row in rows] == [
        ("cd" * 32, "valid"),
        ("ab" * 32, "superseded"),
    ]
    assert [str(row["data-said"]).partition(".")[0] for row in rows] == ["Original", "Unchanged, but superseded"]
    assert page.facts["Version 1, issued on 2 March 2026, superseded"] == "ab" * 32
    assert "sha256sum" in page.text["details"]
    # Without a script the way by hand stands open, and what needs the script is not there.
    assert "open" in page.all("details")[0]
    assert "hidden" in page.all("label")[0]


# Its policy


@every_state
@pytest.mark.parametrize("kind", ["style", "script"])
def test_style_and_script_are_those_that_the_policy_names(kind: str, status: str) -> None:
    inline = re.findall(rf"<{kind}>(.*?)</{kind}>", render_page(NUMBER, EVERY_STATE[status], ENGLISH), re.DOTALL)
    assert inline or (kind, status) == ("script", CertificateStatus.UNKNOWN)
    for text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in PAGE_HEADERS["Content-Security-Policy"]


def test_the_policy_allows_nothing_else() -> None:
    policy = dict(directive.strip().split(" ", 1) for directive in PAGE_HEADERS["Content-Security-Policy"].split(";"))
    for kind in ("style-src", "script-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", policy.pop(kind))
    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'none'"}
    assert PAGE_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert PAGE_HEADERS["Referrer-Policy"] == "no-referrer"


def colours(css: str) -> dict[str, dict[str, str]]:
    """The custom colours that each rule sets."""
    rules: dict[str, dict[str, str]] = {}
    for selector, body in re.findall(r"^([^{}\n]+) \{([^}]*)\}", css, re.MULTILINE):
        rules.setdefault(selector, {}).update(re.findall(r"--(\w+): (#[0-9a-f]{6})", body))
    return rules


def contrast(one: str, other: str) -> float:  # WCAG 2.2
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_text_stands_out_from_what_it_is_printed_on() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", render_page(NUMBER, VALID, ENGLISH), re.DOTALL)
    rules = colours(style)
    for name in ("primary", "ink", "muted"):
        assert contrast(rules[":root"][name], "#f4f5f3") >= 4.5, name
    tones = [rule for selector, rule in rules.items() if "tone" in rule]
    assert len(tones) == 3
    for rule in tones:
        assert contrast(rule["tone"], rule["paper"]) >= 4.5
        assert contrast(rules[":root"]["ink"], rule["paper"]) >= 4.5
