"""What all formats share: weights that are exact, names that fit, markup that is safe, pictures, limits, dispatch."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.domain.questions import Scoring
from shared.exchange import formats, images, markup, placing, weights
from shared.exchange.bank_file import (
    MAX_DIGITS,
    MAX_ERRORS,
    MAX_FILE_BYTES,
    MAX_LINES,
    MAX_OPTIONS,
    MAX_POINTS,
    MAX_QUESTIONS,
    MAX_TEXT_CHARACTERS,
    BankFile,
    Findings,
    Malformed,
    Skipped,
    decoded,
    lines,
)
from shared.exchange.identifiers import option_ids, question_ids, slug
from tests.support.builders import a_bank, a_key, a_question, an_entry

PNG = b"\x89PNG\r\n\x1a\n picture"
PICTURE = images.image_of(PNG)
IN_ADDRESS = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"

# What Moodle writes for the weights that it offers. Source: question_bank::fraction_options_full.
MOODLES = {
    "100": "1",
    "90": "9/10",
    "83.33333": "5/6",
    "80": "4/5",
    "75": "3/4",
    "70": "7/10",
    "66.66667": "2/3",
    "60": "3/5",
    "50": "1/2",
    "40": "2/5",
    "33.33333": "1/3",
    "30": "3/10",
    "25": "1/4",
    "20": "1/5",
    "16.66667": "1/6",
    "14.28571": "1/7",
    "12.5": "1/8",
    "11.11111": "1/9",
    "10": "1/10",
    "5": "1/20",
}


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(("written", "meant"), MOODLES.items())
def test_what_moodle_writes_is_the_fraction_that_moodle_means(written: str, meant: str, sign: str) -> None:
    assert weights.percent(sign + written) == Fraction(sign + meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("33.3", "1/3"),
        ("33.33", "1/3"),
        ("66.66", "2/3"),  # cut off
        ("66.67", "2/3"),  # rounded
        ("-16.666", "-1/6"),
        ("33", "33/100"),  # a whole number is meant as it stands
        ("33.0", "33/100"),
        ("33.34", "1667/5000"),
        ("37.25", "149/400"),
        ("2.5", "1/40"),
        (".5", "1/200"),
        ("+50", "1/2"),
        ("0", "0"),
        ("33.3333300", "3333333/10000000"),  # two more decimals tell it from a third
    ],
)
def test_a_percentage_is_the_simple_fraction_it_rounds_or_cuts_off_else_exact(written: str, meant: str) -> None:
    assert weights.percent(written) == Fraction(meant)


@pytest.mark.parametrize("written", ["", ".", "-", "abc", "1e2", "1,5", "50%", "--5", "٣", "1_0", "inf", "9" * 61])
def test_what_is_no_plain_decimal_is_no_weight(written: str) -> None:
    for reading in (weights.percent, weights.exact):
        with pytest.raises(weights.NotANumber):
            reading(written)


def test_an_exact_number_is_taken_at_its_word() -> None:
    assert weights.exact(" -33.33333 ") == Fraction(-3333333, 100000)


@given(st.integers(1, 100).flatmap(lambda size: st.tuples(st.integers(-size, size), st.just(size))))
def test_five_decimals_name_every_fraction_up_to_hundredths(fraction: tuple[int, int]) -> None:
    weight = Fraction(*fraction)
    assert weights.percent(f"{float(weight * 100):.5f}") == weight


@given(st.fractions(-1, 1, max_denominator=10**6))
@example(Fraction(3333333, 10**7))
@example(Fraction(1, 7919))
def test_a_written_weight_reads_back_the_same(weight: Fraction) -> None:
    assert weights.percent(weights.as_percent(weight)) == weight


@pytest.mark.parametrize(("written", "weight"), [(written, Fraction(meant)) for written, meant in MOODLES.items()])
def test_a_weight_is_written_as_moodle_does(weight: Fraction, written: str) -> None:
    assert weights.as_percent(weight) == written


def test_a_weight_beyond_all_decimals_is_refused() -> None:
    with pytest.raises(OverflowError):
        weights.as_percent(Fraction(1, 10**70 + 1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jesus' hometown", "jesus-hometown"),
        ("Ärzte & Übung", "arzte-ubung"),
        ("--x--", "x"),
        ("腫瘍", ""),
        ("ITEM_001.xml", "item-001-xml"),
        ("a" * 70, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_a_name_is_cut_down_to_what_an_id_may_be(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_names_that_fit_stay_and_others_make_way() -> None:
    assert question_ids(["Q 2", "", "q-2", "", "q1", "Q 2"]) == ["q-2-2", "q2", "q-2", "q4", "q1", "q-2-3"]
    assert question_ids(["", "q1"]) == ["q1-2", "q1"]


def test_options_without_names_are_lettered() -> None:
    ids = option_ids([""] * 28)
    assert [ids[place] for place in (0, 1, 25, 26, 27)] == ["a", "b", "z", "aa", "ab"]


NAMES = st.lists(st.sampled_from(["", "q1", "q2", "q2-2", "Q1", "q 2", "é", "x" * 64, "x" * 65, "腫"]), max_size=30)


@given(NAMES)
def test_ids_fit_differ_and_are_kept_when_given_again(names: list[str]) -> None:
    ids = question_ids(names)
    assert len(set(ids)) == len(names)
    assert all(0 < len(own) <= 64 and set(own) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for own in ids)
    assert question_ids(ids) == ids


def test_the_same_name_a_thousand_times_takes_no_time() -> None:
    started = time.process_time()
    assert len(set(question_ids(["Same"] * MAX_QUESTIONS))) == MAX_QUESTIONS
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("path", "pool"),
    [
        ("$course$/top/Cardiology/Rhythm", "Rhythm"),
        ("$system$/top/Default for A//B testing", "Default for A/B testing"),
        ("$course$/Old export", "Old export"),
        ("Plain", "Plain"),
        ("$course$/top", "default"),
        ("top", "default"),
        ("$course$", "default"),
        ("", "default"),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_category_is_the_pool_of_its_last_part(path: str, pool: str) -> None:
    assert placing.pool_of_category(path) == pool


@pytest.mark.parametrize(
    ("tags", "pool", "objective"),
    [
        (["pool:Heart failure", "objective:2"], "Heart failure", 2),
        (["Objective: 3", "POOL : x", "pool:y"], "x", 3),
        (["objective:first", "objective:0", "objective:101", "objective:7"], None, 7),
        (["pools:x", "my objective:1"], None, None),
        ([], None, None),
    ],
)
def test_tags_give_the_pool_and_the_objective(tags: list[str], pool: str | None, objective: int | None) -> None:
    assert (placing.pool_of_tags(tags), placing.objective_of_tags(tags)) == (pool, objective)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain, 'as' \"it\" is", "plain, 'as' \"it\" is"),
        ("5 > 3 & 2 < 3", "5 &gt; 3 &amp; 2 &lt; 3"),
        ("<p onclick='x()' class=y style='color:red' id=z>a</p>", "<p>a</p>"),
        ("a<script>alert(1)</script><style>p{}</style><!-- c -->b", "ab"),
        ("<section><h2>a</h2></section>", "<h2>a</h2>"),
        ("H<sub>2</sub>O <strong>x</strong>", "H<sub>2</sub>O <strong>x</strong>"),
        (
            "<table><tr><td colspan=2 rowspan=x>a</td></tr></table>",
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
        ("<a href='https://a.b/c' target=_blank>l</a>", '<a href="https://a.b/c" rel="noopener">l</a>'),
        ("<a href='javascript:x'>l</a><a href='//a.b'>m</a>", '<a rel="noopener">l</a><a rel="noopener">m</a>'),
        ("<p>never closed", "<p>never closed</p>"),
        ("a\x00\x07\ufffeb<br>&#1;c", "ab<br>c"),
    ],
)
def test_html_is_cut_down_to_the_safe_subset(source: str, text: str) -> None:
    assert markup.from_html(source).text == text


TAGS = ["a", "b", "p", "div", "ul", "li", "pre", "table", "tr", "td", "img", "script", "section", "button", "svg", "q"]
PIECES = st.one_of(
    st.sampled_from([f"<{slash}{tag}>" for tag in TAGS for slash in ("", "/")]),
    st.sampled_from(
        ["<a href='https://x.y'>", "<a href=javascript:x>", "<img src=x onerror=y>", "<p style=x>", "<!--"]
    ),
    st.sampled_from(["&", "&amp;", "&lt;script&gt;", "<", ">", '"', "'", "\n", " ", "\xa0", "&#0;", "<![CDATA["]),
    st.text(max_size=5),
)


class _Seen(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update((name, value or "") for name, value in attrs)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("<a>\r0")
@example("&\n</a>")
def test_nothing_but_the_safe_subset_comes_out_and_cleaning_again_changes_nothing(source: str) -> None:
    for reading in (markup.from_html, markup.from_moodle, markup.from_markdown, markup.from_plain):
        text = reading(source).text
        seen = _Seen(text)
        assert not seen.tags & {"script", "section", "button", "svg"}
        assert {name for name, _ in seen.attributes} <= {"href", "rel", "src", "alt", "colspan", "rowspan"}
        assert all(value.startswith("https://") for name, value in seen.attributes if name == "href")
        assert markup.from_html(text).text == text


def test_a_plain_text_stays_what_it_says() -> None:
    assert markup.from_plain(" a <b>\n& c ").text == "a &lt;b&gt;<br>&amp; c"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("one\ntwo", "one<br>two"),
        ("<p>one</p>\n<p>two</p>", "<p>one</p><p>two</p>"),
        ("a\n<b>c</b>\nd", "a <b>c</b> d"),
        ("if x<y and p<0.05 <em>then</em> z>1", "if x&lt;y and p&lt;0.05 <em>then</em> z&gt;1"),
        ("<script>x</script>y", "y"),
    ],
)
def test_moodles_own_format_keeps_line_breaks_and_signs(source: str, text: str) -> None:
    assert markup.from_moodle(source).text == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a **b** `c`", "a <strong>b</strong> <code>c</code>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("<script>x</script>\n\n*y*", "<em>y</em>"),
        (
            "a|b\n-|-\n1|2",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n"
            "<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
        ),
    ],
)
def test_markdown_is_rendered(source: str, text: str) -> None:
    assert markup.from_markdown(source).text == text


def test_markdown_of_a_length_that_nobody_wrote_is_left_plain() -> None:
    source = "[" * (markup.MAX_MARKDOWN_CHARACTERS + 1)
    assert markup.from_markdown(source).text == source


@pytest.mark.parametrize("source", ["", " \n", "<p>&nbsp;</p>", "<div><br></div>", "<b></b>\xa0"])
def test_a_text_with_nothing_to_read_or_see_is_blank(source: str) -> None:
    assert markup.from_html(source).blank


def test_a_picture_alone_is_not_blank() -> None:
    assert not markup.from_html(f"<p><img src='{IN_ADDRESS}'></p>").blank


@pytest.mark.parametrize("tag", ["<img src='{}' alt='Sign'>", '<img src="{}" alt="Sign">', "<img src={} alt=Sign>"])
def test_a_picture_in_its_address_is_taken_out(tag: str) -> None:
    found = markup.from_html(tag.format(IN_ADDRESS))
    assert found.text == f'<img src="asset:{PICTURE.name}" alt="Sign">'
    assert (found.images, found.notes) == ((PICTURE,), ())
    assert markup.from_html(found.text).text == found.text


def test_a_picture_is_asked_of_the_file_that_names_it() -> None:
    found = markup.from_html("<img src='a b.png'><img src='a b.png'>", {"a b.png": PICTURE}.get)
    assert found.text == f'<img src="asset:{PICTURE.name}">' * 2
    assert found.images == (PICTURE,)


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        ("<img src='sign.png' alt='NO <ENTRY>'>", "[NO &lt;ENTRY&gt;]", "'sign.png' is not in the file"),
        ("<img src='https://x.y/z.png'>", "[image]", "'https://x.y/z.png' is not in the file"),
        (f"<img src='data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}'>", "[image]", "is no PNG, JPEG"),
        ("<img src='data:image/png;base64,?'>", "[image]", "is broken base64"),
        (f"<img src='asset:{'0' * 64}.svg'>", "[image]", "is not in the file"),
        ("see <svg><text>x</text></svg>", "see", "<svg> can't be shown"),
        ("hear <audio src=x></audio>", "hear", "<audio> can't be shown"),
    ],
)
def test_what_cannot_be_shown_is_noted_and_told_in_words(source: str, text: str, reason: str) -> None:
    found = markup.from_html(source)
    (note,) = found.notes
    assert (found.text, found.images) == (text, ())
    assert reason in note
    assert note.endswith("the question is kept without it")


@pytest.mark.parametrize("piece", ["<div>", "<ul><li>", "<a><p>", "&", "<table><b>", "<p>"])
def test_hostile_markup_takes_no_time_and_comes_out_too_long_to_keep(piece: str) -> None:
    started = time.process_time()
    for reading in (markup.from_html, markup.from_moodle):
        text = reading(piece * (markup.MAX_SOURCE_CHARACTERS // len(piece) - 1)).text
        assert len(text) > MAX_TEXT_CHARACTERS
    assert time.process_time() - started < 2


def test_markup_over_its_limit_is_not_read_and_too_long_to_keep() -> None:
    source = "<script>" + "x" * markup.MAX_SOURCE_CHARACTERS
    assert len(markup.from_html(source).text) > MAX_TEXT_CHARACTERS
    picture = f"<img src='data:image/png;base64,{base64.b64encode(PNG + bytes(10**6)).decode()}'>"
    assert len(markup.from_html(picture).images) == 1


@pytest.mark.parametrize("source", ["0\r\xa0", "\xa0\n0", "a\r\n\rb", "0 \xa0 "])
def test_blanks_and_line_ends_are_clean_at_once(source: str) -> None:
    once = markup.from_html(source).text
    assert markup.from_html(once).text == once


def test_texts_that_are_cleaned_at_once_keep_their_own_pictures() -> None:
    def pictures(number: int) -> tuple[Any, ...]:
        found = images.image_of(PNG + bytes([number]))
        markups = [markup.from_html(f"<img src='{number}.png'><b>x</b>", lambda _address: found) for _ in range(50)]
        return tuple({image.data for each in markups for image in each.images})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(pictures, range(8))) == [(PNG + bytes([number]),) for number in range(8)]


def test_what_is_nested_beyond_measure_is_plain_text() -> None:
    deep = markup.MAX_DEPTH + 1
    assert markup.from_html("<div>" * deep).text == "&lt;div&gt;" * deep
    assert markup.from_html("<p>a" * deep).text.startswith("<p>a</p><p>")


def test_feedback_on_options_joins_the_rationale() -> None:
    assert markup.rationale("<p>Because.</p>", [("<p>One</p>", "no"), ("Two", ""), ("Three", "yes")]) == (
        "<p>Because.</p><ul><li>One: no</li><li>Three: yes</li></ul>"
    )
    assert markup.rationale("Because.", [("One", "")]) == "Because."


@pytest.mark.parametrize(
    ("data", "media_type", "extension"),
    [
        (PNG, "image/png", "png"),
        (b"\xff\xd8\xff\xe0 picture", "image/jpeg", "jpg"),
        (b"GIF87a picture", "image/gif", "gif"),
        (b"GIF89a picture", "image/gif", "gif"),
    ],
)
def test_a_picture_is_known_by_its_bytes_and_named_by_its_hash(data: bytes, media_type: str, extension: str) -> None:
    image = images.image_of(data)
    assert (image.media_type, image.data) == (media_type, data)
    assert images.NAME.fullmatch(image.name)
    assert image.name.endswith(f".{extension}")
    assert image == images.image_of(bytes(data))


@pytest.mark.parametrize("data", [b"", b"<svg onload='x'/>", b"RIFF....WEBP", b"\x89PN", PNG + bytes(5 * 2**20)])
def test_what_is_no_picture_or_too_big_is_refused(data: bytes) -> None:
    with pytest.raises(images.NotAnImage):
        images.image_of(data)


def test_base64_may_have_line_breaks() -> None:
    assert images.image_in_base64(base64.encodebytes(PNG * 9).decode()).data == PNG * 9


@pytest.mark.parametrize("data", ["é\n".encode(), "\ufeffé\n".encode(), "é\r\n".encode(), "é\r".encode()])
def test_a_text_file_is_utf_8_with_any_line_ends(data: bytes) -> None:
    assert decoded(data) == "é\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("é".encode("utf-16"), 1),
        ("é".encode("utf-16-be") + b"\0\n", 1),
        ("é".encode("utf-32"), 1),
        ("a\nb\né".encode("latin-1"), 3),
        (b"\xef\xbb\xbfa\r\n\rb\xff", 3),
        (b"a\n\0", 2),
        (b"a\xed\xa0\x80", 1),  # half of a surrogate pair
        (b" " * (MAX_FILE_BYTES + 1), 1),
    ],
)
def test_another_encoding_or_too_much_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(Malformed) as refused:
        decoded(data)
    ((found, _),) = refused.value.errors
    assert found == line


def test_lines_beyond_measure_are_refused() -> None:
    assert len(lines(b"\n" * (MAX_LINES - 1))) == MAX_LINES
    with pytest.raises(Malformed):
        lines(b"\n" * MAX_LINES)


def found_in(*, questions: int = 0, **changes: Any) -> Findings:
    findings = Findings()
    for number in range(questions):
        findings.found(number + 1, a_question(**changes), an_entry())
    return findings


def errors_of(findings: Findings) -> list[tuple[int, str]]:
    with pytest.raises(Malformed) as refused:
        findings.bank_file()
    return list(refused.value.errors)


def test_findings_become_a_bank_with_ids_made_of_names() -> None:
    findings = found_in(questions=2)
    findings.skip(9, "an essay")
    bank = findings.bank_file(["First one", ""])
    assert [question.question_id for question in bank.questions] == ["first-one", "q2"]
    assert [entry.question_id for entry in bank.key] == ["first-one", "q2"]
    assert bank.skipped == (Skipped(9, "an essay"),)


def test_all_errors_are_told_by_line_and_nothing_is_kept() -> None:
    findings = found_in(questions=1)
    findings.wrong(7, "later")
    findings.wrong(2, "earlier")
    assert errors_of(findings) == [(2, "earlier"), (7, "later")]


def test_a_file_without_a_question_is_refused_but_not_one_of_which_all_is_skipped() -> None:
    assert errors_of(Findings()) == [(1, "the file holds no question")]
    findings = Findings()
    findings.skip(1, "an essay")
    assert findings.bank_file() == BankFile((), (), (), (Skipped(1, "an essay"),))


def test_a_text_or_a_list_of_options_that_no_bank_can_hold_is_an_error() -> None:
    option = a_question().options[0]
    assert len(errors_of(found_in(questions=1, stem="x" * (MAX_TEXT_CHARACTERS + 1)))) == 1
    assert len(errors_of(found_in(questions=1, options=(option,) * (MAX_OPTIONS + 1)))) == 1


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({"points": Fraction(MAX_POINTS)}, True),
        ({"points": Fraction(MAX_POINTS) + Fraction(1, 3)}, False),
        ({"points": Fraction(10**MAX_DIGITS - 2, 10**MAX_DIGITS - 1)}, True),
        ({"points": Fraction(1, 10**MAX_DIGITS)}, False),
        ({"scoring": Scoring.WEIGHTS, "weights": {"a": 1, "b": -Fraction(1, 10**MAX_DIGITS)}}, False),
        ({"correct": frozenset()}, False),
    ],
)
def test_what_json_could_not_hold_or_contradicts_itself_is_an_error(changes: Any, sound: bool) -> None:
    findings = Findings()
    findings.found(7, a_question(), replace(an_entry(), **changes))
    if sound:
        assert findings.bank_file().key[0].points == changes["points"]
    else:
        assert [line for line, _ in errors_of(findings)] == [7]


def test_a_reader_is_stopped_at_the_limits() -> None:
    findings = found_in(questions=MAX_QUESTIONS)
    with pytest.raises(Malformed):
        findings.found(1, a_question(), an_entry())
    findings = Findings()
    for line in range(1, MAX_ERRORS):
        findings.wrong(line, "x")
    with pytest.raises(Malformed) as refused:
        findings.wrong(MAX_ERRORS, "x")
    assert len(refused.value.errors) == MAX_ERRORS + 1


MARKDOWN = {
    "text/x-gift": b"[markdown]Is *it*? {=yes ~no}\n\n[markdown]Is *it*? {=yes ~no}",
    "application/x-moodle+xml": b"<quiz>"
    + b"""<question type="multichoice"><questiontext format="markdown"><text>Is *it*?</text></questiontext>
