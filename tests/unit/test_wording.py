"""Wording: every mail in every language, complete, natural in its formats, and safe whatever the facts say."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import Environment, meta

from functions.operations.notify.letters import LETTERS
from shared.domain.certificate import RevocationReason
from shared.domain.enrolment import DeclineReason
from shared.domain.mail import Letter
from shared.language import LANGUAGES
from shared.mail.wording import FOLDER, LONGEST_SUBJECT, word_letter, words_of
from shared.ports import Wording
from tests.support.builders import NUMBER, a_credit_line

ENGLISH = words_of("en")
LINK = "https://learn.example.org/oligo?edition=2&from=mail"
NAME = "Ada Lovelace"
TITLE = "Oligometastatic Disease"
FACTS: dict[str, object] = {
    "title": TITLE,
    "edition": 2,
    "last_day": date(2028, 1, 14),
    "pass_mark": 70,
    "attempts": 3,
    "attempt": 1,
    "attempts_left": 2,
    "next_attempt_at": datetime(2026, 3, 3, 9, tzinfo=UTC),
    "claim_until": datetime(2026, 4, 1, 9, tzinfo=UTC),
    "claim_day": date(2026, 4, 1),
    "number": NUMBER,
    "version": 2,
    "supersedes": 1,
    "reason": "Name corrected",
    "credits": (a_credit_line(), a_credit_line(scheme="EACCME", category="ECMEC", amount=Decimal("1.50"))),
    "revoked_on": date(2026, 3, 2),
}
HOSTILE = [
    "<script>alert(1)</script>",
    "Ada\r\nBcc: everyone@example.org",
    "Ada\n\nDear colleague, send money",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eecalevoL adA",
    "Ada\u2028Lovelace\x00\x1b[31m",
    '" onmouseover="alert(1)',
    "&lt;b&gt;",
]
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_mail = pytest.mark.parametrize("kind", ENGLISH["mails"])


def worded(kind: str, language: str = "en", name: str | None = NAME, **facts: object) -> Wording:
    """A mail with all its paragraphs, which no single one has."""
    paragraphs = tuple(ENGLISH["mails"][kind]["paragraphs"])
    letter = Letter(
        kind=kind,
        paragraphs=paragraphs,
        link=LINK,
        provider=str(facts.pop("provider", "Society of Oncology")),
        zone="Europe/Zurich",
        facts={**FACTS, **facts},
    )
    return word_letter(letter, name, language)


class Shown(HTMLParser):
    """What a reader sees of HTML, the tags that are in it, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links = "", []
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def texts(words: Any, path: str = "") -> dict[str, str]:
    if isinstance(words, str):
        return {path: words}
    return {name: text for key, value in words.items() for name, text in texts(value, f"{path}/{key}").items()}


def facts_in(text: str) -> set[str]:
    return meta.find_undeclared_variables(Environment(autoescape=True).parse(text))


# Completeness


def test_there_is_a_file_for_each_of_our_languages_and_no_other() -> None:
    assert {file.stem for file in (FOLDER / "texts").glob("*.json")} == set(LANGUAGES)


@every_language
def test_every_language_has_every_text_with_the_same_facts(language: str) -> None:
    expected, found = texts(ENGLISH), texts(words_of(language))
    assert found.keys() == expected.keys()
    assert all(found.values())
    assert {name: facts_in(text) for name, text in found.items()} == {
        name: facts_in(text) for name, text in expected.items()
    }


@every_language
def test_a_language_is_no_copy_of_english(language: str) -> None:
    if language != "en":
        own, english = texts(words_of(language)), texts(ENGLISH)
        assert [name for name in own if own[name] == english[name]] == []


def test_there_is_a_mail_for_every_event_that_is_told() -> None:
    assert len(ENGLISH["mails"]) == len(LETTERS)


def test_every_reason_has_its_words() -> None:
    assert set(DeclineReason) <= ENGLISH["mails"]["enrolment_declined"]["paragraphs"].keys()
    assert set(RevocationReason) <= ENGLISH["mails"]["certificate_revoked"]["paragraphs"].keys()


# What a reader sees


@every_language
@every_mail
def test_every_mail_has_a_subject_a_greeting_by_name_and_its_link(kind: str, language: str) -> None:
    mail = worded(kind, language)
    shown = Shown(mail.html)
    assert TITLE in mail.subject
    for text in (mail.text, shown.text):
        assert NAME in text
        assert LINK in text
        assert "Society of Oncology" in text
        assert words_of(language)["automatic"] in text
        assert "{" not in text
    assert mail.text.partition("\n")[0].count(NAME) == 1
    assert shown.links == [LINK]
    assert f'<html lang="{language}">' in mail.html


