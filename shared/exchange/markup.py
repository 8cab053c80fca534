"""Texts of questions as the safe subset of HTML that learners are shown, whatever format they come in."""

import html
import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt

from shared.domain.questions import Image
from shared.exchange.bank_file import MAX_TEXT_CHARACTERS
from shared.exchange.images import NAME, NotAnImage, image_in_address

ASSET: Final = "asset:"
# Markup is a few times longer than what is kept of it. Pictures written into it don't count.
MAX_SOURCE_CHARACTERS: Final = 5 * MAX_TEXT_CHARACTERS
MAX_MARKDOWN_CHARACTERS: Final = 10_000
MAX_DEPTH: Final = 100

# Structure and emphasis only: no style, class or id, no form, frame, media or script.
_TAGS: Final = frozenset(
    re.split(
        r"\s+",
        "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins"
        " kbd li ol p pre q s samp small span strong sub sup table tbody td tfoot th thead tr u ul var",
    )
)
_ATTRIBUTES: Final = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# Elements whose content is no text; all others that aren't kept are unwrapped.
_DROPPED_WHOLE: Final = frozenset({"script", "style", "iframe", "object", "noscript", "template", "title", "svg"})
_UNWRAPPED: Final = frozenset(
    re.split(
        r"\s+",
        "applet area article aside audio base basefont bdi bdo big body button canvas center col colgroup data datalist"
        " details dfn dialog dir embed fieldset font footer form frame frameset head header html input label legend"
        " link main map mark marquee math menu meta meter nav nobr noframes optgroup option output param picture"
        " progress rp rt ruby section select source strike summary textarea time track tt video wbr",
    )
)
# These end by themselves: they don't nest, whether closed or not.
_UNNESTED: Final = frozenset({"br", "dd", "dt", "hr", "img", "input", "li", "option", "p", "td", "th", "tr", "wbr"})
# Without these a question can lose its point, so its author is told.
_TOLD: Final = re.compile(r"<(audio|canvas|embed|iframe|math|object|svg|video)\b", re.IGNORECASE)

_NO_XML_CHARACTER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPENING: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_DATA_ADDRESS: Final = re.compile(r"""(?<=["'])data:image/[^"'<>]*(?=["'])""", re.IGNORECASE)
_IMAGE: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_SRC: Final = re.compile(r' src="[^"]')
_ALT: Final = re.compile(r' alt="([^"]*)"')
_PRE: Final = re.compile(r"<pre>\n+")
_ANY_TAG: Final = re.compile(r"<[^<>]*>")
_NO_TAG: Final = re.compile(
    rf"<(?!/?(?:{'|'.join(sorted(_TAGS | _DROPPED_WHOLE | _UNWRAPPED))})(?:[\s/][^<>]*)?>|!--)", re.IGNORECASE
)
_BETWEEN_TAGS: Final = re.compile(r">\s+<")
_BESIDE_TAG: Final = re.compile(r"\n(?=<)|(?<=>)\n")
_LONE_PARAGRAPH: Final = re.compile(r"<p>((?:(?!</?p>).)*)</p>", re.DOTALL)

# The picture that a file's own address names, None when the file has none; raises NotAnImage for a bad one.
Find = Callable[[str], Image | None]


