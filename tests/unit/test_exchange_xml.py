"""XML of strangers is read whole or refused with its line, reaches nothing outside, and stays small."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from shared.exchange import xml
from shared.exchange.bank_file import MAX_FILE_BYTES, Malformed
from shared.exchange.xml import MAX_ATTRIBUTES, MAX_ELEMENTS_OF_A_CHILD, children, parse, writable

MIB = 2**20
CPU_SECONDS = 5


def refusal(data: bytes, reading: Callable[[bytes], Any] = parse) -> tuple[int, str]:
    with pytest.raises(Malformed) as refused:
        reading(data)
    ((line, message),) = refused.value.errors
    return line, message


def all_children(data: bytes) -> list[str]:
    return [child.tag for child in children(data, "quiz")]


def test_a_document_is_read_with_the_line_of_each_element() -> None:
    root = parse(b'<?xml version="1.0" encoding="UTF-8"?>\n<a>\n<b>1 &lt; 2 &#8211;</b>\n<c/></a>')
    assert [(each.tag, each.sourceline) for each in root.iter()] == [("a", 2), ("b", 3), ("c", 4)]
    assert root.findtext("b") == "1 < 2 –"


def test_lines_are_right_far_into_a_long_document() -> None:
    lines = 70_000
    assert parse(b"<a>" + b"\n" * lines + b"<b/></a>")[0].sourceline == lines + 1


def test_lines_that_end_as_on_other_systems_count_alike() -> None:
    assert [parse(b"<a>" + end * 2 + b"<b/></a>")[0].sourceline for end in (b"\n", b"\r\n", b"\r")] == [3, 3, 3]


def test_a_byte_order_mark_and_a_declared_utf_8_are_fine() -> None:
    assert parse(b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8' ?><a>\xc3\xa9</a>").text == "é"


def test_comments_and_processing_instructions_are_left_out_of_the_text() -> None:
    assert parse(b"<?style x?><!-- <!DOCTYPE a> --><a>x<!-- y -->z<?w?><![CDATA[<b>]]></a>").text == "xz<b>"


def test_a_character_split_between_two_chunks_stays_whole() -> None:
    text = "é😀" * 2**16
    assert parse(f"<a>{text}</a>".encode()).text == text


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "no well-formed XML"),
        (b"hello", 1, "'<' not found"),
        (b"<a>\n<b>\n</a>", 3, "mismatch: b line 2 and a"),
        (b"<a>\n<b>\n", 3, "Premature end"),
        (b"<a/>\n<b/>", 2, "Extra content"),
        (b"<a>\n&nbsp;</a>", 2, "Entity 'nbsp' not defined"),
        (b"<a>\n&#1;</a>", 2, "invalid xmlChar value 1"),
        (b"<a>\n\x01</a>", 2, "invalid Char value 1"),
        (b'<a>\n<b c="1" c="2"/></a>', 2, "Attribute c redefined"),
        (b"<a>\n\xe9</a>", 2, "not UTF-8"),
        (b"<a>\n\0</a>", 2, "NUL"),
        ("<a/>".encode("utf-16"), 1, "UTF-16"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<a/>", 1, "'ISO-8859-1'; only UTF-8"),
        (b"<?xml version='1.0' encoding='UTF-7'?>\n<a>+ADw-</a>", 1, "'UTF-7'; only UTF-8"),
    ],
)
def test_what_is_no_sound_xml_is_refused_with_its_line(data: bytes, line: int, message: str) -> None:
    found_line, found = refusal(data)
    assert found_line == line
    assert message in found
    assert "XML_PARSE" not in found


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY l0 "lol">' + LAUGHS + b"]><a>&l9;</a>",
        b'<!---->\n<!DOCTYPE a [<!ENTITY x "' + b"x" * MIB + b'">]><a>' + b"&x;" * MIB + b"</a>",
        b'\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'\n<!DOCTYPE a [<!ENTITY % x SYSTEM "http://192.0.2.1/x.dtd">%x;]><a/>',
        b'\n<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>',
        b"<?p <!DOCTYPE ?>\n<!DOCTYPE a><a/>",
    ],
    ids=["laughs", "quadratic", "file", "parameter", "external", "plain"],
)
def test_a_document_type_is_refused_at_its_line_before_anything_of_it_is_read(data: bytes) -> None:
    started = time.process_time()
    assert refusal(data) == (2, "a document type declaration (DOCTYPE, ENTITY) is not read")
    assert time.process_time() - started < CPU_SECONDS


def test_a_document_type_that_is_only_text_is_text() -> None:
    assert parse(b"<a><![CDATA[<!DOCTYPE html>]]></a>").text == "<!DOCTYPE html>"


def test_nothing_outside_the_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<secret/>")
    root = parse(
        f'<?xml-stylesheet href="{secret.as_uri()}"?><a xmlns:xi="http://www.w3.org/2001/XInclude"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a {secret.as_uri()}">'
        f'<xi:include href="{secret.as_uri()}"/></a>'.encode()
    )
    assert [each.tag for each in root.iter()] == ["a", "{http://www.w3.org/2001/XInclude}include"]


@pytest.mark.parametrize(
    "data",
    [
        b"<quiz>" + b"<a>" * MIB,
        b"<quiz><a>" + b"<b/>" * MIB + b"</a></quiz>",
        b"<quiz><a " + b" ".join(b'a%d=">"' % number for number in range(MIB // 8)) + b"/></quiz>",
        b'<quiz><a b="' + b"x" * 12 * MIB + b'"/></quiz>',
        b"<quiz><a>" + b"x" * 12 * MIB + b"</a></quiz>",
        b"<quiz><a><![CDATA[" + b"x" * 12 * MIB + b"]]></a></quiz>",
        b"<!--" + b"x" * 12 * MIB,
        b"<quiz " + b"x" * 12 * MIB,
        b"<!--" * 4 * MIB,
        b"<quiz>" + b" " * MAX_FILE_BYTES + b"</quiz>",
    ],
    ids=[
        "deep",
        "elements",
        "attributes",
        "attribute",
        "text",
        "cdata",
        "comment",
        "tag",
        "opened",
        "file",
    ],
)
def test_what_would_take_all_memory_is_refused_fast(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    refusal(data, all_children)
    assert time.process_time() - started < CPU_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300


def test_children_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_ELEMENTS", 1_000)
    assert len(all_children(b"<quiz>" + b"<a/>" * 999 + b"</quiz>")) == 999
    assert refusal(b"<quiz>\n" + b"<a/>" * 1_000 + b"</quiz>", all_children) == (
        2,
        "there are more than 1,000 elements",
    )


def test_an_element_may_have_many_attributes_and_many_elements() -> None:
    attributes = b" ".join(b"a%d='%d'" % (number, number) for number in range(MAX_ATTRIBUTES))
    assert len(parse(b"<a " + attributes + b"/>").attrib) == MAX_ATTRIBUTES
    assert all_children(b"<quiz><a>" + b"<b/>" * (MAX_ELEMENTS_OF_A_CHILD - 1) + b"</a></quiz>") == ["a"]


def test_quotes_in_a_text_are_no_attributes() -> None:
    quoted = b"""5 <b>"one" it's</b> "two" """ * MAX_ATTRIBUTES
    assert parse(b"<a><![CDATA[" + quoted + b"]]></a>").text == quoted.decode()


