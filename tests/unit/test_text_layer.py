"""The text layer says each letter once, and the page looks as it did."""

import io
import re

import pikepdf
import pypdfium2
import pytest

from shared.certificate import typesetting
from shared.certificate.document import render
from shared.certificate.text_layer import settled
from shared.certificate.transcript import render_transcript
from shared.domain.learner import Profile
from shared.domain.transcript import transcript
from tests.support.builders import LEARNER, NOW, an_award
from tests.support.pdf import text_of
from tests.unit.test_certificate_document import a_certificate

# Marks in two storeys; a vowel in two parts; the same cluster twice; a mark at the end.
TORN = ["กนกวรรณ ตั้งมั่น", "คำ น้ำ", "น้ำน้ำ ปั้ปั้", "เกียรติศักดิ์", "विश्वनाथ कृष्णमूर्ति"]
torn = pytest.mark.parametrize("name", TORN)


@pytest.fixture
def as_typst_writes(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Leave text layers as they are."""
    monkeypatch.setattr(typesetting, "settled", lambda pdf: pdf)
    return monkeypatch


def lines_of(pdf: bytes) -> list[str]:
    """The text by line, as another reader puts it together."""
    return pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded().split("\r\n")


def picture(pdf: bytes) -> bytes:
    return pypdfium2.PdfDocument(pdf)[0].render(scale=1.5).to_pil().tobytes()


@torn
def test_each_cluster_is_said_once(name: str) -> None:
    pdf = render(a_certificate(attested_name=name))
    assert name in text_of(pdf)
    assert name.replace(" ", "") in [line.replace(" ", "") for line in lines_of(pdf)]


def test_typst_alone_would_say_a_cluster_twice(as_typst_writes: pytest.MonkeyPatch) -> None:
    assert "ตั้งมั่น" not in text_of(render(a_certificate(attested_name="ตั้งมั่น")))


@torn
def test_the_page_looks_as_it_did_and_the_file_is_sound(name: str, as_typst_writes: pytest.MonkeyPatch) -> None:
    before = render(a_certificate(attested_name=name))
    after = settled(before)
    assert after != before
    assert picture(after) == picture(before)
    with pikepdf.open(io.BytesIO(after)) as read, pikepdf.open(io.BytesIO(before)) as written:
        assert read.check_pdf_syntax() == []
        assert len(read.objects) == len(written.objects)
        marked = [re.findall(rb"/MCID \d+", pdf.pages[0].Contents.read_bytes()) for pdf in (read, written)]
        assert marked[0] == marked[1]
    assert settled(before) == after


@pytest.mark.parametrize("name", ["Ada Lovelace", "Đorđe Šćepanović", "王小明", "יעל בן־דוד", "محمد الأمين"])
def test_where_nothing_is_said_twice_nothing_is_changed(name: str, as_typst_writes: pytest.MonkeyPatch) -> None:
    pdf = render(a_certificate(attested_name=name))
    assert settled(pdf) is pdf


def test_what_stands_beside_it_on_the_line_is_not_drawn_into_it() -> None:
    pdf = render(a_certificate(module_id="ปั้", learning_format="ตั้ง"))
    said = re.findall(r"ActualText<FEFF([0-9A-F]+)>", _content(pdf))
    assert {bytes.fromhex(text).decode("utf-16-be") for text in said} >= {"ปั้", "ตั้ง"}


def test_every_page_of_a_long_document_is_settled() -> None:
    ledger = [an_award(f"20{10 + number // 12}-{1 + number % 12:02d}-01", title="ตั้งมั่น") for number in range(96)]
    shown = transcript(ledger, year=None, scheme=None, today=NOW.date())
    holder = Profile(learner_id=LEARNER, name="วรัญญู ปั้นแก้ว")
    pdf = render_transcript(shown, holder, year=None, scheme=None, made_at=NOW, accept_language=None)
    pages = [text_of(pdf, page) for page in range(len(pypdfium2.PdfDocument(pdf)))]
    assert len(pages) > 3
    assert sum(page.count("ตั้งมั่น") for page in pages) == len(ledger)
    assert all("วรัญญู ปั้นแก้ว" in page for page in pages)


def _content(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as read:
        return read.pages[0].Contents.read_bytes().decode("latin-1")
