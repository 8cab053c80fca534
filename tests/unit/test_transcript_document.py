"""The transcript as a PDF: all of a learner's credit, in their language, on as many pages as it takes."""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import combinations
from string import Formatter
from typing import Any

import pikepdf
import pypdf
import pytest

from shared.certificate.transcript import WORDS, render_transcript
from shared.domain.claim import CORRECTION, EXTERNAL, LedgerEntry
from shared.domain.learner import Profile
from shared.domain.transcript import transcript
from shared.language import LANGUAGES
from tests.support.builders import LEARNER, NUMBER, an_award
from tests.support.pdf import runs_of, structure, text_of

MADE_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
A4 = (595.28, 841.89)
MARGIN = 20 * 72 / 25.4
HOLDER = Profile(learner_id=LEARNER, name="Dr. Siobhán Łukasiewicz-Nguyễn", profession="Physician")
AWARD = an_award("2026-03-02", title="Oligometastatic Disease")
every_language = pytest.mark.parametrize("code", LANGUAGES)


def an_external_credit(**changes: Any) -> LedgerEntry:
    facts: dict[str, Any] = {"kind": EXTERNAL, "certificate": None, "module_id": None, "edition": None, "category": ""}
    return an_award("2024-09-14", "6.50", **facts | {"title": "Annual congress", "provider": "Lugano"} | changes)


LEDGER = (
    an_external_credit(),
    an_award("2025-03-02", "0.50", scheme="EACCME", category="ECMEC"),
    an_award("2025-03-02", "-0.50", scheme="EACCME", category="ECMEC", kind=CORRECTION),
    AWARD,
)


def a_transcript(
    *ledger: LedgerEntry, holder: Profile = HOLDER, year: int | None = None, scheme: str | None = None, wish: str = "en"
) -> bytes:
    shown = transcript(ledger, year=year, scheme=scheme, today=MADE_AT.date())
    return render_transcript(shown, holder, year=year, scheme=scheme, made_at=MADE_AT, accept_language=wish)


def pages_of(pdf: bytes) -> list[str]:
    return [text_of(pdf, page) for page in range(len(pypdf.PdfReader(io.BytesIO(pdf)).pages))]


def speaking(code: str) -> Profile:
    return Profile(learner_id=LEARNER, name="Ada Lovelace", language=code)


# What it says


def test_it_says_whose_credit_it_is_and_when_it_was_made() -> None:
    (page,) = pages_of(a_transcript(*LEDGER))
    assert page.startswith("Transcript of continuing medical education")
    for fact in ("NameDr. Siobhán Łukasiewicz-Nguyễn", "ProfessionPhysician", "Date24 November 2026"):
        assert fact in page
    assert page.endswith("Page 1 of 1")


def test_it_sums_each_scheme_over_five_years_and_per_year_and_tells_what_is_self_reported() -> None:
    (page,) = pages_of(a_transcript(*LEDGER))
    assert "Five years, 2022 to 2026SCHEMECREDITOF WHICH SELF-REPORTEDEACCME0ESMO-MORA7.56.5" in page
    assert "Credit by yearYEARSCHEMECREDITOF WHICH SELF-REPORTED2024ESMO-MORA6.56.52025EACCME02026ESMO-MORA1" in page


def test_where_nothing_is_self_reported_there_is_no_column_for_it() -> None:
    (page,) = pages_of(a_transcript(AWARD))
    assert "SELF-REPORTED" not in page
    assert "Self-reported" not in page


def test_every_entry_is_told_with_its_kind_and_its_source() -> None:
    (page,) = pages_of(a_transcript(*LEDGER))
    for entry in (
        "14 Sept 2024Annual congressSelf-reported · LuganoESMO-MORA6.5",
        f"2 Mar 2025Oligometastatic DiseaseCertificate {NUMBER}EACCMEECMEC0.5",
        f"2 Mar 2025Oligometastatic DiseaseCorrection · Certificate {NUMBER}EACCMEECMEC−0.5",
        f"2 Mar 2026Oligometastatic DiseaseCertificate {NUMBER}ESMO-MORACategory 11",
        "Self-reported: entered by the holder and not verified.",
        "Correction: takes back or restores credit that had been awarded.",
    ):
        assert entry in page


def test_a_part_of_the_credit_says_which_part_it_is() -> None:
    (page,) = pages_of(a_transcript(*LEDGER, year=2024, scheme="ESMO-MORA"))
    assert "Year2024SchemeESMO-MORA" in page
    assert "Five years, 2020 to 2024" in page
    assert "2026ESMO-MORA" not in page


def test_without_credit_it_says_so() -> None:
    (page,) = pages_of(a_transcript())
    assert "ActivitiesNo credit has been entered." in page
    assert "Five years" not in page


def test_a_learner_without_a_profile_gets_a_transcript_without_a_name() -> None:
    (page,) = pages_of(a_transcript(AWARD, holder=Profile(learner_id=LEARNER)))
    assert page.startswith("Transcript of continuing medical educationDate24 November 2026Five years")


# In which language


@every_language
def test_it_is_in_the_language_of_the_profile_before_that_of_the_browser(code: str) -> None:
    words = json.loads((WORDS / f"{code}.json").read_text("utf-8"))
    pdf = a_transcript(*LEDGER, holder=speaking(code), wish="en" if code != "en" else "de")
    (page,) = pages_of(pdf)
    for said in ("title", "totals", "entries", "note_external", "note_correction"):
        assert words[said] in page
    with pikepdf.open(io.BytesIO(pdf)) as read:
        assert read.Root.Lang == code


