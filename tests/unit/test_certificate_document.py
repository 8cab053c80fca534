"""The certificate as a PDF: it says everything, in every script, on one page that never overflows."""

import io
import json
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import pytest
import segno
import zxingcpp
from PIL import Image

from shared.certificate import document
from shared.certificate.document import CertificateIncomplete, render
from shared.certificate.typesetting import Unprintable
from shared.domain.certificate import CertificateContent, CreditLine
from tests.support.pdf import fonts_of, instructions, runs_of, structure, text_of

A4_LANDSCAPE = (841.89, 595.28)
MARGIN_X, MARGIN_Y = 23 * 72 / 25.4, 17 * 72 / 25.4

EACCME_STATEMENT = (
    "This e-learning material has been accredited by the European Accreditation Council for Continuing Medical "
    "Education (EACCME®) with 0.5 European CME credits (ECMEC®s). Each medical specialist should claim only those "
    "hours of credit that he/she actually spent in the educational activity. Through an agreement between the Union "
    "Européenne des Médecins Spécialistes and the American Medical Association, physicians may convert EACCME® "
    "credits to an equivalent number of AMA PRA Category 1 Credits™."
)


def a_credit_line(**changes: Any) -> CreditLine:
    line = CreditLine(
        scheme="ESMO-MORA",
        category="Category 1",
        amount=Decimal("1.00"),
        activity_id="ACT-2026-0042",
        statement="One educational hour is one point, given for passing the test.",
        statement_version="2026-01",
    )
    return replace(line, **changes)


def a_certificate(**changes: Any) -> CertificateContent:
    content = CertificateContent(
        number="7K3M-9QXW-4TRB-8HVD-N",
        version=1,
        supersedes=None,
        reason=None,
        attested_name="Dr. Siobhán Łukasiewicz-Nguyễn",
        profession="Physician, medical oncology",
        provider="European Society for Clinical Oncology",
        joint_provider="University Hospital of Lugano",
        module_id="oesophageal-cancer-2026",
        title="Oesophageal cancer: perioperative treatment",
        edition=3,
        learning_format="Internet enduring material",
        completed_at=datetime(2026, 3, 14, 22, 42, tzinfo=UTC),
        zone="Europe/Zurich",
        released_on=date(2026, 1, 5),
        reviewed_on=date(2025, 12, 1),
        expires_on=date(2028, 1, 4),
        credits=(a_credit_line(),),
        verification_url="https://cme.example.org/verify/7K3M-9QXW-4TRB-8HVD-N?version=1",
        issued_at=datetime(2026, 3, 15, 23, 30, tzinfo=UTC),
        signatory_name="Prof. Ingrid Sørensen",
        signatory_title="Chair, Educational Committee",
    )
    return replace(content, **changes)


def a_reissue(**changes: Any) -> CertificateContent:
    return a_certificate(**{"version": 3, "supersedes": 2, "reason": "Name corrected after marriage", **changes})


# -- reading it ---------------------------------------------------------------------------------------


def qr_code_of(pdf: bytes) -> tuple[frozenset[tuple[int, int]], str]:
    """The dark modules of the drawn QR code as (column, row), and its alternative text."""
    dark: set[tuple[int, int]] = set()
    alternative, x = "", 0.0
    for operator, operands, _, marks in instructions(pdf):
        described = [str(mark["/Alt"]) for mark in marks if "/Alt" in mark]
        if not described:
            continue
        alternative = described[0]
        if operator == "m":
            x, y = (float(number) for number in operands)
        elif operator == "l" and y % 1 == 0.5:  # a stroke along the middle of a row, not the clip around it
            dark |= {(column, int(y)) for column in range(int(x), int(operands[0]))}
    return frozenset(dark), alternative


# -- what it says -------------------------------------------------------------------------------------


def test_the_certificate_says_every_field():
    text = text_of(render(a_certificate()))

    said = (
        "Certificate of Credit",
        "Dr. Siobhán Łukasiewicz-Nguyễn",
        "Physician, medical oncology",
        "European Society for Clinical Oncology",
        "Joint provider: University Hospital of Lugano",
        "Oesophageal cancer: perioperative treatment",
        "ACTIVITY IDoesophageal-cancer-2026",
        "EDITION3",
        "LEARNING FORMATInternet enduring material",
        "COMPLETED14 March 2026, 23:42Europe/Zurich (UTC+01:00)",
        "RELEASE DATE5 January 2026",
        "LAST REVIEW DATE1 December 2025",
        "TERMINATION DATE4 January 2028",
        "ISSUE DATE16 March 2026",
        "CREDIT CLAIMED1ESMO-MORACategory 1",
        "ESMO-MORA, activity ID ACT-2026-0042",
        "One educational hour is one point, given for passing the test.",
        "Statement version 2026-01",
        "CERTIFICATE NUMBER7K3M-9QXW-4TRB-8HVD-N",
        "Version 1",
        "https://cme.example.org/verify/7K3M-9QXW-4TRB-8HVD-N?version=1",
        "Prof. Ingrid Sørensen",
        "Chair, Educational Committee",
    )
    assert [fact for fact in said if fact not in text] == []