@dataclass(frozen=True, slots=True)
class Markup:
    """A clean text, the pictures it shows, and a note on each thing it should show and can't.

    A picture that is left out leaves its alternative text in brackets.
    """

    text: str
    images: tuple[Image, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read or see."""
        return "<img" not in self.text and not html.unescape(_ANY_TAG.sub("", self.text)).strip()


def _none(_address: str) -> Image | None:
    return None


def from_html(source: str, find: Find = _none) -> Markup:
    """``source`` cut down to the safe subset; a text that is clean already comes back unchanged.

    Pictures in ``data:`` addresses are taken out, others asked of ``find``; ``asset:`` addresses stay. What is nested
    deeper than ``MAX_DEPTH`` is no markup and read as plain text. A source over ``MAX_SOURCE_CHARACTERS`` is not read:
    its text is the start of it, longer than the ``MAX_TEXT_CHARACTERS`` that ``Findings.found`` allows.
    """
    if "<" not in source and "&" not in source:
        return Markup(_as_text(source).strip())
    pictures = _Pictures(find)
    source = _DATA_ADDRESS.sub(lambda found: pictures.address(found[0]) or "", _legible(source))
    # Each "&" is a character of the text, and slow to parse.
    if len(source) > MAX_SOURCE_CHARACTERS or source.count("&") > MAX_TEXT_CHARACTERS:
        return Markup(html.escape(source[: MAX_TEXT_CHARACTERS + 1]))
    if _nested_too_deep(source):
        return from_plain(source)
    unshown = sorted({found[1].lower() for found in _TOLD.finditer(source)})
    text = _clean(source, pictures)
    notes = [*pictures.notes, *(f"<{name}> can't be shown; the question is kept without it" for name in unshown)]
    return Markup(text, tuple(pictures.images.values()), tuple(notes))


def from_plain(source: str) -> Markup:
    """``source`` to be read as it stands: nothing in it is a tag, its line breaks stay."""
    return Markup(_as_text(source.strip()).replace("\n", "<br>"))


def from_moodle(source: str, find: Find = _none) -> Markup:
    """``source`` in Moodle's automatic format: HTML whose line breaks count, unless they are beside a tag.

    A ``<`` that opens no HTML tag is itself, so that "x<y" stays whole.
    """
    tags_only = _NO_TAG.sub("&lt;", source.strip())
    return from_html(_BESIDE_TAG.sub(" ", _BETWEEN_TAGS.sub("><", tags_only)).replace("\n", "<br>"), find)


def from_markdown(source: str, find: Find = _none) -> Markup:
    """``source`` in Markdown with tables, in which HTML is allowed; a single paragraph is not wrapped.

    Over ``MAX_MARKDOWN_CHARACTERS`` it is read as plain text.
    """
    if len(source) > MAX_MARKDOWN_CHARACTERS:
        return from_plain(source)
    markup = from_html(_markdown().render(source.strip()), find)
    return replace(markup, text=inline(markup.text))


def rationale(general: str, remarks: Iterable[tuple[str, str]]) -> str:
    """One clean text of a question's general feedback and, for each option, its text and what is said of it.

    All are clean already; an option of which nothing is said is left out.
    """
    said = "".join(f"<li>{inline(option)}: {inline(remark)}</li>" for option, remark in remarks if remark)
    # What is complete by itself, a table cell for one, can be none within a list.
    return from_html(f"{general}<ul>{said}</ul>").text if said else general


def inline(text: str) -> str:
    """A clean text that is but one paragraph, without the paragraph."""
    lone = _LONE_PARAGRAPH.fullmatch(text)
    return lone[1].strip() if lone else text


class _Pictures:
    """The pictures of one text, as they are met."""

    def __init__(self, find: Find) -> None:
        self.images: dict[str, Image] = {}
        self.notes: list[str] = []
        self._find = find

    def address(self, source: str) -> str | None:
        """Where the picture will be, or None when there is none to show."""
        if source.startswith(ASSET) and NAME.fullmatch(source, len(ASSET)):
            return source
        shown = source if len(source) <= 80 else f"{source[:77]}..."
        try:
            image = image_in_address(source) or self._find(source)
        except NotAnImage as error:
            self.notes.append(f"the image {shown!r} {error.reason}; the question is kept without it")
            return None
        if image is None:
            self.notes.append(f"the image {shown!r} is not in the file; the question is kept without it")
            return None
        self.images[image.name] = image
        return f"{ASSET}{image.name}"

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """An allowed attribute's value as it is kept, or None to leave it out."""
        match name:
            # Elements that will be unwrapped come by here too.
            case "src":
                return self.address(value.strip()) if tag == "img" and value.strip() else None
            case "href":
                return value if value.strip().lower().startswith("https://") else None
            case "colspan" | "rowspan":
                return value if value.isdecimal() and value.isascii() and len(value) <= 2 else None
            case _:
                return value


# Whose text is being cleaned: one cleaner serves all, for making one costs as much as cleaning a text.
_PICTURES: Final[ContextVar[_Pictures]] = ContextVar("pictures")


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes=_ATTRIBUTES,
        attribute_filter=lambda tag, name, value: _PICTURES.get().attribute(tag, name, value),
        url_schemes={"https", "http", "data", "asset", "file"},
        link_rel="noopener",
    )


def _clean(source: str, pictures: _Pictures) -> str:
    _PICTURES.set(pictures)
    # What is left when an element is unwrapped can parse in another way: a text is clean when cleaning keeps it.
    for _ in range(4):
        cleaned = _cleaner().clean(source)
        text = _PRE.sub("<pre>", _legible(_IMAGE.sub(_seen_or_told, cleaned))).strip()
        if text == source or len(text) > MAX_SOURCE_CHARACTERS:
            return text
        source = text
    return source


def _legible(text: str) -> str:
    """``text`` without the characters that no XML holds, its lines ended alike: as any parser gives it back."""
    return _NO_XML_CHARACTER.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _as_text(source: str) -> str:
    return html.escape(_legible(source), quote=False).replace("\xa0", "&nbsp;")


def _nested_too_deep(source: str) -> bool:
    if source.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    for opening in _OPENING.finditer(source):
        if opening[2].lower() not in _UNNESTED:
            depth += -1 if opening[1] else 1
            if depth > MAX_DEPTH:
                return True
    return False


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def _seen_or_told(image: re.Match[str]) -> str:
    if _SRC.search(image[1]):
        return image[0]
    alternative = _ALT.search(image[1])
    told = alternative[1].strip().replace("<", "&lt;").replace(">", "&gt;") if alternative else ""
    return f"[{told or 'image'}]"
