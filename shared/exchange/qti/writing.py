"""Question banks as QTI 3.0 content packages that any conforming system scores as we do."""

import html
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from lxml import etree
from lxml.builder import ElementMaker

from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Kind, Question
from shared.exchange import markup
from shared.exchange.images import NAME
from shared.exchange.qti.package import MANIFEST
from shared.exchange.qti.processing import SCORE
from shared.exchange.qti.scored import QTI, RESPONSE, Q, Scored, decimal, scored
from shared.exchange.qti.text import add_xhtml
from shared.exchange.xml import Element, writable

_PACKAGING: Final = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM: Final = "http://ltsc.ieee.org/xsd/LOM"
_SCHEMAS: Final = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd"
_METADATA_SCHEMA: Final = "https://purl.imsglobal.org/spec/md/v1p3/schema/xsd/imsmd_loose_v1p3p2.xsd"
_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_P: Final = ElementMaker(
    namespace=_PACKAGING, nsmap={None: _PACKAGING, "lom": _LOM, "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
)
_L: Final = ElementMaker(namespace=_LOM, nsmap={"lom": _LOM})

_TEST: Final = "test.xml"
_SHOWN: Final = re.compile(rf'(?<= src="{markup.ASSET}){NAME.pattern}(?=")')
_TAG: Final = re.compile(r"<[^<>]*>")
_TITLE_CHARACTERS: Final = 80
# The earliest that a zip can say: the same bank gives the same bytes at any time.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


def write_package(bank: Bank, key: AnswerKey, images: Sequence[Image]) -> bytes:
    """The bank as a zip, the same bytes for the same bank; ``read_package`` gives the bank back.

    Each item's response processing gives every response the points that our own scoring gives it. Pools are the
    sections of a test. A rationale is a rubric for scorers, so that no system shows it to a candidate. Raises KeyError
    for a question without a key entry.
    """
    files = {MANIFEST: _serialised(_manifest(bank, key, images)), _TEST: _serialised(_test(bank))}
    for question in bank.questions:
        files[_path(question)] = _serialised(_item(question, key.entries[question.question_id]))
    files.update((_image_path(image.name), image.data) for image in images)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            package.writestr(entry, data)
    return packed.getvalue()


def _path(question: Question) -> str:
    return f"items/{question.question_id}.xml"


def _image_path(image: str) -> str:
    return f"images/{image}"


def _identifier(own: str) -> str:
    """An id of ours as a QTI identifier, which starts with a letter or an underscore."""
    return own if own[0].isalpha() else f"_{own}"


def _serialised(element: Element) -> bytes:
    return bytes(etree.tostring(element, encoding="utf-8", xml_declaration=True))


def _item(question: Question, entry: KeyEntry) -> Element:
    how = scored(question, entry)
    default = Q("qti-default-value", Q("qti-value", "0"))
    outcome = Q("qti-outcome-declaration", default, {"base-type": "float"}, identifier=SCORE, cardinality="single")
    points = decimal(entry.points)
    if points:
        outcome.set("normal-maximum", points)
    return Q(
        "qti-assessment-item",
        _declaration(question, entry, how),
        outcome,
        _body(question, entry),
        how.processing,
        {_LOCATION: f"{QTI} {_SCHEMAS}/imsqti_asiv3p0_v1p0.xsd", "time-dependent": "false"},
        identifier=_identifier(question.question_id),
        title=_title(question),
        adaptive="false",
    )


def _declaration(question: Question, entry: KeyEntry, how: Scored) -> Element:
    single = question.kind is Kind.SINGLE
    declaration = Q(
        "qti-response-declaration",
        {"base-type": "identifier"},
        identifier=RESPONSE,
        cardinality="single" if single else "multiple",
    )
    if _states_correct(question, entry):
        correct = [option.option_id for option in question.options if option.option_id in entry.correct]
        declaration.append(Q("qti-correct-response", *(Q("qti-value", _identifier(each)) for each in correct)))
    if how.mapped:
        mapping = Q("qti-mapping", {"default-value": "0"})
        for bound, value in (("lower-bound", how.lower), ("upper-bound", how.upper)):
            if value is not None:
                mapping.set(bound, decimal(value) or str(value))
        for option_id, worth in how.mapped.items():
            attributes = {"map-key": _identifier(option_id), "mapped-value": decimal(worth) or str(worth)}
            mapping.append(Q("qti-map-entry", attributes))
        declaration.append(mapping)
    return declaration


def _states_correct(question: Question, entry: KeyEntry) -> bool:
    """Whether the right answer fits a correct response: a single choice has but one."""
    return question.kind is Kind.MULTIPLE or len(entry.correct) == 1


def _body(question: Question, entry: KeyEntry) -> Element:
    most = 1 if question.kind is Kind.SINGLE else question.max_choices or 0
    interaction = Q(
        "qti-choice-interaction",
        {"response-identifier": RESPONSE, "max-choices": str(most)},
        shuffle="true" if question.shuffle else "false",
    )
    for option in question.options:
        choice = Q("qti-simple-choice", identifier=_identifier(option.option_id))
        interaction.append(_with_text(choice, option.text))
    body = Q("qti-item-body", _with_text(Q("div"), question.stem), interaction)
    if entry.rationale:
        content = _with_text(Q("qti-content-body"), entry.rationale)
        body.append(Q("qti-rubric-block", content, use="scoring", view="scorer"))
    return body


def _with_text(element: Element, text: str) -> Element:
    add_xhtml(element, markup.from_html(text).text, QTI, lambda image: f"../{_image_path(image)}")
    return element


def _title(question: Question) -> str:
    """The start of the question, for lists of items."""
    text = " ".join(writable(html.unescape(_TAG.sub(" ", question.stem))).split())
    return text[:_TITLE_CHARACTERS] or question.question_id


def _manifest(bank: Bank, key: AnswerKey, images: Sequence[Image]) -> Element:
    held = {image.name for image in images}
    resources = _P("resources", _test_resource(bank))
    for question in bank.questions:
        resources.append(_item_resource(question, key.entries[question.question_id], held))
    for image in images:
        resources.append(_resource(_image_resource(image.name), "webcontent", _image_path(image.name)))
    return _P(
        "manifest",
        _P("metadata", _P("schema", "QTI Package"), _P("schemaversion", "3.0.0")),
        _P("organizations"),
        resources,
        {
            _LOCATION: f"{_PACKAGING} {_SCHEMAS}/imsqtiv3p0_imscpv1p2_v1p0.xsd {_LOM} {_METADATA_SCHEMA}",
            "identifier": "bank",
        },
    )


def _test_resource(bank: Bank) -> Element:
    resource = _resource("test", "imsqti_test_xmlv3p0", _TEST)
    for question in bank.questions:
        resource.append(_P("dependency", identifierref=_item_resource_name(question)))
    return resource


def _item_resource(question: Question, entry: KeyEntry, held: Collection[str]) -> Element:
    resource = _resource(_item_resource_name(question), "imsqti_item_xmlv3p0", _path(question))
    general = _L("general", *(_L("keyword", _L("string", keyword)) for keyword in _keywords(question, entry)))
    resource.insert(0, _P("metadata", _L("lom", general)))
    texts = (question.stem, entry.rationale, *(option.text for option in question.options))
    for image in dict.fromkeys(image for text in texts for image in _SHOWN.findall(text)):
        if image in held:
            resource.append(_P("dependency", identifierref=_image_resource(image)))
    return resource


def _keywords(question: Question, entry: KeyEntry) -> Iterator[str]:
    """What only we need to get the same question back: how it is scored, beside what it scores."""
    yield f"objective:{question.objective}"
    yield f"scoring:{entry.scoring.value}"
    yield f"points:{entry.points}"
    if not _states_correct(question, entry):
        yield from (f"correct:{_identifier(option_id)}" for option_id in sorted(entry.correct))


def _resource(identifier: str, type_: str, path: str) -> Element:
    return _P("resource", _P("file", href=path), identifier=identifier, type=type_, href=path)


def _item_resource_name(question: Question) -> str:
    return f"item-{question.question_id}"


def _image_resource(image: str) -> str:
    return f"image-{image}"


def _test(bank: Bank) -> Element:
    """A test of all questions, in a section for each pool."""
    sections: dict[str, Element] = {}
    for question in bank.questions:
        if question.pool not in sections:
            sections[question.pool] = Q(
                "qti-assessment-section",
                identifier=f"pool-{len(sections) + 1}",
                title=writable(question.pool),
                visible="true",
            )
        reference = Q("qti-assessment-item-ref", identifier=_identifier(question.question_id), href=_path(question))
        sections[question.pool].append(reference)
    part = Q("qti-test-part", {"navigation-mode": "nonlinear", "submission-mode": "simultaneous"}, identifier="part")
    part.extend(sections.values())
    location = {_LOCATION: f"{QTI} {_SCHEMAS}/imsqti_asiv3p0_v1p0.xsd"}
    return Q("qti-assessment-test", part, location, identifier="test", title="Question bank")
