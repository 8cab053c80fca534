"""A name that is accepted is a name that the certificate's fonts can print."""

import json
import sys
import unicodedata

import pytest

from shared.certificate.typesetting import PROBE, compile_pdf
from shared.domain.names import require_printable, unprintable
from shared.domain.refusals import NameNotPrintable

EVERY_CHARACTER = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
# Marks and joiners print upon a letter, not alone.
ACCEPTED = [char for char in EVERY_CHARACTER if not unprintable(char) and unicodedata.category(char)[0] not in "MC"]


def test_every_character_that_a_name_may_have_has_a_glyph() -> None:
    assert len(ACCEPTED) > 40_000
    for start in range(0, len(ACCEPTED), 4000):
        text = " ".join(ACCEPTED[start : start + 4000])
        compile_pdf(PROBE, facts=json.dumps(text))


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Łukasiewicz-Ngũgĩ",
        "Ελένη Παπαδοπούλου",
        "Наталья Ёлкина",
        "محمد الأمين",
        "שרה לוי",
        "王小明",
        "山田 太郎",
        "김민준",
        "आरती शर्मा",
        "สมชาย ใจดี",
        "Seán O’Brien, M.D. (ret.)",
        "e\u0301lise",
    ],
)
def test_names_of_all_ten_scripts_are_accepted(name: str) -> None:
    require_printable(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u200c",
        "x" * 201,
        "Ada\u202eLovelace",
        "Ada\u200bLovelace",
        "Ada\nLovelace",
        "Ada 😀",
        "தமிழ்",
        "\ue000",
        "Ada\x00",
    ],
)
def test_names_that_would_print_as_boxes_or_play_tricks_are_refused(name: str) -> None:
    with pytest.raises(NameNotPrintable):
        require_printable(name)