<answer fraction="100"><text>yes</text></answer><answer fraction="0"><text>no</text></answer></question>\n"""
    * 2
    + b"</quiz>",
}


@pytest.mark.parametrize("media_type", MARKDOWN)
def test_a_file_holds_so_much_markdown_and_no_more(media_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(formats.read(media_type, MARKDOWN[media_type]).questions) == 2
    monkeypatch.setattr("shared.exchange.bank_file.MAX_MARKDOWN_OF_A_FILE", 20)
    with pytest.raises(Malformed) as refused:
        formats.read(media_type, MARKDOWN[media_type])
    ((line, message),) = refused.value.errors
    assert (line, message) == (3, "a file holds at most 20 characters of Markdown")


SOURCES = {
    "text/x-gift": b"Is it? {=yes ~no}",
    "text/x-aiken": b"Is it?\nA) yes\nB) no\nANSWER: A",
}


@pytest.mark.parametrize("media_type", SOURCES)
def test_a_file_is_read_by_its_media_type(media_type: str) -> None:
    bank = formats.read(media_type, SOURCES[media_type])
    assert [question.stem for question in bank.questions] == ["Is it?"]
    assert [entry.correct for entry in bank.key] == [{"a"}]


@pytest.mark.parametrize("media_type", sorted(formats.WRITABLE))
def test_what_is_written_reads_back_the_same(media_type: str) -> None:
    key = a_key()
    bank = formats.read(media_type, formats.write(media_type, a_bank(), key, []))
    assert bank.questions == a_bank().questions
    assert {entry.question_id: entry for entry in bank.key} == key.entries


@pytest.mark.parametrize("media_type", sorted(formats.READABLE))
def test_every_format_refuses_what_is_no_file_of_it(media_type: str) -> None:
    for data in (b"", b"\xff\xfe{\0", b" " * (MAX_FILE_BYTES + 1)):
        with pytest.raises(Malformed):
            formats.read(media_type, data)


def test_other_media_types_are_neither_read_nor_written() -> None:
    with pytest.raises(formats.UnknownFormat):
        formats.read("text/plain", b"")
    with pytest.raises(formats.UnknownFormat):
        formats.write("text/x-gift", a_bank(), a_key(), [])


@pytest.mark.parametrize("telling", ["correct", "Choice_Correct", "rightAnswer", "WRONG2", "distractor-b"])
def test_an_option_is_not_named_by_whether_it_is_right(telling: str) -> None:
    assert option_ids([telling, "other"]) == ["a", "b"]
