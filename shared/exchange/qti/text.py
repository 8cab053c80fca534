"""Texts of QTI items: XHTML within an item's XML, to and from the HTML that learners are shown."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Final

from lxml import etree

from shared.exchange.markup import ASSET, MAX_DEPTH
from shared.exchange.qti.vocabulary import NoCounterpart, attribute, child, name, text_of, written
from shared.exchange.xml import Element, writable

# Shown only when an outcome, thus an answer, calls for it.
_FEEDBACK: Final = frozenset({"feedbackinline", "feedbackblock", "modalfeedback"})
_LEFT_OUT: Final = frozenset(
    {"stylesheet", "cataloginfo", "companionmaterialsinfo", "apipaccessibility", "style", "script", "source", "track"}
)
_NO_COUNTERPART: Final[Mapping[str, str]] = {
    **dict.fromkeys(("math", "svg", "audio", "video", "iframe", "embed", "canvas"), "can't be shown"),
    **dict.fromkeys(("printedvariable", "templateblock", "templateinline"), "is filled in from a template"),
    "include": "takes in another file",
    "stimulus": "takes in another file",
}
# What stands apart as a block, but has no element of its own in our subset of HTML.
_BLOCKS: Final = frozenset(
    {"article", "aside", "section", "header", "footer", "main", "nav", "details", "summary", "address", "center"}
)
_BLOCK_LEVEL: Final = _BLOCKS | frozenset(
    {"p", "div", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "hr", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_STANDING_APART: Final = frozenset({"rubricblock", "infocontrol"})
_UNWRAPPED: Final = frozenset({"contentbody", "htmlcontent"})
_ATTRIBUTES: Final = frozenset({"src", "alt", "href", "colspan", "rowspan"})
_TAG: Final = re.compile(r"[a-z][a-z0-9]*")
# A no-break space is text.
_SPACE: Final = " \t\r\n"
_VOID: Final = frozenset({"br", "hr", "img"})
# QTI takes over no HTML element for these; the first is its own name for it.
_SPANS: Final[Mapping[str, str]] = {"u": "qti-underline", "s": "s", "del": "del", "ins": "ins"}
_OF_SPANS: Final = {shown: tag for tag, shown in _SPANS.items()}


def interactions(body: Element) -> list[Element]:
    """What a learner answers, or acts on."""
    return [element for element in body.iterdescendants() if name(element).endswith("interaction")]


class Shown:
    """Turns the content of an item's elements into HTML, and sets apart what is only shown after an answer."""

    def __init__(self) -> None:
        # Each aside once, and whether it consists of blocks.
        self._asides: dict[str, bool] = {}
        self._depth = 0

    def stem(self, body: Element) -> str:
        """The HTML of an itemBody, the prompt in the place of the one interaction.

        What stands alone in a ``div``, or is but a prompt, is not wrapped. Raises NoCounterpart.
        """
        parts = [(element, part) for element, part in self._parts(body) if part.strip(_SPACE)]
        if len(parts) == 1:
            (only, part), *_ = parts
            if name(only) == "div":
                return part[part.index(">") + 1 :].removesuffix("</div>")
            prompt = child(only, "prompt") if name(only) == "choiceinteraction" else None
            return part if prompt is None else self.inner(prompt)
        return "".join(part for _, part in parts)

    def inner(self, element: Element) -> str:
        """The HTML of what is within ``element``. Raises NoCounterpart."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NoCounterpart(element.sourceline, "the text is nested too deep")
        text = "".join(part for _, part in self._parts(element))
        self._depth -= 1
        return text

    def asides(self) -> str:
        """The HTML of all that was set apart so far, in the order in which it was met."""
        if len(self._asides) == 1:
            return next(iter(self._asides))
        return "".join(inner if blocks else f"<p>{inner}</p>" for inner, blocks in self._asides.items())

    def set_apart(self, element: Element) -> None:
        """Take what ``element`` holds as an aside. Raises NoCounterpart."""
        inner = self.inner(element).strip(_SPACE)
        if inner:
            self._asides.setdefault(inner, _has_blocks(element))

    def _parts(self, element: Element) -> Iterator[tuple[Element, str]]:
        yield element, html.escape(element.text or "", quote=False)
        for below in element:
            yield below, self._element(below)
            if below.tail:
                yield element, html.escape(below.tail, quote=False)

    def _element(self, element: Element) -> str:
        kind = name(element)
        if kind in _FEEDBACK or (kind == "rubricblock" and "candidate" not in attribute(element, "view").split()):
            self.set_apart(element)
            return ""
        if kind in _LEFT_OUT:
            return ""
        if kind in _NO_COUNTERPART:
            raise NoCounterpart(element.sourceline, f"<{written(element)}> {_NO_COUNTERPART[kind]}")
        return self._rendered(element, kind)

    def _rendered(self, element: Element, kind: str) -> str:
        if kind == "choiceinteraction":
            prompt = child(element, "prompt")
            return "" if prompt is None else self._block(prompt)
        if kind in _STANDING_APART:
            return self._block(element)
        if kind == "object":
            return _picture(element)
        if kind in _VOID:
            return f"<{kind}{_attributes(element)}>"
        return self._with_tag(element, kind)

    def _with_tag(self, element: Element, kind: str) -> str:
        inner = self.inner(element)
        tag = "div" if kind in _BLOCKS else kind
        if kind == "span":
            tag = _OF_SPANS.get(attribute(element, "class"), kind)
        if kind in _UNWRAPPED or not _TAG.fullmatch(tag):
            return inner
        # An HTML parser drops the first line break.
        line_break = "\n" if kind == "pre" and inner.startswith("\n") else ""
        return f"<{tag}{_attributes(element)}>{line_break}{inner}</{tag}>"

    def _block(self, element: Element) -> str:
        inner = self.inner(element).strip(_SPACE)
        return inner if _has_blocks(element) or not inner else f"<p>{inner}</p>"


def _has_blocks(element: Element) -> bool:
    return any(name(below) in _BLOCK_LEVEL for below in element.iterdescendants())


def _picture(element: Element) -> str:
    """The ``img`` for an ``object`` that is a picture; what it holds is its alternative text."""
    source = attribute(element, "data")
    if not attribute(element, "type", "image/").startswith("image/") or not source:
        raise NoCounterpart(element.sourceline, f"<{written(element)}> can't be shown")
    return f'<img src="{html.escape(source)}" alt="{html.escape(text_of(element))}">'


def _attributes(element: Element) -> str:
    return "".join(f' {tag}="{html.escape(value)}"' for tag, value in element.items() if tag in _ATTRIBUTES)


def add_xhtml(parent: Element, text: str, namespace: str, address: Callable[[str], str]) -> None:
    """Put a clean text into ``parent`` as XHTML; ``address`` gives each picture's address from its name."""
    builder = _Builder(parent, namespace, address)
    builder.feed(text)
    builder.close()


class _Builder(HTMLParser):
    """Clean HTML closes what it opens, so each tag is an element's start or end."""

    def __init__(self, parent: Element, namespace: str, address: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self._open = [parent]
        self._namespace = namespace
        self._address = address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = etree.SubElement(self._open[-1], f"{{{self._namespace}}}{'span' if tag in _SPANS else tag}")
        if tag in _SPANS:
            element.set("class", _SPANS[tag])
        for key, value in attrs:
            if key == "src" and value and value.startswith(ASSET):
                element.set(key, self._address(value.removeprefix(ASSET)))
            elif key != "rel":
                element.set(key, writable(value or ""))
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        parent = self._open[-1]
        data = writable(data)
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data