def test_without_a_language_in_the_profile_it_is_in_the_browsers_and_in_english_failing_that() -> None:
    assert "24. November 2026" in pages_of(a_transcript(AWARD, wish="pl, de-AT;q=0.8"))[0]
    assert "24 November 2026" in pages_of(a_transcript(AWARD, wish="pl"))[0]


def test_days_and_numbers_are_written_as_the_language_writes_them() -> None:
    (page,) = pages_of(a_transcript(*LEDGER, holder=speaking("de")))
    assert "14.09.2024Annual congressSelbst erfasst · LuganoESMO-MORA6,5" in page


def shape_of(words: dict[str, str]) -> dict[str, set[str]]:
    return {name: {blank for _, blank, _, _ in Formatter().parse(text) if blank} for name, text in words.items()}


def test_every_language_has_all_the_words() -> None:
    words = {path.stem: json.loads(path.read_text("utf-8")) for path in WORDS.iterdir()}
    assert words.keys() == set(LANGUAGES)
    for code, said in words.items():
        assert shape_of(said) == shape_of(words["en"]), code
        assert all(text.strip() == text != "" for text in said.values()), code


# Whatever stands in it


@pytest.mark.parametrize(
    "title",
    [
        "Traitement de l’œsophage : état de l’art",
        "Лечение рака пищевода",
        "Αντιμετώπιση του καρκίνου",
        "טיפול בסרטן הוושט",
        "食管癌的围手术期治疗",
        "食道癌の周術期治療",
        "식도암의 수술 전후 치료",
        "การรักษามะเร็งหลอดอาหาร",
        '#import "x": * $x^2$ *bold* // no comment #panic()',
    ],
)
def test_a_title_in_any_script_can_be_read_back(title: str) -> None:
    assert title in pages_of(a_transcript(an_external_credit(title=title)))[0]


def test_a_character_that_no_font_has_does_not_keep_a_learner_from_the_transcript() -> None:
    (page,) = pages_of(a_transcript(an_external_credit(title="Congress 🎉 \u0b95", provider="\x07\u202eLugano")))
    assert "Congress \ufffd \ufffd" in page
    assert "Self-reported · Lugano" in page


def test_a_long_ledger_takes_many_pages_each_with_the_heads_of_its_columns_and_its_number() -> None:
    ledger = [an_award(f"20{10 + year}-03-{day:02d}") for year in range(17) for day in range(1, 8)]
    pages = pages_of(a_transcript(*ledger))
    assert len(pages) > 4
    assert sum(page.count(f"Certificate {NUMBER}") for page in pages) == len(ledger)
    for number, page in enumerate(pages, start=1):
        assert page.endswith(f"Page {number} of {len(pages)}")
        assert "SCHEMECREDIT" in page


def test_whatever_its_length_text_stays_inside_the_margins_and_apart() -> None:
    long = "Multidisciplinary management of oesophageal, junctional and gastric adenocarcinoma in practice " * 3
    ledger = (
        an_external_credit(title=long, provider=long[:200], scheme=long[:100]),
        an_external_credit(title="W" * 300, provider="W" * 200, scheme="W" * 100),
        an_external_credit(title="علاج سرطان المريء " * 12, provider="王" * 100),
        an_award("2026-09-30", "1234567.25", category="W" * 60, scheme="1-" * 40),
    )
    holder = Profile(learner_id=LEARNER, name="Maria Concepción " * 11, profession="W" * 150, language="es")
    pdf = a_transcript(*ledger, holder=holder)
    for page in range(len(pages_of(pdf))):
        runs = [run for run in runs_of(pdf, page) if run.text.strip()]
        assert [run for run in runs if run.left < MARGIN - 0.5 or run.right > A4[0] - MARGIN + 0.5] == []
        assert [(one, other) for one, other in combinations(runs, 2) if one.overlaps(other)] == []


# What it is made of


def test_it_claims_pdf_a_2a_and_pdf_ua_1_and_names_itself() -> None:
    with pikepdf.open(io.BytesIO(a_transcript(*LEDGER))) as pdf, pdf.open_metadata() as about:
        assert (about["pdfaid:part"], about["pdfaid:conformance"], about["pdfuaid:part"]) == ("2", "A", "1")
        assert about["dc:title"] == "Transcript of continuing medical education, Dr. Siobhán Łukasiewicz-Nguyễn"
        assert about["xmp:CreateDate"] == "2026-11-24T09:30:00Z"
        assert [float(edge) for edge in pdf.pages[0].mediabox] == pytest.approx([0, 0, *A4], abs=0.01)


def test_a_screen_reader_hears_headings_and_tables_with_their_heads() -> None:
    with pikepdf.open(io.BytesIO(a_transcript(*LEDGER))) as pdf:
        kinds = Counter(str(node.get("/S")) for node in structure(pdf.Root.StructTreeRoot))
    assert (kinds["/H1"], kinds["/H2"], kinds["/Table"]) == (1, 3, 3)
    assert kinds["/TH"] == 3 + 4 + 4
    assert kinds["/TR"] == (1 + 2) + (1 + 3) + (1 + 4)


def test_equal_transcripts_are_equal_bytes() -> None:
    assert a_transcript(*LEDGER) == a_transcript(*LEDGER)
    assert a_transcript(*LEDGER) != a_transcript(*LEDGER, holder=speaking("en"))