def test_every_scheme_is_shown_with_its_amount_statement_and_version():
    lines = (
        a_credit_line(),
        a_credit_line(scheme="EACCME", category="ECMEC", amount=Decimal("0.50"), statement=EACCME_STATEMENT),
        a_credit_line(scheme="AMA PRA", category="Category 1 Credit", amount=Decimal("10.00"), statement_version="7"),
    )
    text = text_of(render(a_certificate(credits=lines)))

    assert "CREDIT CLAIMED1ESMO-MORACategory 10.5EACCMEECMEC10AMA PRACategory 1 Credit" in text
    assert EACCME_STATEMENT in text
    assert "Statement version 7" in text


def test_without_a_joint_provider_it_says_none():
    assert "Joint provider: none" in text_of(render(a_certificate(joint_provider=None)))


def test_without_credit_it_is_a_certificate_of_participation_that_says_so():
    text = text_of(render(a_certificate(credits=(), profession="Nurse")))

    assert "Certificate of Participation" in text
    assert "No credit is awarded with this certificate." in text
    assert not re.search("credit claimed|certificate of credit|statement version", text, re.IGNORECASE)


def test_a_reissue_says_what_it_supersedes_and_why():
    text = text_of(render(a_reissue()))

    assert "Version 3, supersedes version 2" in text
    assert "Reason: Name corrected after marriage" in text


def test_a_first_version_speaks_of_no_other():
    text = text_of(render(a_certificate()))

    assert "supersedes" not in text
    assert "Reason" not in text


@pytest.mark.parametrize(
    ("zone", "completed", "printed"),
    [
        ("Europe/Zurich", datetime(2026, 7, 31, 22, 5, tzinfo=UTC), "1 August 2026, 00:05Europe/Zurich (UTC+02:00)"),
        ("America/New_York", datetime(2026, 1, 1, 4, 59, tzinfo=UTC), "31 December 2025, 23:59America/New_York"),
        ("Asia/Kolkata", datetime(2026, 1, 1, 0, 0, tzinfo=UTC), "05:30Asia/Kolkata (UTC+05:30)"),
    ],
)
def test_the_completion_is_told_in_the_time_of_the_provider(zone, completed, printed):
    assert printed in text_of(render(a_certificate(zone=zone, completed_at=completed)))


@pytest.mark.parametrize(
    "name",
    [
        "Ðorđe Çağlar Şōņß Ǻ Ŵýñ Nguyễn Thị Ái",
        "Δρ. Ελένη Παπαδοπούλου-Μαΐου",
        "Д-р Ёлкина Анна Щербакова, Ґалаґан Їжак",
        "יעל בן־דוד כהן",
        "محمد سالم",
        "สมศรี ใจงาม",
        "प्रियंका श्रीवास्तव",
        "王小明",
        "山田はなこ",
        "김민수",
    ],
    ids=["latin", "greek", "cyrillic", "hebrew", "arabic", "thai", "devanagari", "chinese", "japanese", "korean"],
)
def test_a_name_in_any_script_can_be_read_back(name):
    assert name in text_of(render(a_certificate(attested_name=name)))


def test_arabic_letters_are_joined():
    def forms(name: str) -> int:
        fonts = fonts_of(render(a_certificate(attested_name=name))).values()
        return sum(list(font.characters.values()).count("م") for font in fonts)

    assert forms("ممم") == 3, "the first, the middle and the last form of the letter"
    assert forms("م م م") == 1, "only the form that stands alone"


def test_markup_in_a_fact_is_printed_as_it_is_written():
    name = """*A* _b_ #panic("x") $x^2$ \\ [c] <d> @e `f` // g 'h' #{1+1} = i"""
    title = """#import "x": * /* no comment */ ~ -- --- ... -? #set page(width: 1pt) \\u{41} https://a.example"""
    pdf = render(a_certificate(attested_name=name, title=title))

    assert name in text_of(pdf)
    assert title in text_of(pdf)


