"""Reading a PDF, apart from the library that wrote it."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf


@dataclass(frozen=True)
class Run:
    """A run of glyphs: what it says and the box of its capitals, in points from the lower left corner."""

    text: str
    left: float
    right: float
    baseline: float
    cap_height: float

    def overlaps(self, other: "Run") -> bool:
        wide = min(self.right, other.right) - max(self.left, other.left)
        tops = (self.baseline + self.cap_height, other.baseline + other.cap_height)
        # Letters of one line may lean over each other by a point.
        return wide > 1 and min(tops) > max(self.baseline, other.baseline)


class Font:
    """What a composite font with two-byte codes says and how wide it says it."""

    def __init__(self, font: pikepdf.Object) -> None:
        self.widths: dict[int, float] = {}
        numbers = [float(number) for number in font.DescendantFonts[0].W]
        for first, last, width in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
            self.widths |= dict.fromkeys(range(int(first), int(last) + 1), width)
        cmap = font.ToUnicode.read_bytes().decode()
        self.characters = {
            int(code, 16): bytes.fromhex(text).decode("utf-16-be")
            for code, text in re.findall(r"^<([0-9A-F]{4})> <([0-9A-F]+)>$", cmap, re.MULTILINE)
        }

    def show(self, items: Iterable[Any], size: float) -> tuple[str, list[float]]:
        """The characters of a Tj or TJ, and the edges of all glyphs but spaces."""
        text, at, edges = "", 0.0, []
        for item in items:
            if not isinstance(item, pikepdf.String):
                at -= float(item) / 1000 * size
                continue
            for code in (high << 8 | low for high, low in pairs(bytes(item))):
                right = at + self.widths.get(code, 0) / 1000 * size
                if not self.characters[code].isspace():
                    edges += [at, right]
                text, at = text + self.characters[code], right
        return text, edges


def pairs(data: bytes) -> Iterator[tuple[int, int]]:
    return zip(data[::2], data[1::2], strict=True)


def instructions(
    pdf: bytes, page: int = 0
) -> Iterator[tuple[str, list[Any], pikepdf.Matrix, list[pikepdf.Dictionary]]]:
    """Each instruction of a page: operator, operands, transformation, properties of the open marked contents."""
    with pikepdf.open(io.BytesIO(pdf)) as read:
        matrix, saved, marks = pikepdf.Matrix(), [], []
        for operands, operation in pikepdf.parse_content_stream(read.pages[page]):
            operator = str(operation)
            match operator:
                case "q":
                    saved.append(matrix)
                case "Q":
                    matrix = saved.pop()
                case "cm":
                    matrix = pikepdf.Matrix(*(float(number) for number in operands)) @ matrix
                case "BDC":
                    marks.append(operands[1])
                case "BMC":
                    marks.append(pikepdf.Dictionary({"/Tag": operands[0]}))
                case "EMC":
                    yield operator, list(operands), matrix, list(marks)
                    marks.pop()
                    continue
            yield operator, list(operands), matrix, list(marks)


def fonts_of(pdf: bytes, page: int = 0) -> dict[str, Font]:
    with pikepdf.open(io.BytesIO(pdf)) as read:
        return {name: Font(font) for name, font in read.pages[page].Resources.Font.items()}


def runs_of(pdf: bytes, page: int = 0) -> list[Run]:
    """Every run of glyphs on a page, as its text layer says it (ActualText before ToUnicode)."""
    fonts = fonts_of(pdf, page)
    runs: list[Run] = []
    for operator, operands, matrix, marks in instructions(pdf, page):
        match operator:
            case "BT":
                chunks, edges, replaced, leftwards = [], [], False, False
            case "BDC" | "EMC":
                replaced = False
            case "Tf":
                font, size = fonts[str(operands[0])], float(operands[1])
            case "Tm":
                start = pikepdf.Matrix(*(float(number) for number in operands)) @ matrix
            case "Tj" | "TJ":
                text, glyphs = font.show(operands if operator == "Tj" else operands[0], size)
                edges += [start.e + edge for edge in glyphs]
                reversed_text = any(mark.get("/Tag") == "/ReversedChars" for mark in marks)
                actual = [str(mark["/ActualText"]) for mark in marks if "/ActualText" in mark]
                chunks.append(("" if replaced else actual[-1]) if actual else text[::-1] if reversed_text else text)
                replaced, leftwards = bool(actual), leftwards or reversed_text
            case "ET":
                said = "".join(reversed(chunks) if leftwards else chunks)
                edges = edges or [start.e]
                runs.append(Run(said, min(edges), max(edges), start.f, 0.6 * size * abs(start.d)))
    return runs


def text_of(pdf: bytes, page: int = 0) -> str:
    """The text layer of a page in reading order, without separators: a line that wraps keeps its own space."""
    return "".join(run.text for run in runs_of(pdf, page))


def structure(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    yield node
    children = node.get("/K")
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary):
            yield from structure(child)
