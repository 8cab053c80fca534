"""Text as documents carry it."""

from unicodedata import category

# Joiners shape Arabic and Indic letters; every other format character only hides or reorders text.
JOINERS = "\u200c\u200d"


def one_line(text: str) -> str:
    """The visible text on one line: white space collapsed, controls and marks that reorder text left out."""
    visible = (c for c in text if c.isspace() or c in JOINERS or category(c) not in ("Cc", "Cf"))
    return " ".join("".join(visible).split())