def test_marks_that_reorder_text_and_control_characters_are_left_out():
    text = text_of(render(a_certificate(attested_name="Dr.\u202e gnihT\u2066\ufeff\x07\n  Roe ")))

    assert "Dr. gnihT RoePhysician" in text


def test_the_qr_code_leads_to_the_verification_address():
    url = "https://cme.example.org/verify/7K3M-9QXW-4TRB-8HVD-N?version=1"
    drawn, alternative = qr_code_of(render(a_certificate(verification_url=url)))

    expected = segno.make_qr(url, error="m").matrix
    assert drawn == {(x, y) for y, row in enumerate(expected) for x, dark in enumerate(row) if dark}
    assert url in alternative


LONG_ADDRESS = "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/verify/CME-5XTT3-RRSJ9-EG0S0-GB9Y8?version=12"


@pytest.mark.parametrize("pixels", [1170, 780], ids=["100 dpi, or a phone with three dots per point", "two dots"])
@pytest.mark.parametrize("quality", [None, 60], ids=["as it is", "compressed"])
def test_the_qr_code_can_be_read_from_a_picture_of_the_page(pixels: int, quality: int | None) -> None:
    page = pypdfium2.PdfDocument(render(a_certificate(verification_url=LONG_ADDRESS)))[0]
    picture = page.render(scale=pixels / page.get_width()).to_pil().convert("RGB")
    if quality:
        compressed = io.BytesIO()
        picture.save(compressed, "JPEG", quality=quality)
        picture = Image.open(compressed)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [LONG_ADDRESS]


# -- what it refuses ----------------------------------------------------------------------------------

REQUIRED_TEXTS = [field.name for field in fields(CertificateContent) if field.type is str]


@pytest.mark.parametrize("blank", ["", " \t\n", "\u00a0\u200b\u2066"], ids=["empty", "spaces", "invisible"])
@pytest.mark.parametrize("field", [*REQUIRED_TEXTS, "joint_provider"])
def test_a_blank_field_is_refused_by_name(field, blank):
    with pytest.raises(CertificateIncomplete) as refused:
        render(a_certificate(**{field: blank}))

    assert refused.value.fields == (field,)


def test_all_blank_fields_are_listed_at_once():
    lines = (a_credit_line(), a_credit_line(statement=" ", statement_version=""))

    with pytest.raises(CertificateIncomplete) as refused:
        render(a_reissue(attested_name="", signatory_name=" ", supersedes=None, reason=None, credits=lines))

    assert refused.value.fields == (
        "supersedes",
        "reason",
        "attested_name",
        "signatory_name",
        "credits[1].statement",
        "credits[1].statement_version",
    )


@pytest.mark.parametrize("field", ["completed_at", "released_on", "reviewed_on", "expires_on", "issued_at"])
def test_a_date_that_never_came_is_refused(field):
    with pytest.raises(CertificateIncomplete) as refused:
        render(a_certificate(**{field: None}))

    assert refused.value.fields == (field,)


def test_a_letter_without_a_glyph_is_refused_without_telling_the_name():
    with pytest.raises(Unprintable) as refused:
        render(a_certificate(attested_name="Dr. Kavitha \u0b95\U0001f600"))

    assert refused.value.characters == {"\u0b95", "\U0001f600"}
    assert str(refused.value) == "no glyph for U+0B95, U+1F600"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


# -- the sheet ----------------------------------------------------------------------------------------


def test_it_is_one_page_of_a4_landscape():
    pages = pypdf.PdfReader(io.BytesIO(render(a_certificate()))).pages

    assert len(pages) == 1
    assert (pages[0].mediabox.width, pages[0].mediabox.height) == pytest.approx(A4_LANDSCAPE, abs=0.01)


def test_equal_contents_give_equal_bytes_in_another_process():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        there = elsewhere.submit(render, a_reissue()).result()

    assert render(a_reissue()) == there
    assert render(a_reissue(attested_name="Dr. Siobhan Roe")) != there


def test_it_claims_pdf_a_2a_and_pdf_ua_1_and_names_itself():
    with pikepdf.open(io.BytesIO(render(a_certificate()))) as pdf, pdf.open_metadata() as about:
        assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
        assert about["pdfuaid:part"] == "1"
        assert about["dc:title"] == "Certificate 7K3M-9QXW-4TRB-8HVD-N, Oesophageal cancer: perioperative treatment"
        assert about["dc:creator"] == ["European Society for Clinical Oncology"]
        assert about["xmp:CreateDate"] == "2026-03-15T23:30:00Z"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle


