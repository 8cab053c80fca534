"""The text layer of a PDF by typst: each letter is said once.

typst draws a mark that the font wants higher or lower by itself, as the upper one of two marks in Thai, and lets both
the mark and what it stands upon say the whole cluster: whoever copies, searches or hears the text gets the cluster
twice. Here such letters are drawn in one go, each at its place, and say their text once. What a page looks like stays
as it is.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import bidirectional

TEXT_OBJECT = re.compile(
    rb"1 0 0 -1 (?P<x>[-.\d]+) (?P<y>[-.\d]+) cm(?:(?!cm)[^\n])*\n(?P<whole>BT(?P<shown>.*?)\nET\n)", re.DOTALL
)
SAID = re.compile(rb"/Span<</ActualText<[0-9A-F]*>>>BDC|\nEMC")
ORIGIN = re.compile(rb"1 0 0 -1 ([-.\d]+) ([-.\d]+) Tm")
STRING = rb"\((?:\\.|[^\\()])*\)"
PART = re.compile(
    rb"/Span<</ActualText<FEFF(?P<actual>[0-9A-F]*)>>>BDC.*?\nEMC"
    rb"|/(?P<font>f\d+) [-.\d]+ Tf"
    rb"|(?P<row>" + STRING + rb"Tj|\[(?:" + STRING + rb"|[^\]()])*\]TJ)",
    re.DOTALL,
)
ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

SARA_AM = "\u0e33"  # drawn in two parts: the second one is back upon the line

Edit = tuple[int, int, bytes]
Fonts = Mapping[bytes, Mapping[bytes, str]]


def settled(pdf: bytes) -> bytes:
    """The same PDF with each cluster said once; ``pdf`` itself where each is already.

    Reads what typst 0.15 writes, in text that runs to the right. Deterministic.
    """
    objects = _objects(pdf)
    changed = {}
    for page in objects.values():
        if b"<</Type/Page/" not in page:
            continue
        contents = _reference(page, b"Contents")
        content = _stream(objects[contents])
        edits = sorted(_edits(content, _fonts(page, objects)))
        if edits:
            changed[contents] = _edited(content, edits)
    return _with_streams(pdf, objects, changed) if changed else pdf


# -- what is drawn ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextObject:
    """What stands upon one line from ``origin`` on; ``texts`` is what each ActualText or glyph of it says."""

    origin: tuple[bytes, bytes]
    shown: bytes
    texts: Sequence[str]
    span: tuple[int, int]


def _edits(content: bytes, fonts: Fonts) -> Iterator[Edit]:
    """Draw in one go what belongs together, where its first part is drawn."""
    for first, *others in _torn(list(_text_objects(content, fonts))):
        drawn = b"".join((SAID.sub(b"", first.shown), *(_moved(each, first) for each in others)))
        text = "".join(_said_once([first, *others])).encode("utf-16-be").hex().upper().encode()
        yield *first.span, b"BT/Span<</ActualText<FEFF%s>>>BDC%s\nEMC\nET\n" % (text, drawn)
        yield from ((*each.span, b"") for each in others)


def _torn(objects: Sequence[TextObject]) -> Iterator[list[TextObject]]:
    """Text objects that belong together: every other one is a mark upon the end of the one before.

    One that draws a cluster in several parts is to be said in one go as well: readers would take the way back from a
    mark for a space.
    """
    at = 0
    while at < len(objects):
        together = [objects[at]]
        while _is_mark(objects[at + 1 : at + 2], upon=together[-1]):
            mark, *following = objects[at + 1 : at + 3]
            goes_on = [each for each in following if each.origin == (mark.origin[0], together[-1].origin[1])]
            together = [*together, mark, *goes_on]
            at += 1 + len(goes_on)
            if not goes_on:
                break
        if len(together) > 1 or (b"/ActualText" in together[0].shown and _runs_to_the_right(together[0])):
            yield together
        at += 1


def _is_mark(found: Sequence[TextObject], *, upon: TextObject) -> bool:
    cluster = upon.texts[-1]
    return (
        [each.texts for each in found] == [[cluster]]
        and len(cluster) > 1
        and _runs_to_the_right(upon)
        and found[0].origin[1] != upon.origin[1]
    )


def _runs_to_the_right(found: TextObject) -> bool:
    return all(bidirectional(letter) not in ("R", "AL") for text in found.texts for letter in text)


def _said_once(together: Sequence[TextObject]) -> Iterator[str]:
    first, *others = together
    yield from first.texts
    for mark, after in zip(others[::2], others[1::2], strict=False):
        is_rest = SARA_AM in mark.texts[0] and after.texts[0] == mark.texts[0]
        yield from after.texts[1:] if is_rest else after.texts


def _text_objects(content: bytes, fonts: Fonts) -> Iterator[TextObject]:
    for found in TEXT_OBJECT.finditer(content):
        if texts := list(_texts(found["shown"], fonts)):
            yield TextObject((found["x"], found["y"]), found["shown"], texts, found.span("whole"))


def _texts(shown: bytes, fonts: Fonts) -> Iterator[str]:
    font: Mapping[bytes, str] = {}
    for part in PART.finditer(shown):
        if part["font"]:
            font = fonts[part["font"]]
        elif part["row"]:
            yield from (font.get(code, "") for code in _codes(part["row"]))
        else:
            yield bytes.fromhex(part["actual"].decode()).decode("utf-16-be")


def _moved(each: TextObject, to: TextObject) -> bytes:
    """How something is drawn within another text object, whose lines run downwards."""
    (x, y), (to_x, to_y) = (map(float, one.origin) for one in (each, to))

    def placed(origin: re.Match[bytes]) -> bytes:
        return b"1 0 0 -1 %.4f %.4f Tm" % (float(origin[1]) + x - to_x, float(origin[2]) + to_y - y)

    return ORIGIN.sub(placed, SAID.sub(b"", each.shown))


def _codes(row: bytes) -> Iterator[bytes]:
    """The codes of two bytes of a Tj or TJ."""
    for string in re.findall(STRING, row, re.DOTALL):
        codes = ESCAPE.sub(lambda found: _unescaped(found[1]), string[1:-1])
        yield from (codes[at : at + 2] for at in range(0, len(codes), 2))


def _unescaped(escaped: bytes) -> bytes:
    return bytes([int(escaped, 8)]) if len(escaped) == 3 else CONTROLS.get(escaped, escaped)


def _edited(content: bytes, edits: Iterable[Edit]) -> bytes:
    parts, done = [], 0
    for start, end, replacement in edits:
        parts += [content[done:start], replacement]
        done = end
    return b"".join((*parts, content[done:]))


# -- the file -------------------------------------------------------------------------------------------------------


def _objects(pdf: bytes) -> dict[int, bytes]:
    """Every object by its number, from ``N 0 obj`` to what comes next; typst writes one table of them, at the end."""
    table = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    count = int(pdf[table:].split(maxsplit=3)[2])
    rows = pdf[table:].split(b"\n", 2)[2]
    starts = {number: int(rows[20 * number :][:10]) for number in range(1, count)}
    ends = dict(zip(sorted(starts.values()), [*sorted(starts.values())[1:], table], strict=True))
    return {number: pdf[start : ends[start]] for number, start in starts.items()}


def _reference(found: bytes, name: bytes) -> int:
    """The number of the object that an entry of a dictionary refers to."""
    [number] = re.findall(rb"/" + name + rb" (\d+) 0 R", found)
    return int(number)


def _stream(found: bytes) -> bytes:
    head, _, body = found.partition(b"\nstream\n")
    [length] = re.findall(rb"/Length (\d+)", head)
    return zlib.decompress(body[: int(length)])


def _fonts(page: bytes, objects: Mapping[int, bytes]) -> dict[bytes, dict[bytes, str]]:
    """What the codes of each of a page's fonts say."""
    resources = objects[_reference(page, b"Resources")]
    named = re.findall(rb"/(f\d+) (\d+) 0 R", resources)
    return {name: _said_by(_stream(objects[_reference(objects[int(number)], b"ToUnicode")])) for name, number in named}


def _said_by(cmap: bytes) -> dict[bytes, str]:
    pairs = re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]+)>$", cmap, re.MULTILINE)
    return {bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _with_streams(pdf: bytes, objects: Mapping[int, bytes], streams: Mapping[int, bytes]) -> bytes:
    """The file with other contents in some of its streams; not compressed, so that no library's choices show."""
    written = pdf[: min(pdf.index(found) for found in objects.values())]
    starts = {}
    for number, found in sorted(objects.items(), key=lambda one: pdf.index(one[1])):
        starts[number] = len(written)
        content = streams.get(number)
        changed = b"%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n"
        written += found if content is None else changed % (number, len(content), content)
    rows = b"".join(b"%010d 00000 n\r\n" % starts[number] for number in sorted(starts))
    trailer = pdf[pdf.rindex(b"trailer") : pdf.rindex(b"startxref")]
    head = b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(starts) + 1)
    return b"%s%s%s%sstartxref\n%d\n%%%%EOF" % (written, head, rows, trailer, len(written))
