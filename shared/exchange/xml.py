"""XML that strangers wrote, read so that it can neither reach out, nor blow up, nor hide where it is wrong."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

from lxml import etree

from shared.exchange.bank_file import Malformed, decoded

# Elements held in memory at once, and in all: what a hostile file makes of its bytes stays small.
MAX_ELEMENTS_OF_A_DOCUMENT: Final = 500_000
MAX_ELEMENTS_OF_A_CHILD: Final = 50_000
MAX_ELEMENTS: Final = 2_000_000
MAX_ATTRIBUTES: Final = 1_000
# The parser itself refuses elements nested 256 deep, and a text, a tag or a comment of 10 MB.

Element: TypeAlias = etree._Element

_CHUNK: Final = 2**16
# All that may stand before a document type declaration, and nowhere else may one stand.
_DOCUMENT_TYPE: Final = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_ENCODING: Final = re.compile(r"""<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']""")
# Only what looks like a tag matches: between quotes, text holds a "<" or ">" long before.
_TOO_MANY_ATTRIBUTES: Final = re.compile(
    rf"""<[^\s!?/<>'"][^<>'"]*+(?:(?:"[^<"]*+"|'[^<']*+')[^<>'"]*+){{{MAX_ATTRIBUTES + 1}}}"""
)
# What the parser's messages say to its programmers, and where, which is said apart.
_PARSERS_OWN: Final = re.compile(r",(?: line \d+, column \d+| (?:try|use) XML_PARSE_HUGE.*)", re.DOTALL)
_NO_XML_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes) -> Element:
    """The root element of a whole document, for documents that are one thing: an item, a manifest.

    Raises Malformed, naming the line, for what is no well-formed UTF-8 XML, declares a document type (and so for every
    entity but the five of XML itself), or passes a limit. Nothing outside ``data`` is ever read. Comments and
    processing instructions are left out. Lines are 1-based: ``element.sourceline``.
    """
    ((_, root),) = deque(_ended(data, MAX_ELEMENTS_OF_A_DOCUMENT), maxlen=1)
    return root


def children(data: bytes, root: str) -> Iterator[Element]:
    """Each child of the document's ``root``, whole, one at a time: only one is held in memory.

    A child is good until the next is asked for. Raises as ``parse`` does, after the children before the error were
    yielded, and for another root.
    """
    for depth, element in _ended(data, MAX_ELEMENTS_OF_A_CHILD, root):
        if depth == 1:
            yield element
            element.clear()
            while (before := element.getprevious()) is not None:
                element.getparent().remove(before)


def writable(text: str) -> str:
    """``text`` without the characters that no XML document can hold (most control characters, lone surrogates)."""
    return _NO_XML_CHARACTER.sub("", text)


def _ended(data: bytes, most_held: int, root: str | None = None) -> Iterator[tuple[int, Element]]:
    """Each element as it ends, with how deep it stands: 0 for the root.

    ``most_held`` limits the elements of the document, or of each child of a named ``root``.
    """
    text = decoded(data)
    _refuse_unread(text)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities="internal",
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = held = total = 0
    for start in range(0, len(text) + _CHUNK, _CHUNK):
        broken = _fed(parser, text[start : start + _CHUNK])
        for event, element in parser.read_events():
            if event == "end":
                depth -= 1
                yield depth, element
                continue
            if root is not None and depth == 0 and element.tag != root:
                raise Malformed(((element.sourceline, f"the file starts with <{element.tag}>, not with <{root}>"),))
            held = 1 if root is not None and depth == 1 else held + 1
            total += 1
            depth += 1
            if held > most_held or total > MAX_ELEMENTS:
                most = most_held if held > most_held else MAX_ELEMENTS
                raise Malformed(((element.sourceline, f"there are more than {most:,} elements"),))
        if broken:
            raise broken


def _refuse_unread(text: str) -> None:
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8"):
        raise Malformed(((1, f"the file declares the encoding {declared[1]!r}; only UTF-8 is read"),))
    document_type = _DOCUMENT_TYPE.match(text)
    if document_type:
        message = "a document type declaration (DOCTYPE, ENTITY) is not read"
        raise Malformed(((text.count("\n", 0, document_type.end()) + 1, message),))
    crowded = _TOO_MANY_ATTRIBUTES.search(text)
    if crowded:
        line = text.count("\n", 0, crowded.start()) + 1
        raise Malformed(((line, f"an element has more than {MAX_ATTRIBUTES:,} attributes"),))


def _fed(parser: etree.XMLPullParser, chunk: str) -> Malformed | None:
    """Feed a chunk, or end the document with an empty one; the error is given back, for what came before it."""
    try:
        if chunk:
            parser.feed(chunk)
        else:
            parser.close()
    except etree.XMLSyntaxError as error:
        line, _ = error.position
        message = _PARSERS_OWN.sub("", error.msg).strip()
        return Malformed(((max(line, 1), f"this is no well-formed XML: {message}"),))
    return None