def test_a_screen_reader_hears_one_heading_then_paragraphs_and_described_figures():
    with pikepdf.open(io.BytesIO(render(a_certificate()))) as pdf:
        kinds = Counter(str(node.get("/S")) for node in structure(pdf.Root.StructTreeRoot))

    assert kinds["/H1"] == 1
    assert kinds["/Figure"] == 1
    assert kinds["/P"] > 30
    assert kinds["/Span"] == 0


def test_every_font_comes_with_the_package():
    with pikepdf.open(io.BytesIO(render(a_certificate(attested_name="王 Ελένη ดร. محمد יעל डॉ")))) as pdf:
        embedded = list(pdf.pages[0].Resources.Font.values())
        families = {re.match("[A-Za-z]+", str(font.BaseFont).split("+")[1])[0] for font in embedded}
        files = [font.DescendantFonts[0].FontDescriptor.keys() & {"/FontFile2", "/FontFile3"} for font in embedded]

    assert families <= {
        "LibertinusSerif",
        "NotoSans",
        "NotoSansArabic",
        "Heebo",
        "NotoSansDevanagari",
        "NotoSansThai",
        "NotoSansCJKtc",
    }
    assert all(files)


LONG_NAME = ("Maria Concepción Fernández de la Vega y Álvarez-Castellanos von Hohenlohe-Langenburg " * 3)[:200]
LONG_TITLE = ("Multidisciplinary management of oesophageal, junctional and gastric adenocarcinoma in practice " * 4)[
    :300
]

EXTREMES = {
    "ordinary": a_certificate(),
    "participation": a_certificate(credits=()),
    "long": a_reissue(
        attested_name=LONG_NAME,
        title=LONG_TITLE,
        profession="Physician " * 10,
        provider="Society for Clinical Oncology " * 5,
        joint_provider="University Hospital of Lugano " * 5,
        reason="Corrected at the request of the holder. " * 12,
        credits=tuple(a_credit_line(scheme=f"Scheme {n}", statement=EACCME_STATEMENT) for n in range(4)),
    ),
    "without a space": a_reissue(
        **dict.fromkeys(REQUIRED_TEXTS, "W" * 100) | {"zone": "America/Argentina/ComodRivadavia"},
        reason="W" * 300,
        joint_provider="W" * 300,
        credits=tuple(
            a_credit_line(scheme="W" * 60, category="W" * 60, activity_id="W" * 60, statement="W" * 500)
            for _ in range(4)
        ),
    ),
    "digits and hyphens": a_certificate(title="1-" * 150, module_id="2026-1-" * 20),
    "chinese": a_certificate(title="食管癌的围手术期治疗" * 30, attested_name="王" * 200),
    "thai": a_certificate(title="การรักษามะเร็งหลอดอาหาร" * 13, attested_name="สมศรีใจงาม" * 20),
    "arabic": a_certificate(title="علاج سرطان المريء " * 16, attested_name="فاطمة الزهراء " * 14),
    "twelve schemes": a_certificate(credits=tuple(a_credit_line(statement=EACCME_STATEMENT) for _ in range(12))),
}


@pytest.mark.parametrize("content", EXTREMES.values(), ids=EXTREMES)
def test_whatever_its_length_the_text_stays_on_one_page_inside_the_margins_and_apart(content):
    pdf = render(content)
    width, height = A4_LANDSCAPE
    runs = [run for run in runs_of(pdf) if run.text.strip()]

    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    assert [run for run in runs if run.left < MARGIN_X - 0.5 or run.right > width - MARGIN_X + 0.5] == []
    assert [run for run in runs if run.baseline < MARGIN_Y - 0.5 or run.baseline > height - MARGIN_Y] == []
    assert [(one, other) for one, other in combinations(runs, 2) if one.overlaps(other)] == []


def test_ordinary_text_is_large_enough_to_read():
    smallest = min(run.cap_height / 0.6 for run in runs_of(render(a_certificate())))

    assert smallest >= 6.5


def test_text_colours_stand_out_from_white_paper():
    theme = json.loads(Path(document.__file__).with_name("theme.json").read_text("utf-8"))

    def luminance(colour: str) -> float:  # WCAG 2.2, relative luminance
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    contrast = {name: 1.05 / (luminance(theme[name]) + 0.05) for name in ("primary", "ink", "muted")}
    assert {name: ratio for name, ratio in contrast.items() if ratio < 4.5} == {}