def test_children_come_whole_and_in_order() -> None:
    data = b"<quiz>" + b"".join(b"<q>\n<t>%d</t></q> " % number for number in range(20_000)) + b"</quiz>"
    assert [child.findtext("t") for child in children(data, "quiz")] == [str(number) for number in range(20_000)]


def test_only_one_child_is_held_at_a_time() -> None:
    # One chunk is parsed ahead, whatever the size of the document.
    data = b"<quiz>" + b"".join(b"<q>%s</q>" % (b"x" * 2**16) for _ in range(40)) + b"</quiz>"
    reading = children(data, "quiz")
    root = next(reading).getparent()
    held = max(len(root) for _ in reading)
    assert held <= 3


def test_children_before_an_error_are_still_given() -> None:
    read: list[str] = []
    with pytest.raises(Malformed) as refused:
        read.extend(child.tag for child in children(b"<quiz><a/>\n<b/>\n<c></d></quiz>", "quiz"))
    assert [line for line, _ in refused.value.errors] == [3]
    reading = children(b"<quiz><a/>\n<b/>\n<c></d></quiz>", "quiz")
    assert [next(reading).tag, next(reading).tag] == ["a", "b"]


def test_another_root_is_refused() -> None:
    assert refusal(b"\n<test><quiz/></test>", all_children) == (2, "the file starts with <test>, not with <quiz>")


def test_writable_text_is_what_xml_can_hold() -> None:
    text = "a\x00\x08\x0b\x1f\ud800\ufffe\uffffb\t\n\r\x85\ue000\U0010ffff"
    element = etree.Element("a")
    element.text = writable(text)
    assert etree.fromstring(etree.tostring(element)).text == "ab\t\n\r\x85\ue000\U0010ffff"
