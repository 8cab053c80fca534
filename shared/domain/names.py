"""Names of people: what can be printed, and how much of one the public sees."""

import unicodedata

from shared.domain.ideographs import RARE_IDEOGRAPHS
from shared.domain.refusals import NameNotPrintable

MAX_NAME = 200

# The scripts that certificates are set in, as Unicode names its characters.
SCRIPTS = frozenset(
    ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "DEVANAGARI", "THAI")
)
# Of those scripts, what the certificate's fonts have no glyph for, or what nobody sees: cantillation, archaic and newer
# characters, fillers.
WITHOUT_GLYPH = (
    range(0x034F, 0x0350), range(0x0591, 0x05B0), range(0x05BD, 0x05BE), range(0x05C4, 0x05C8), range(0x05EF, 0x05F0),
    range(0x115F, 0x1161), range(0x3164, 0x3165), range(0x4DB6, 0x4DC0), range(0x9FD1, 0xA000), range(0xFA70, 0xFADA),
    range(0xFB1E, 0xFB1F), range(0x10000, 0x110000),
)  # fmt: skip
COMBINING_DIACRITICS = range(0x0300, 0x0370)
# What names hold beside letters: primes and half rings of transliterations, the Hebrew hyphen, geresh and gershayim,
# the sign of an abbreviation in Devanagari, repeated characters and double hyphens of Japan.
SIGNS_OF_NAMES = frozenset("ʹʺʻʼʽʾʿ־׳״॰々〆〇゠＝")
# Zero-width joiners shape Arabic and Devanagari; no other format character belongs in a name.
JOINERS = "\u200c\u200d"
JOINED_SCRIPTS = frozenset(("ARABIC", "DEVANAGARI"))
# Marks that stand upon one letter: two accents in Vietnamese, a dot, a point and a vowel in Hebrew. A tower of them
# would hide the line above.
MAX_MARKS = 3


def unprintable(text: str) -> str:
    """The characters of ``text`` that a certificate can't print, each once, in order; empty if it can print all.

    That is what no font has, a mark or a joiner that has no letter to stand upon, and a mark too many upon one.
    """
    found = (char for place, char in enumerate(text) if not (_is_printable(char) and _has_a_stand(text, place)))
    return "".join(dict.fromkeys(found))


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` is visible: separators, controls and format characters alone."""
    return all(unicodedata.category(char)[0] in "ZC" for char in text)


def require_printable(name: str) -> None:
    """Raise NameNotPrintable unless ``name`` is 1 to 200 characters, all of which a certificate can print."""
    if is_blank(name) or len(name) > MAX_NAME:
        raise NameNotPrintable(f"A name is 1 to {MAX_NAME} printable characters.")
    characters = unprintable(name)
    if characters:
        code_points = [f"U+{ord(char):04X}" for char in characters]
        where = " where it stands" if all(map(_is_printable, characters)) else ""
        raise NameNotPrintable(f"A certificate can't print {', '.join(code_points)}{where}.", characters=code_points)


def masked(name: str) -> str:
    """Each word's first letter and three dots, however long the word: ``Ada Lovelace`` -> ``A••• L•••``."""
    return " ".join(f"{_first_letter(word)}•••" for word in name.split())


def _is_printable(char: str) -> bool:
    """Whether some place in some text is right for ``char``."""
    code, category = ord(char), unicodedata.category(char)
    if char in RARE_IDEOGRAPHS or char in SIGNS_OF_NAMES:
        return True
    if any(code in missing for missing in WITHOUT_GLYPH):
        return False
    if category[0] in "LM":
        return code in COMBINING_DIACRITICS or _script(char) in SCRIPTS
    if category[0] in "PSZ" or category == "Nd":
        return code <= 0xFF or 0x2010 <= code <= 0x2027 or 0x3000 <= code <= 0x3002 or code == 0x30FB
    return char in JOINERS


def _has_a_stand(text: str, place: int) -> bool:
    """Whether the mark or joiner at ``place`` stands upon a letter, with no more marks between than may be."""
    char = text[place]
    if char in JOINERS:
        return place > 0 and _script(text[place - 1]) in JOINED_SCRIPTS
    if unicodedata.category(char) not in ("Mn", "Me"):
        return True
    for distance, before in enumerate(reversed(text[:place])):
        if unicodedata.category(before) not in ("Mn", "Me"):
            return distance < MAX_MARKS and (before in JOINERS or unicodedata.category(before)[0] in "LM")
    return False


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0].partition("-")[0]


def _first_letter(word: str) -> str:
    end = 1
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return word[:end]
