"""Two hundred names in ten scripts come out right on the certificate; hostile ones come out right or are refused."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageOps

from shared.certificate.document import render
from shared.certificate.typesetting import PROBE, compile_pdf, han_language, without_glyph
from shared.domain.ideographs import RARE_IDEOGRAPHS
from shared.domain.names import require_printable, unprintable
from shared.domain.refusals import NameNotPrintable
from tests.support.pdf import text_of
from tests.unit.test_certificate_document import a_certificate

SUPPORT = Path(__file__).parents[1] / "support"
NAMES: dict[str, list[str]] = json.loads((SUPPORT / "names.json").read_text("utf-8"))
HOSTILE = json.loads((SUPPORT / "hostile_names.json").read_text("utf-8"))
VIRAMA, NON_JOINER = "\u094d", "\u200c"
# Where a certificate prints names: five of them are looked at at once.
PLACES = ("attested_name", "profession", "provider", "signatory_name", "signatory_title")

REASON = (
    r"A name is 1 to 200 printable characters\.|A certificate can't print (U\+[0-9A-F]{4,6}(, )?)+( where it stands)?\."
)

every_script = pytest.mark.parametrize("script", NAMES)


def certificates(names: Sequence[str]) -> Iterator[tuple[Sequence[str], bytes]]:
    for start in range(0, len(names), len(PLACES)):
        some = names[start : start + len(PLACES)]
        yield some, render(a_certificate(**dict(zip(PLACES, some, strict=False))))


def letters_in(text: str) -> str:
    return "".join(text.split())


@cache
def picture(name: str) -> Image.Image:
    """What the name looks like on its certificate, drawn to a size of its own."""
    page = pypdfium2.PdfDocument(render(a_certificate(attested_name=name)))[0]
    above_and_below_the_name = (0, 168, 842, 216)
    ink = ImageOps.invert(page.render().to_pil().convert("L").crop(above_and_below_the_name))
    return ink.crop(ink.getbbox()).resize((200, 40))


def difference(one: str, other: str) -> float:
    """0 for two names that look the same, about 1 or more for two that have nothing in common."""
    difference = ImageChops.difference(picture(one), picture(other)).tobytes()
    return sum(difference) / sum(picture(one).tobytes())


def is_pointed(name: str) -> bool:
    """Whether it is a name in Hebrew letters with points."""
    return any(unicodedata.category(letter) == "Mn" and "\u0590" < letter < "\u0600" for letter in name)


# Names


def test_there_are_two_hundred_different_names_in_ten_scripts() -> None:
    assert len(NAMES) == 10
    assert len({name for names in NAMES.values() for name in names}) == 200


@every_script
def test_every_name_is_accepted(script: str) -> None:
    for name in NAMES[script]:
        require_printable(name)


@every_script
def test_every_name_can_be_read_back_as_it_was_given(script: str) -> None:
    for names, pdf in certificates(NAMES[script]):
        ours, theirs = text_of(pdf), pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
        for name in names:
            if script == "Arabic" or is_pointed(name):
                # Of these the text layer says some letters twice: they are judged on how they look, below.
                assert set(name) - {NON_JOINER} <= set(ours)
                continue
            assert name in ours
            assert letters_in(name) in letters_in(theirs)


def arabic_forms() -> dict[tuple[str, str], str]:
    """The letters of Arabic, and lam with alef, as they are written: (form, letters) -> their character."""
    forms = {}
    for code in (*range(0xFB50, 0xFDFE), *range(0xFE70, 0xFEFD)):
        form, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        written = "".join(chr(int(letter, 16)) for letter in letters)
        if form.startswith("<") and (len(written) == 1 or re.fullmatch("\u0644[\u0622\u0623\u0625\u0627]", written)):
            forms[form.strip("<>"), written] = chr(code)
    return forms


FORMS = arabic_forms()
AS_PIECES = re.compile("\u0644[\u0622\u0623\u0625\u0627]|.")


def shaped(name: str) -> str:
    """The name in the characters of joined letters, chosen by the rules of the script and not by a font."""
    pieces = AS_PIECES.findall(name)
    places = [place for place, piece in enumerate(pieces) if unicodedata.category(piece[0]) != "Mn"]
    letters = ["", *(pieces[place] for place in places), ""]
    for place, before, letter, after in zip(places, letters, letters[1:], letters[2:], strict=False):
        joined_before = ("initial", before) in FORMS and ("final", letter) in FORMS
        joined_after = ("initial", letter) in FORMS and ("final", after) in FORMS
        form = {(0, 0): "isolated", (1, 0): "final", (0, 1): "initial", (1, 1): "medial"}[joined_before, joined_after]
        pieces[place] = FORMS.get((form, letter), letter)
    return "".join(pieces).replace(NON_JOINER, "")


@pytest.mark.parametrize("name", NAMES["Arabic"])
def test_arabic_letters_are_joined_as_the_script_wants(name: str) -> None:
    assert difference(name, shaped(name)) < 0.3  # the space between the letters may differ


@pytest.mark.parametrize("name", NAMES["Arabic"][:4])
def test_arabic_letters_that_are_not_joined_look_different(name: str) -> None:
    assert difference(name, NON_JOINER.join(name)) > 0.8


@pytest.mark.parametrize("name", [name for name in NAMES["Devanagari"] if VIRAMA in name.rstrip(VIRAMA)])
def test_consonants_of_devanagari_are_joined(name: str) -> None:
    apart = name.replace(VIRAMA, VIRAMA + NON_JOINER)
    assert difference(name, apart) > 0.1


def test_a_hebrew_point_is_drawn_upon_its_letter() -> None:
    pointed = "\u05e9\u05c1\u05d1\u05bc\u05db\u05bc"
    in_one = "\ufb2a\ufb31\ufb3b"
    assert difference(pointed, in_one) < 0.01
    assert difference(pointed, "שבכ") > 0.02


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("山田 はなこ", ("ja", None)),
        ("김金 민수", ("ko", None)),
        ("沢田 研二", ("ja", None)),
        ("张伟", ("zh", "cn")),
        ("陳美玲", ("zh", "tw")),
        ("王小明", ("zh", "tw")),
        ("Ada Lovelace", None),
        ("はなこ", None),
    ],
)
def test_a_chinese_character_is_drawn_in_the_shape_of_its_country(name: str, language: tuple[str, str] | None) -> None:
    assert han_language(name) == language


def test_the_shapes_of_countries_differ() -> None:
    assert difference("骨張", "骨张") > 0.1
    assert difference("骨の", "骨김") > 0.1


# Characters


def bases(mark: str) -> str:
    script = unicodedata.name(mark).partition(" ")[0]
    return {"ARABIC": "ب", "HEBREW": "ב", "DEVANAGARI": "क", "THAI": "ก", "HANGUL": "가"}.get(script, "a")


def test_every_mark_that_a_name_may_have_has_a_glyph() -> None:
    every = (chr(code) for code in range(0x10000) if unicodedata.category(chr(code))[0] == "M")
    marks = [mark for mark in every if not unprintable(bases(mark) + mark)]
    assert len(marks) > 200
    compile_pdf(PROBE, facts=json.dumps(" ".join(bases(mark) + mark for mark in marks)))


def test_every_rare_ideograph_that_a_name_may_have_has_a_glyph() -> None:
    assert without_glyph("".join(sorted(RARE_IDEOGRAPHS))) == frozenset()
    require_printable("𠮷田 健")


# Hostile names


def test_a_name_that_looks_like_markup_is_printed_as_it_is_written() -> None:
    for names, pdf in certificates(HOSTILE["printed"]):
        for name in names:
            require_printable(name)
            assert name in text_of(pdf)


@pytest.mark.parametrize("what", HOSTILE["refused"])
def test_what_would_play_tricks_is_refused_with_the_reason(what: str) -> None:
    with pytest.raises(NameNotPrintable) as refused:
        require_printable(HOSTILE["refused"][what])
    assert re.fullmatch(REASON, str(refused.value))


def test_three_marks_upon_a_letter_are_printed_and_a_fourth_is_refused() -> None:
    name = "Ẫ\u0323n"
    require_printable(unicodedata.normalize("NFD", name))
    assert name in text_of(render(a_certificate(attested_name=name)))
    with pytest.raises(NameNotPrintable):
        require_printable(unicodedata.normalize("NFD", name).replace("n", "\u0330n"))
