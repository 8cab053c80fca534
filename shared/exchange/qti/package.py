"""QTI content packages: a zip of items with a manifest, or without one."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from shared.domain.questions import Image, Scoring
from shared.exchange import placing
from shared.exchange.bank_file import MAX_FILE_BYTES, MAX_QUESTIONS, BankFile, Findings, Malformed
from shared.exchange.images import MAX_IMAGE_BYTES, NotAnImage, image_of
from shared.exchange.qti.archive import Archive
from shared.exchange.qti.fitting import Effort, Hint
from shared.exchange.qti.item import ITEM, Surroundings, item_of, keep
from shared.exchange.qti.vocabulary import (
    NoCounterpart,
    attribute,
    child,
    children,
    name,
    plain,
    text_of,
    within,
    written,
)
from shared.exchange.xml import Element, parse

MANIFEST: Final = "imsmanifest.xml"
# All there may be in the XML of a package: 300 for each of as many items as a bank may have.
MAX_TAGS: Final = 300 * MAX_QUESTIONS

_ITEM_TYPE: Final = re.compile(r"imsqti_(?:apip)?item_", re.IGNORECASE)
_TEST_TYPE: Final = re.compile(r"imsqti_(?:apip)?(?:test|section|assessment)_", re.IGNORECASE)
_VERSION_1_TYPE: Final = re.compile(r"imsqti_.*xmlv1", re.IGNORECASE)
_TESTS: Final = ("assessmenttest", "assessmentsection")
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
# The category of a question in Common Cartridge. Source: the LOM profile of Common Cartridge.
_CATEGORY: Final = "cc_question_category"
_HINT: Final = re.compile(r"(scoring|points|correct):(.*)", re.DOTALL)
_POINTS: Final = re.compile(r"[0-9]{1,30}(?:/[1-9][0-9]{0,29})?")
_FIRST_TAG: Final = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->|\xef\xbb\xbf)*+<([^\s/>]+)", re.DOTALL)


def read_package(data: bytes) -> BankFile:
    """The bank in a QTI package: each item that its manifest lists, in that order; without a manifest, each there is.

    Errors and skipped items name their file before the message, their line is the one in that file. A test's section
    is a pool by its title; the keywords ``pool:x`` and ``objective:n`` of a resource come before it. Raises Malformed.
    """
    reading = _Reading(Archive(data))
    manifest = reading.manifest_path()
    listed = reading.listed(manifest) if manifest is not None else False
    if not listed:
        reading.all_there_is()
    return reading.bank_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """An item of the package and what its metadata says of it."""

    path: str
    keywords: tuple[str, ...] = ()
    category: str | None = None


class _Reading:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._findings = Findings()
        self._effort = Effort()
        self._tags_left = MAX_TAGS
        self._items: dict[str, _Listed] = {}
        self._tests: list[str] = []
        self._pools: dict[str, str] = {}
        self._images: dict[str, Image | NotAnImage] = {}
        self._templates: dict[str, Element | None] = {}

    def manifest_path(self) -> str | None:
        """The manifest, of several the outermost."""
        found = [path for path in self._archive.paths if posixpath.basename(path).lower() == MANIFEST]
        return min(found, key=lambda path: path.count("/"), default=None)

    def listed(self, manifest: str) -> bool:
        """Take in what the manifest lists; whether that was anything of QTI."""
        root = self._parsed(manifest)
        if root is None:
            return True
        resources = child(root, "resources")
        if resources is None:
            return False
        folder = posixpath.join(posixpath.dirname(manifest), root.get(_BASE, ""), resources.get(_BASE, ""))
        identifiers: set[str] = set()
        version_1 = False
        for resource in children(resources, "resource"):
            identifier = attribute(resource, "identifier")
            if identifier and identifier in identifiers:
                self._wrong(manifest, resource.sourceline, f"the resource {identifier[:80]!r} is listed twice")
            identifiers.add(identifier)
            type_ = resource.get("type", "")
            if _VERSION_1_TYPE.match(type_):
                version_1 = True
                reason = f"{manifest}: {attribute(resource, 'href') or identifier} is QTI 1, only 2 and 3 are read"
                self._findings.skip(resource.sourceline, reason)
            elif _ITEM_TYPE.match(type_) or _TEST_TYPE.match(type_):
                self._resource(manifest, posixpath.join(folder, resource.get(_BASE, "")), resource)
        return bool(self._items or self._tests or self._findings.errors) or version_1

    def all_there_is(self) -> None:
        """Take in every item and test of the package."""
        for path in self._archive.paths:
            if path.lower().endswith(".xml") and posixpath.basename(path).lower() != MANIFEST:
                start = self._archive.read(path, MAX_FILE_BYTES)
                first = _FIRST_TAG.match(start)
                kind = plain(first[1].rpartition(b":")[2].decode(errors="replace")) if first else ITEM
                if kind == ITEM:
                    self._items[path] = _Listed(path=path)
                elif kind in _TESTS:
                    self._tests.append(path)

    def bank_file(self) -> BankFile:
        """Read the items, each placed by the tests."""
        for path in self._tests:
            self._place(path)
        identifiers = []
        for listed in self._items.values():
            root = self._parsed(listed.path)
            if root is None:
                continue
            if name(root) != ITEM:
                self._wrong(listed.path, root.sourceline, f"<{written(root)}> is no QTI assessment item")
                continue
            try:
                item = item_of(root, self._surroundings(listed), self._effort)
            except NoCounterpart as skipped:
                self._findings.skip(skipped.line, f"{listed.path}: {skipped.reason}")
            except Malformed as malformed:
                self._wrong_all(listed.path, malformed)
            else:
                keep(item, self._findings, of=listed.path)
                identifiers.append(item.identifier)
        return self._findings.bank_file(identifiers)

    def _resource(self, manifest: str, folder: str, resource: Element) -> None:
        file = child(resource, "file")
        address = attribute(resource, "href") or (attribute(file, "href") if file is not None else "")
        path = self._archive.found(folder, address)
        if path is None:
            self._wrong(manifest, resource.sourceline, f"the file {address[:200]!r} is not in the package")
        elif _TEST_TYPE.match(resource.get("type", "")):
            self._tests.append(path)
        else:
            metadata = child(resource, "metadata")
            keywords = tuple(_keywords(metadata)) if metadata is not None else ()
            category = _category(metadata) if metadata is not None else None
            self._items.setdefault(path, _Listed(path=path, keywords=keywords, category=category))

    def _place(self, test: str) -> None:
        """Note the pool of each item that a test has in a section, the first that does."""
        seen: set[str] = set()
        left = list(self._opened(test, None, seen))
        while left:
            element, path, pool = left.pop()
            if name(element) == "assessmentsection" and attribute(element, "title"):
                pool = placing.pool_of_tags([f"pool:{attribute(element, 'title')}"])
            below: list[tuple[Element, str, str | None]] = []
            for each in element:
                kind = name(each)
                if kind not in ("assessmentitemref", "assessmentsectionref"):
                    below.append((each, path, pool))
                    continue
                referenced = self._archive.found(posixpath.dirname(path), attribute(each, "href"))
                if kind == "assessmentsectionref" and referenced is not None:
                    below += self._opened(referenced, pool, seen)
                elif referenced is not None and pool is not None:
                    self._pools.setdefault(referenced, pool)
            left += reversed(below)

    def _opened(self, path: str, pool: str | None, seen: set[str]) -> list[tuple[Element, str, str | None]]:
        """The root of a test or section that was not ``seen`` yet, with where it is and the pool around it."""
        root = None if path in seen else self._parsed(path)
        seen.add(path)
        return [] if root is None else [(root, path, pool)]

    def _surroundings(self, listed: _Listed) -> Surroundings:
        folder = posixpath.dirname(listed.path)
        pool = placing.pool_of_tags(listed.keywords) or listed.category or self._pools.get(listed.path)
        return Surroundings(
            image=lambda address: self._image(folder, address),
            template=lambda address: self._template(folder, address),
            pool=pool or placing.DEFAULT_POOL,
            objective=placing.objective_of_tags(listed.keywords) or placing.DEFAULT_OBJECTIVE,
            hint=_hint(listed.keywords),
        )

    def _image(self, folder: str, address: str) -> Image | None:
        path = self._archive.found(folder, address)
        if path is None:
            return None
        if path not in self._images:
            try:
                self._images[path] = image_of(self._archive.read(path, MAX_IMAGE_BYTES))
            except NotAnImage as error:
                self._images[path] = error
        image = self._images[path]
        if isinstance(image, NotAnImage):
            raise NotAnImage(image.reason)
        return image

    def _template(self, folder: str, address: str) -> Element | None:
        path = self._archive.found(folder, address)
        if path is None:
            return None
        if path not in self._templates:
            root = self._parsed(path)
            self._templates[path] = root if root is not None and name(root) == "responseprocessing" else None
        return self._templates[path]

    def _parsed(self, path: str) -> Element | None:
        """A file's root, or None when it is malformed, which is noted."""
        data = self._archive.read(path, MAX_FILE_BYTES)
        self._tags_left -= data.count(b"<")
        if self._tags_left < 0:
            raise Malformed(((1, f"{path}: a package has at most {MAX_TAGS:,} tags"),))
        try:
            return parse(data)
        except Malformed as malformed:
            self._wrong_all(path, malformed)
            return None

    def _wrong(self, path: str, line: int, message: str) -> None:
        self._findings.wrong(line, f"{path}: {message}")

    def _wrong_all(self, path: str, malformed: Malformed) -> None:
        for line, message in malformed.errors:
            self._wrong(path, line, message)


def _keywords(metadata: Element) -> Iterator[str]:
    """Each keyword of a resource, in any of the languages it is given in."""
    for keyword in within(metadata, ("keyword",)):
        yield from (text_of(each) for each in (keyword if len(keyword) else (keyword,)))


def _category(metadata: Element) -> str | None:
    for path in within(metadata, ("taxonpath",)):
        source = child(path, "source")
        entries = [text_of(entry) for entry in within(path, ("entry",))]
        if source is not None and text_of(source) == _CATEGORY and entries:
            return placing.pool_of_category(entries[-1])
    return None


def _hint(keywords: Iterable[str]) -> Hint:
    found = [(hint[1], hint[2]) for keyword in keywords if (hint := _HINT.fullmatch(keyword))]
    values = dict(found)
    scoring, points = values.get("scoring", ""), values.get("points", "")
    return Hint(
        scoring=next((mode for mode in Scoring if mode.value == scoring), None),
        points=Fraction(points) if _POINTS.fullmatch(points) else None,
        correct=frozenset(value for key, value in found if key == "correct"),
    )
