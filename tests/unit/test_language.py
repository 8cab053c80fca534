"""Whoever reads is addressed in their language, in the formats of their region, and in English failing that."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.language import ENGLISH, LANGUAGES, Language, choose_language

SUMMER_NIGHT = datetime(2026, 7, 14, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de", "de"),
        ("FR-ca", "fr"),
        ("es-419,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.3, it;q=0.7", "it"),
        ("pl, cs;q=0.9, de;q=0.2", "de"),
        ("fr;q=0, de;q=0.1", "de"),
        ("en;q=0, *;q=0.5", "de"),
        ("*, it;q=0.5", "en"),
        ("it ; q=1.000 , de;q=0.999", "it"),
        ("eng, deutsch", "en"),
        ("zh-Hant-TW, ja", "en"),
        ("de;q=2, fr", "fr"),
        ("de;q=0.1234, fr;q=0.1", "fr"),
        ("'; drop table; --", "en"),
        ("", "en"),
        ("," * 2000 + "de", "en"),
        ("de;q=0", "en"),
    ],
)
def test_the_most_wanted_of_our_languages_is_chosen(header: str, code: str) -> None:
    assert choose_language(header).code == code


def test_an_earlier_wish_goes_before_a_later_one_and_what_we_do_not_speak_is_passed_over() -> None:
    assert choose_language("it", "de").code == "it"
    assert choose_language("pl", "de-AT, en").code == "de"
    assert choose_language(None, None) == choose_language() == ENGLISH


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("de-CH", "de-CH"),
        ("de-Latn-CH", "de-CH"),
        ("en-US", "en-US"),
        ("en", "en-150"),
        ("de-XX", "de"),
        ("it-1994", "it"),
    ],
)
def test_the_formats_are_those_of_the_region_that_is_named(tag: str, locale: str) -> None:
    assert choose_language(tag).locale == locale


@pytest.mark.parametrize(
    ("tag", "day", "number"),
    [
        ("en", "14 March 2026", "1,234.5"),
        ("en-US", "March 14, 2026", "1,234.5"),
        ("de", "14. März 2026", "1.234,5"),
        ("de-CH", "14. März 2026", "1’234.5"),
        ("fr", "14 mars 2026", "1\u202f234,5"),
        ("es", "14 de marzo de 2026", "1.234,5"),
        ("it", "14 marzo 2026", "1.234,5"),
    ],
)
def test_days_and_numbers_are_written_as_they_are_there(tag: str, day: str, number: str) -> None:
    language = choose_language(tag)
    assert language.day(date(2026, 3, 14)) == day
    assert language.number(Decimal("1234.50")) == number


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    assert choose_language("fr-CH").day(date(2026, 5, 1)) == "1er mai 2026"
    assert choose_language("fr").day(date(2026, 5, 11)) == "11 mai 2026"
    assert choose_language("it").day(date(2026, 5, 1)) == "1 maggio 2026"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_day_in_a_table_is_shorter(code: str) -> None:
    language = choose_language(code)
    september = date(2026, 9, 14)
    assert len(language.short_day(september)) < len(language.day(september))
    assert {"14", "2026"} <= set(re.split(r"\W+", language.short_day(september)))


def test_a_credit_is_neither_rounded_nor_drawn_out() -> None:
    assert [ENGLISH.number(Decimal(amount)) for amount in ("1.00", "0.25", "0.0625", "-1.00", "10")] == [
        "1",
        "0.25",
        "0.0625",
        "-1",
        "10",
    ]


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "15 July 2026, 00:05 (Central European Summer Time)"),
        ("de", "15. Juli 2026, 00:05 (Mitteleuropäische Sommerzeit)"),
        ("fr", "15 juillet 2026, 00:05 (heure d’été d’Europe centrale)"),
        ("es", "15 de julio de 2026, 0:05 (hora de verano de Europa central)"),
        ("it", "15 luglio 2026 00:05 (Ora legale dell’Europa centrale)"),
    ],
)
def test_an_instant_is_told_in_the_time_of_the_zone_which_is_named(tag: str, said: str) -> None:
    assert choose_language(tag).instant(SUMMER_NIGHT, "Europe/Zurich") == said


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Argentina/ComodRivadavia", "Pacific/Chatham"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_zone_has_a_name_in_every_language(code: str, zone: str) -> None:
    said = Language(code, code).instant(SUMMER_NIGHT, zone)
    assert "2026" in said
    assert len(said.partition("(")[2]) > 3
