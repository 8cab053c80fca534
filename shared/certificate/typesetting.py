"""Typesetting: facts and a template become a PDF that every reader can read, in every script, for a long time."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from unicodedata import category

import typst

from shared.certificate.text_layer import settled

FOLDER = Path(__file__).parent
PROBE = FOLDER / "probe.typ"

# Found by package, not by folder: a layer, a zip and a virtual environment keep them in different places.
FONT_PACKAGES = (
    "fontpkg_noto_sans",
    "fontpkg_noto_sans_arabic",
    "fontpkg_heebo",
    "fontpkg_noto_sans_devanagari",
    "fontpkg_noto_sans_thai",
    "cvttf_NotoSansCJK_Regular",
)

# For readers who listen, and for readers in thirty years.
STANDARDS: "list[typst.PDFStandard]" = ["ua-1", "a-2a"]

# A Chinese character has other shapes in other countries. Which are meant tell the letters around it,
# or the national character set that has them all; Taiwan's shapes are the font's own.
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
NEIGHBOURS = ((re.compile("[\u3040-\u30ff]"), ("ja", None)), (re.compile("[\uac00-\ud7af]"), ("ko", None)))
CHARACTER_SETS = (("big5", ("zh", "tw")), ("gb2312", ("zh", "cn")), ("shift_jis", ("ja", None)))


class Unprintable(Exception):
    """No packaged font has a glyph for ``characters``: refused rather than printed as an empty box.

    The message names code points only, since what holds them is usually a person's name.
    """

    def __init__(self, characters: frozenset[str]) -> None:
        code_points = ", ".join(f"U+{ord(character):04X}" for character in sorted(characters))
        super().__init__(f"no glyph for {code_points}")
        self.characters = characters


def typeset(template: Path, facts: Mapping[str, Any]) -> bytes:
    """The PDF that ``template`` makes of ``facts``: tagged, PDF/UA-1 and PDF/A-2a.

    Facts are printed as they are, never evaluated. Equal facts give equal bytes as long as template, fonts and typst
    stay the same. Raise Unprintable with every character that the packaged fonts lack.
    """
    texts = "".join(_texts(facts))
    try:
        han = {text: language for text in _texts(facts) if (language := han_language(text))}
        pdf = compile_pdf(template, facts=json.dumps({**facts, "han": han}))
    except typst.TypstError:
        missing = without_glyph("".join(sorted(set(texts))))
        if not missing:
            raise
        # Without its cause, whose message quotes what holds the characters, a name for instance.
        raise Unprintable(missing) from None
    return settled(pdf) if any(category(letter)[0] == "M" for letter in texts) else pdf


def han_language(text: str) -> tuple[str, str | None] | None:
    """The language and region in whose shapes the Chinese characters of ``text`` are printed; None without any."""
    characters = "".join(HAN.findall(text))
    if not characters:
        return None
    for letters, language in NEIGHBOURS:
        if letters.search(text):
            return language
    return next((language for name, language in CHARACTER_SETS if _encodes(name, characters)), None)


def _encodes(character_set: str, text: str) -> bool:
    try:
        text.encode(character_set)
    except UnicodeEncodeError:
        return False
    return True


def moment(at: datetime) -> dict[str, int]:
    """An instant as the date of a document, in UTC."""
    there = at.astimezone(UTC)
    return {part: getattr(there, part) for part in ("year", "month", "day", "hour", "minute", "second")}


def without_glyph(characters: str) -> frozenset[str]:
    """Which of ``characters`` no packaged font has; each half that is printable whole is looked at no further."""
    try:
        compile_pdf(PROBE, facts=json.dumps(" ".join(characters)))
    except typst.TypstError:
        if len(characters) == 1:
            return frozenset(characters)
        middle = len(characters) // 2
        return without_glyph(characters[:middle]) | without_glyph(characters[middle:])
    return frozenset()


def compile_pdf(source: Path, **inputs: str) -> bytes:
    """What typst makes of ``source``, a file beside this one; raise TypstError."""
    return typst.compile(
        source,
        root=FOLDER,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=STANDARDS,
    )


@cache
def _fonts() -> typst.Fonts:
    """The packaged fonts, opened once per process: the machine's own would make each machine's PDF differ."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files(package)) for package in FONT_PACKAGES])


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