@every_language
@every_mail
def test_the_html_says_what_the_text_says(kind: str, language: str) -> None:
    mail = worded(kind, language)
    shown = Shown(mail.html).text
    for paragraph in mail.text.split("\n\n")[:-3]:
        assert " ".join(paragraph.split()) in shown


@every_language
def test_without_a_name_the_greeting_has_none(language: str) -> None:
    for name in (None, "", "\u200b \n"):
        mail = worded("enrolment_confirmed", language, name)
        assert mail.text.startswith(words_of(language)["greeting_without_name"])


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["until the end of 14 January 2028", "3 attempts", "70%"]),
        ("de-CH", ["bis zum Ablauf des 14. Januar 2028", "3 Versuche", "70\xa0%"]),
        ("fr", ["jusqu’au 14 janvier 2028", "3 tentatives", "70\xa0%"]),
        ("es", ["hasta el 14 de enero de 2028", "3 intentos", "70\xa0%"]),
        ("it", ["fino al giorno 14 gennaio 2028", "3 tentativi", "70%"]),
        ("pt", ["until the end of 14 January 2028"]),
        ("", ["until the end of 14 January 2028"]),
    ],
)
def test_dates_and_numbers_are_those_of_the_language_and_english_where_it_is_not_ours(
    language: str, expected: list[str]
) -> None:
    text = worded("enrolment_confirmed", language).text
    for words in expected:
        assert words in text


@every_language
def test_one_attempt_is_not_spoken_of_as_many(language: str) -> None:
    one, two = (worded("attempt_failed", language, attempts_left=left).text for left in (1, 2))
    assert one != two
    assert "2" in two.partition("\n\n")[2].partition("10:00")[0]
    counted = re.findall(r"\b1 (?:attempts?|Versuche?|tentatives?|intentos?|tentativ[oi])", one)
    assert counted == []


def test_a_moment_is_told_in_the_providers_time() -> None:
    assert "3 March 2026, 10:00" in worded("attempt_failed").text
    assert "1 April 2026, 11:00" in worded("enrolment_claim_closing").text


def test_credit_is_told_as_it_was_claimed() -> None:
    assert "1 ESMO-MORA (Category 1), 1.5 EACCME (ECMEC)" in worded("certificate_issued").text
    assert "1 ESMO-MORA (Category 1), 1,5 EACCME (ECMEC)" in worded("certificate_issued", "de").text


def test_the_first_language_that_is_ours_is_taken() -> None:
    letter = Letter(kind="enrolment_lapsed", paragraphs=(), link=LINK, provider="S", zone="UTC", facts=FACTS)
    assert word_letter(letter, None, None, "es").text.startswith("Estimado/a colega")
    assert word_letter(letter, None, "it", "es").text.startswith("Gentile collega")


# Whatever the facts say


@every_mail
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_fact_adds_a_line_or_a_tag_of_its_own(kind: str, hostile: str) -> None:
    mild = worded(kind, name="N", title="T", reason="R", provider="P")
    mail = worded(kind, name=hostile, title=hostile, reason=hostile, provider=hostile)
    assert mail.text.count("\n") == mild.text.count("\n")
    assert Shown(mail.html).tags == Shown(mild.html).tags
    assert Shown(mail.html).links == [LINK]
    for text in (mail.subject, mail.text.replace("\n", ""), mail.html.replace("\n", "")):
        assert not re.search("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    assert mail.text.startswith("Dear ")


def test_what_looks_like_markup_is_shown_as_it_was_written() -> None:
    mail = worded("enrolment_confirmed", name="<b>Ada</b> & {{ title }}")
    assert "Dear <b>Ada</b> & {{ title }}," in mail.text
    assert "Dear <b>Ada</b> & {{ title }}," in Shown(mail.html).text
    assert "<b>" not in mail.html


def test_a_subject_is_one_line_of_bearable_length() -> None:
    mail = worded("enrolment_confirmed", title="T" * 400)
    assert len(mail.subject) == LONGEST_SUBJECT
    assert mail.subject.endswith("…")
    assert "T" * 400 in mail.text


@pytest.mark.parametrize("name", ["محمد الأحمد", "דנה כהן", "山田太郎", "José Ñúñez", "प्रिया"])
def test_a_name_in_any_script_is_greeted_as_it_is_written(name: str) -> None:
    mail = worded("enrolment_passed", name=name)
    assert mail.text.startswith(f"Dear {name},")
    assert f"<bdi>{name}</bdi>" in mail.html


def test_a_mail_loads_nothing_and_runs_nothing() -> None:
    html = worded("certificate_issued").html
    assert not re.search(r"<(script|img|link|iframe|form|object)|url\(|@import|\son\w+=", html)
    assert json.dumps(re.findall(r'(?:src|href)="([^"]+)"', html)) == json.dumps([LINK.replace("&", "&amp;")])
