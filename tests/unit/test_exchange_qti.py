"""QTI: an item scores every response as its own rules do, and a bank written as a package is read as the same bank."""

import base64
import io
import re
import struct
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from html import escape
from itertools import chain, combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Kind, Option, Question, Scoring, bank_errors
from shared.domain.scoring import earned
from shared.exchange.bank_file import BankFile, Malformed
from shared.exchange.images import MAX_IMAGE_BYTES
from shared.exchange.qti import archive
from shared.exchange.qti.fitting import Effort
from shared.exchange.qti.item import read_item
from shared.exchange.qti.package import read_package
from shared.exchange.qti.writing import write_package
from tests.support import qti_engine
from tests.support.drawn_banks import GIF, MARKUP, PNG, banks, pairs

V2 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
V3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
IMS = "http://www.imsglobal.org/question"
MATCH_CORRECT = f'<responseProcessing template="{IMS}/qti_v2p1/rptemplates/match_correct"/>'
MAP_RESPONSE = f'<responseProcessing template="{IMS}/qti_v2p1/rptemplates/map_response"/>'
XHTML = "p div b em i span img object ul li table tr td u pre section math mi audio picture source"


def declaration(
    *correct: str,
    multiple: bool = False,
    worth: Mapping[str, str] | None = None,
    name: str = "RESPONSE",
    **bounds: str,
) -> str:
    values = "".join(f"<value>{value}</value>" for value in correct)
    stated = f"<correctResponse>{values}</correctResponse>" if correct else ""
    entries = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in (worth or {}).items())
    given_bounds = "".join(f' {key}="{value}"' for key, value in bounds.items())
    mapping = f"<mapping{given_bounds}>{entries}</mapping>" if worth is not None else ""
    cardinality = "multiple" if multiple else "single"
    head = f'<responseDeclaration identifier="{name}" cardinality="{cardinality}" baseType="identifier">'
    return f"{head}{stated}{mapping}</responseDeclaration>"


def outcome(name: str, base_type: str = "float", default: str = "", attributes: str = "") -> str:
    value = f"<defaultValue><value>{default}</value></defaultValue>" if default else ""
    head = f'<outcomeDeclaration identifier="{name}" cardinality="single" baseType="{base_type}"{attributes}>'
    return f"{head}{value}</outcomeDeclaration>"


def interaction(
    choices: Iterable[str] = "ABCD", attributes: str = 'maxChoices="0"', prompt: str = "Which?", name: str = "RESPONSE"
) -> str:
    options = "".join(f'<simpleChoice identifier="{choice}">choice {choice}</simpleChoice>' for choice in choices)
    head = f'<choiceInteraction responseIdentifier="{name}" {attributes}>'
    return f"{head}<prompt>{prompt}</prompt>{options}</choiceInteraction>"


def item(
    *parts: str, body: str | None = None, processing: str = MATCH_CORRECT, attributes: str = "", after: str = ""
) -> bytes:
    body = interaction() if body is None else body
    outcomes = "" if any('identifier="SCORE"' in part and "outcomeD" in part for part in parts) else outcome("SCORE")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<assessmentItem xmlns="{V2}" identifier="an-item" title="A title"'
        f' adaptive="false" timeDependent="false"{attributes}>\n{"".join(parts)}{outcomes}\n'
        f"<itemBody>{body}</itemBody>\n{processing}\n{after}</assessmentItem>"
    ).encode()


def as_v3(data: bytes) -> bytes:
    """The same item in the words of QTI 3."""

    def tag(found: re.Match[str]) -> str:
        slash, name, attributes = found.groups()
        if name not in XHTML.split():
            name = f"qti-{kebab(name)}"
        attributes = re.sub(r" ([a-zA-Z]+)=", lambda attribute: f" {kebab(attribute[1])}=", attributes)
        return f"<{slash}{name}{attributes}"

    def kebab(name: str) -> str:
        return re.sub(r"[A-Z]", lambda capital: f"-{capital[0].lower()}", name)

    text = re.sub(r"<(/?)([a-zA-Z]+)((?: [a-zA-Z:]+=\"[^\"]*\")*)", tag, data.decode())
    return text.replace(V2, V3).encode()


def only(data: bytes) -> tuple[Question, KeyEntry]:
    """The one question of an item file, and its key."""
    return the_only(read_item(data))


def the_only(bank: BankFile) -> tuple[Question, KeyEntry]:
    ((found,), (entry,)) = bank.questions, bank.key
    assert not bank_errors([found], [entry])
    assert found.question_id == entry.question_id
    assert found.objective == entry.objective
    assert entry.options == len(found.options)
    return found, entry


def skipped(data: bytes) -> str:
    bank = read_item(data)
    (skip,) = bank.skipped
    assert not bank.questions
    assert skip.line >= 1
    return skip.reason


def refused(data: bytes) -> tuple[tuple[int, str], ...]:
    with pytest.raises(Malformed) as refusal:
        read_item(data)
    return refusal.value.errors


def responses(found: Question, most: int | None = None) -> Iterable[tuple[OptionId, ...]]:
    """Every response, up to ``most`` choices."""
    ids = [option.option_id for option in found.options]
    most = 1 if found.kind is Kind.SINGLE else len(ids) if most is None else most
    return chain.from_iterable(combinations(ids, size) for size in range(most + 1))


def assert_scores_alike(data: bytes, found: Question, entry: KeyEntry, most: int | None = None) -> None:
    """Every response earns what a delivery engine gives it, less than nothing counting as nothing."""
    root = ElementTree.fromstring(data)
    choices = [each for each in root.iter() if re.search(r"(simpleC|simple-c)hoice$", each.tag)]
    named = {option.option_id: each.get("identifier", "") for option, each in zip(found.options, choices, strict=True)}
    for chosen in responses(found, most):
        expected = max(0.0, qti_engine.score(data, (named[option] for option in chosen)))
        assert float(earned(frozenset(chosen), entry)) == pytest.approx(expected, abs=1e-6), chosen


# Standard templates


@pytest.mark.parametrize("version", [item, lambda *parts, **kinds: as_v3(item(*parts, **kinds))], ids=["2.1", "3.0"])
def test_match_correct_is_exact(version: Any) -> None:
    data = version(declaration("B"), body=interaction("ABC", 'maxChoices="1" shuffle="true"'))
    found, entry = only(data)
    assert (found.question_id, found.kind, found.shuffle) == ("an-item", Kind.SINGLE, True)
    assert (found.pool, found.objective, found.stem) == ("default", 1, "Which?")
    assert [(option.option_id, option.text) for option in found.options] == [
        ("a", "choice A"),
        ("b", "choice B"),
        ("c", "choice C"),
    ]
    assert (entry.scoring, entry.points, entry.correct, entry.weights) == (Scoring.EXACT, 1, {"b"}, {})
    assert_scores_alike(data, found, entry)


@pytest.mark.parametrize("namespace", ["imsqti_v2p0", "imsqti_v2p1", "imsqti_v2p2", None])
def test_every_version_2_is_read(namespace: str | None) -> None:
    data = item(declaration("A", "C", multiple=True)).decode()
    name = f' xmlns="http://www.imsglobal.org/xsd/{namespace}"' if namespace else ""
    found, entry = only(data.replace(f' xmlns="{V2}"', name).encode())
    assert (found.kind, entry.scoring, entry.correct) == (Kind.MULTIPLE, Scoring.EXACT, {"a", "c"})


def test_an_item_that_mixes_the_words_of_two_versions_is_read() -> None:
    data = item(declaration("A", "C", multiple=True)).replace(b"choiceInteraction", b"qti-choice-interaction")
    _, entry = only(data.replace(b"maxChoices", b"max-choices").replace(b"simpleChoice", b"qti-simple-choice"))
    assert entry.correct == {"a", "c"}


@pytest.mark.parametrize(
    "address",
    [
        f"{IMS}/qti_v2p0/rptemplates/match_correct",
        f"{IMS}/qti_v2p1/rptemplates/match_correct.xml",
        f"{IMS}/qti_v2p2/rptemplates/match_correct_xml",
        "https://www.imsglobal.org/question/qti_v3p0/rptemplates/match_correct.xml",
        "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct",
        "rptemplates/match_correct.xml",
    ],
)
@pytest.mark.parametrize("attribute", ["template", "templateLocation"])
def test_every_spelling_of_a_template_is_known(address: str, attribute: str) -> None:
    _, entry = only(item(declaration("A"), processing=f'<responseProcessing {attribute}="{address}"/>'))
    assert (entry.scoring, entry.correct) == (Scoring.EXACT, {"a"})


def test_a_template_means_the_items_own_response_whatever_that_is_called() -> None:
    _, entry = only(item(declaration("A", name="R1"), body=interaction(name="R1")))
    assert entry.correct == {"a"}


def test_map_response_is_weights_by_the_upper_bound() -> None:
    worth = {"H": "1", "O": "1", "Cl": "-1"}
    mapped = declaration("H", "O", multiple=True, worth=worth, lowerBound="0", upperBound="2", defaultValue="-2")
    data = item(mapped, body=interaction(("H", "He", "C", "O", "N", "Cl")), processing=MAP_RESPONSE)
    found, entry = only(data)
    half, minus = Fraction(1, 2), Fraction(-1)
    assert (entry.scoring, entry.points, entry.correct) == (Scoring.WEIGHTS, 2, {"h", "o"})
    assert entry.weights == {"h": half, "he": minus, "c": minus, "o": half, "n": minus, "cl": -half}
    assert_scores_alike(data, found, entry)
    assert only(as_v3(data)) == (found, entry)


def test_without_an_upper_bound_the_best_score_is_the_bound() -> None:
    mapped = declaration(multiple=True, worth={"A": "2", "B": "1", "C": "-1"})
    data = item(mapped, processing=MAP_RESPONSE)
    found, entry = only(data)
    assert (entry.points, entry.correct) == (3, {"a", "b"})
    assert entry.weights == {"a": Fraction(2, 3), "b": Fraction(1, 3), "c": Fraction(-1, 3)}
    assert_scores_alike(data, found, entry)


def test_the_best_score_is_one_of_a_response_that_the_item_allows() -> None:
    mapped = declaration(multiple=True, worth={"A": "1", "B": "1", "C": "1"})
    data = item(mapped, body=interaction(attributes='maxChoices="2"'), processing=MAP_RESPONSE)
    found, entry = only(data)
    assert (entry.points, found.max_choices) == (2, 2)
    assert_scores_alike(data, found, entry, most=2)


@pytest.mark.parametrize(
    ("attributes", "most"),
    [
        ('maxChoices="0"', None),  # no limit
        ('maxChoices="2"', 2),
        ('maxChoices="3" minChoices="1"', 3),
        ('maxChoices="4"', None),  # as many as there are
        ('maxChoices="9"', None),
        ("", None),
    ],
)
def test_no_more_choices_are_taken_than_the_item_allows(attributes: str, most: int | None) -> None:
    data = item(declaration("A", "B", multiple=True), body=interaction(attributes=attributes))
    for of_version in (data, as_v3(data)):
        found, entry = only(of_version)
        assert (found.kind, found.max_choices) == (Kind.MULTIPLE, most)
        assert_scores_alike(of_version, found, entry, most=most or 4)


def test_an_item_that_demands_several_choices_is_kept_without_that() -> None:
    body = interaction(attributes='maxChoices="3" minChoices="2"')
    bank = read_item(item(declaration("A", "B", multiple=True), body=body))
    (note,) = bank.skipped
    assert note.reason == "at least 2 choices are asked for; the question is kept without that"
    assert bank.questions[0].max_choices == 3


def test_a_single_choice_may_earn_a_part() -> None:
    mapped = declaration("A", worth={"A": "2", "B": "0.5", "C": "-1"}, upperBound="2")
    data = item(mapped, body=interaction(attributes='maxChoices="1"'), processing=MAP_RESPONSE)
    found, entry = only(data)
    assert (found.kind, entry.points, entry.correct) == (Kind.SINGLE, 2, {"a"})
    assert entry.weights == {"a": 1, "b": Fraction(1, 4), "c": Fraction(-1, 2)}
    assert_scores_alike(data, found, entry)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.33333", Fraction(1, 3)),
        ("0.6666666666666666", Fraction(2, 3)),
        ("0.166667", Fraction(1, 6)),
        ("0.33", Fraction(33, 100)),
        ("0.12345", Fraction(12345, 100_000)),
        ("2.5e-1", Fraction(1, 4)),
        ("1.0", Fraction(1)),
    ],
)
def test_a_rounded_fraction_is_the_fraction(written: str, meant: Fraction) -> None:
    mapped = declaration(multiple=True, worth={"A": written}, upperBound="1")
    _, entry = only(item(mapped, processing=MAP_RESPONSE))
    assert entry.weights == {"a": meant}


WORTHS = ["1", "0.5", "-0.5", "0", "-1", "2", "0.25"]


@given(
    multiple=st.booleans(),
    worth=st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(WORTHS), min_size=1),
    bounds=st.fixed_dictionaries(
        {},
        optional={
            "lowerBound": st.sampled_from(["0", "-1", "0.5"]),
            "upperBound": st.sampled_from(["1", "2", "0.5"]),
            "defaultValue": st.sampled_from(["0", "-1", "1"]),
        },
    ),
)
def test_every_mapping_scores_alike_or_is_skipped(
    multiple: bool, worth: dict[str, str], bounds: dict[str, str]
) -> None:
    data = item(
        declaration(multiple=multiple, worth=worth, **bounds), body=interaction("ABCDE"), processing=MAP_RESPONSE
    )
    worths = [float(worth.get(choice, bounds.get("defaultValue", "0"))) for choice in "ABCDE"]
    if max(worths) <= 0 and bounds.get("lowerBound") != "0.5":
        assert refused(data)[0][1] == "there is no right answer"
        return
    bank = read_item(data)
    if bank.questions:
        assert_scores_alike(data, *the_only(bank))
    else:
        assert bounds.get("lowerBound") == "0.5" or bounds.get("defaultValue") == "1"


def test_a_lower_bound_above_nothing_is_no_scoring_of_ours() -> None:
    mapped = declaration(multiple=True, worth={"A": "1", "B": "-1"}, lowerBound="0.5", upperBound="1")
    assert skipped(item(mapped, processing=MAP_RESPONSE))


def test_a_lower_bound_below_nothing_counts_nothing_and_its_author_is_told() -> None:
    mapped = declaration(multiple=True, worth={"A": "1", "B": "-1"}, lowerBound="-1", upperBound="1")
    data = item(mapped, processing=MAP_RESPONSE)
    bank = read_item(data)
    assert [note.reason for note in bank.skipped] == ["a response may score below 0 there; it counts 0 here"]
    assert_scores_alike(data, *the_only(bank))


def test_a_lower_bound_that_no_response_reaches_does_not_matter() -> None:
    mapped = declaration(multiple=True, worth={"A": "1", "B": "1"}, lowerBound="-5", upperBound="2")
    bank = read_item(item(mapped, processing=MAP_RESPONSE))
    assert (bank.key[0].points, bank.skipped) == (2, ())


def test_a_mapping_of_many_options_is_proved_without_trying_every_response() -> None:
    choices = [f"C{number}" for number in range(40)]
    worth = {choice: "0.5" if place < 4 else "-0.25" for place, choice in enumerate(choices)}
    mapped = declaration(*choices[:4], multiple=True, worth=worth, lowerBound="0", upperBound="2")
    _, entry = only(item(mapped, body=interaction(choices), processing=MAP_RESPONSE))
    assert (entry.points, entry.weights["c0"], entry.weights["c39"]) == (2, Fraction(1, 4), Fraction(-1, 8))


# Response processing of an item's own


def condition(test: str, then: str, otherwise: str = "") -> str:
    after = f"<responseElse>{otherwise}</responseElse>" if otherwise else ""
    return f"<responseCondition><responseIf>{test}{then}</responseIf>{after}</responseCondition>"


def score(value: str, name: str = "SCORE") -> str:
    return f'<setOutcomeValue identifier="{name}">{value}</setOutcomeValue>'


def number(value: str) -> str:
    return f'<baseValue baseType="float">{value}</baseValue>'


def word(value: str) -> str:
    return f'<baseValue baseType="identifier">{value}</baseValue>'


def variable(name: str) -> str:
    return f'<variable identifier="{name}"/>'


def rules(*parts: str) -> str:
    return f"<responseProcessing>{''.join(parts)}</responseProcessing>"


RESPONSE = variable("RESPONSE")
CORRECT = f'<match>{RESPONSE}<correct identifier="RESPONSE"/></match>'
MAPPED = '<mapResponse identifier="RESPONSE"/>'
UNANSWERED = f"<isNull>{RESPONSE}</isNull>"


def chosen(choice: str) -> str:
    return f"<member>{word(choice)}{RESPONSE}</member>"


def added(value: str) -> str:
    return score(f"<sum>{variable('SCORE')}{value}</sum>")


def test_a_single_choice_that_is_asked_as_if_it_were_several_is_understood() -> None:
    """``member`` wants a container; some exporters give it the response of a single choice, and mean that it is one."""
    either = rules(condition(f"<or>{chosen('A')}{chosen('C')}</or>", added(number("1"))))
    found, entry = only(item(declaration("C"), body=interaction(attributes='maxChoices="1"'), processing=either))
    assert found.kind is Kind.SINGLE
    assert [earned(frozenset({option.option_id}), entry) for option in found.options] == [1, 0, 1, 0]


EXACTLY_AC = declaration("A", "C", multiple=True)
WORTH_AC = declaration("A", "C", multiple=True, worth={"A": "0.5", "C": "0.5", "B": "-0.5"}, lowerBound="0")
SIGNED_AC = declaration("A", "C", multiple=True, worth={"A": "1", "B": "-1", "C": "1", "D": "-1"})
# Fractions are rounded as Moodle writes them, and what they add up to is made whole.
MOODLES = rules(
    *(
        condition(chosen(choice), added(number(worth)))
        for choice, worth in {"A": "0.3333333", "B": "0.3333333", "C": "0.3333333", "D": "-0.5000000"}.items()
    ),
    condition(
        f"<lte>{variable('SCORE')}{number('0')}</lte>",
        score(number("0")) + score(word("INCORRECT"), "FEEDBACK"),
        condition(f"<gte>{variable('SCORE')}{number('0.99')}</gte>", score(number("1"))),
    ),
)
# A score in points, and feedback that depends on an answer in its own way.
ONYX = rules(
    condition(UNANSWERED, score(word("empty"), "FEEDBACK")),
    condition(CORRECT, added(variable("MAXSCORE")) + score(word("correct"), "FEEDBACK")),
    condition(
        f"<and><match>{word('correct')}{variable('FEEDBACK')}</match></and>",
        score(f"<random>{variable('FEEDBACK')}</random>", "MODAL"),
    ),
)
# The best score is given for the right answer, else what the mapping adds up to, within bounds.
BOUNDED_BY_RULES = rules(
    condition(CORRECT, score(variable("MAXSCORE")), added(MAPPED)),
    condition(f"<gt>{variable('SCORE')}{variable('MAXSCORE')}</gt>", score(variable("MAXSCORE"))),
    condition(f"<lt>{variable('SCORE')}{number('0')}</lt>", score(number("0"))),
)
OWN = {
    "match_correct written out": (EXACTLY_AC, rules(condition(CORRECT, score(number("1")), score(number("0"))))),
    "another score than 1": (EXACTLY_AC, rules(condition(CORRECT, score(number("2.5")), score(number("0"))))),
    "MAXSCORE": (EXACTLY_AC, rules(condition(CORRECT, score(variable("MAXSCORE"))))),
    "map_response written out": (WORTH_AC, rules(condition(UNANSWERED, score(number("0")), score(MAPPED)))),
    "mapped, unless unanswered": (WORTH_AC, rules(condition(f"<not>{UNANSWERED}</not>", added(MAPPED)))),
    "Moodle": (declaration("A", "B", "C", multiple=True), MOODLES),
    "ONYX": (EXACTLY_AC, ONYX),
    "bounded by rules": (
        declaration("A", "C", multiple=True, worth={"A": "1", "C": "2", "B": "-1", "D": "-0.5"}),
        BOUNDED_BY_RULES,
    ),
    "a value for the right answer": (
        declaration(multiple=True),
        rules(condition(f"<match>{RESPONSE}<multiple>{word('A')}{word('D')}</multiple></match>", score(number("3")))),
    ),
    "every option": (
        SIGNED_AC,
        rules(
            condition(
                UNANSWERED, score(number("0")), score(f"<divide><sum>{MAPPED}{number('2')}</sum>{number('4')}</divide>")
            )
        ),
    ),
    "halves": (
        declaration("A", "C", "D", multiple=True, worth={"A": "1", "B": "-1", "C": "1", "D": "1"}),
        rules(
            condition(
                CORRECT, score(number("1")), condition(f"<equal>{MAPPED}{number('2')}</equal>", score(number("0.5")))
            )
        ),
    ),
    "right minus wrong": (
        SIGNED_AC,
        rules(score(f"<max>{number('0')}<divide>{MAPPED}{number('2')}</divide></max>")),
    ),
    "each choice in its own way": (
        EXACTLY_AC,
        rules(
            condition(f"<and>{chosen('A')}<not>{chosen('B')}</not><not>{chosen('D')}</not></and>", added(number("1"))),
            condition(f"<and>{chosen('C')}<not>{chosen('B')}</not><not>{chosen('D')}</not></and>", added(number("1"))),
        ),
    ),
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("dialect", [bytes, as_v3], ids=["2.1", "3.0"])
def test_rules_of_an_items_own_score_alike(name: str, dialect: Any) -> None:
    response, processing = OWN[name]
    outcomes = [outcome("SCORE", default="0"), outcome("MAXSCORE", default="3"), outcome("FEEDBACK", "identifier")]
    data = dialect(item(response, *outcomes, processing=processing))
    found, entry = only(data)
    # The engine of the tests can't draw lots, which is only done for feedback.
    assert_scores_alike(re.sub(rb"</?(qti-)?random>", b"", data), found, entry)


@pytest.mark.parametrize(
    ("name", "scoring", "points"),
    [
        ("another score than 1", Scoring.EXACT, Fraction(5, 2)),
        ("MAXSCORE", Scoring.EXACT, 3),
        ("Moodle", Scoring.WEIGHTS, 1),
        ("every option", Scoring.EVERY_OPTION, 1),
        ("halves", Scoring.HALVES, 1),
        ("right minus wrong", Scoring.WEIGHTS, 1),
    ],
)
def test_rules_of_an_items_own_are_the_scoring_that_they_amount_to(name: str, scoring: Scoring, points: Any) -> None:
    response, processing = OWN[name]
    outcomes = [outcome("SCORE", default="0"), outcome("MAXSCORE", default="3"), outcome("FEEDBACK", "identifier")]
    _, entry = only(item(response, *outcomes, processing=processing))
    assert (entry.scoring, entry.points) == (scoring, points)


def test_thirds_as_moodle_rounds_them_add_up_to_the_whole() -> None:
    _, entry = only(item(declaration(multiple=True), outcome("FEEDBACK", "identifier"), processing=MOODLES))
    third = Fraction(1, 3)
    assert entry.weights == {"a": third, "b": third, "c": third, "d": Fraction(-1, 2)}


def test_common_cartridge_gives_the_maximum_for_the_right_answer() -> None:
    processing = f'<responseProcessing template="{IMS}/qti_v2p1/rptemplates/CC2_match"/>'
    _, entry = only(item(declaration("A"), outcome("MAXSCORE", default="100"), processing=processing))
    assert (entry.scoring, entry.points) == (Scoring.EXACT, 100)


@pytest.mark.parametrize(
    ("response", "processing", "reason"),
    [
        (EXACTLY_AC, "", "no response processing"),
        (EXACTLY_AC, '<responseProcessing template="http://example.org/mine"/>', "a template that is not known"),
        (
            EXACTLY_AC,
            '<responseProcessing template="http://example.org/match_correct"/>',
            "a template that is not known",
        ),
        (EXACTLY_AC, rules(score(f"<customOperator>{RESPONSE}</customOperator>")), "<customOperator>"),
        (EXACTLY_AC, rules(score(f"<random>{RESPONSE}</random>")), "<random>"),
        (EXACTLY_AC, rules(condition(CORRECT, score(variable("UNKNOWN")))), "'UNKNOWN'"),
        (EXACTLY_AC, rules(condition(CORRECT, score(number("1")), score(number("-1")))), "below 0"),
        (EXACTLY_AC, rules(condition(CORRECT, score(number("1")), score(number("0.5")))), "an unanswered question"),
        (EXACTLY_AC, rules(condition(CORRECT, score(number("0")))), "no response earns points"),
        (EXACTLY_AC, MAP_RESPONSE, "there is no mapping"),
        (
            EXACTLY_AC,
            rules(
                *(condition(chosen(c), added(number("1"))) for c in "AC"), condition(chosen("B"), score(number("0.25")))
            ),
            "no scoring gives every response",
        ),
        (
            EXACTLY_AC,
            rules(condition(f"<member>{RESPONSE}{word('A')}</member>", score(number("1")))),
            "of another kind",
        ),
        (
            EXACTLY_AC,
            rules(
                condition(CORRECT, score(number("2"))),
                *(score(f"<product>{variable('SCORE')}{variable('SCORE')}</product>") for _ in range(60)),
            ),
            "too long",
        ),
        (EXACTLY_AC, rules(condition("<not>" * 100 + UNANSWERED + "</not>" * 100, score(number("1")))), "too deep"),
    ],
)
def test_what_no_scoring_gives_is_skipped_with_its_reason(response: str, processing: str, reason: str) -> None:
    assert reason in skipped(item(response, processing=processing))


def test_too_many_responses_to_try_are_skipped() -> None:
    choices = [f"C{number}" for number in range(14)]
    processing = rules(condition(chosen("C0"), added(number("1"))))
    assert "too many responses" in skipped(
        item(declaration(multiple=True), body=interaction(choices), processing=processing)
    )


def test_the_right_one_of_many_options_is_proved_without_trying_every_response() -> None:
    choices = [f"C{number}" for number in range(50)]
    _, entry = only(item(declaration("C7", "C49", multiple=True), body=interaction(choices)))
    assert (entry.scoring, entry.correct) == (Scoring.EXACT, {"c7", "c49"})


# What can't be read, and what is wrong


@pytest.mark.parametrize(
    ("parts", "kinds", "reason"),
    [
        ([declaration("A")], {"attributes": ' x="y"', "body": "<p>no question</p>"}, "no interaction"),
        ([declaration("A")], {"body": '<extendedTextInteraction responseIdentifier="RESPONSE"/>'}, "<extendedText"),
        ([declaration("A")], {"body": interaction() + interaction()}, "several interactions"),
        ([declaration("A"), "<templateProcessing/>"], {}, "template"),
        ([declaration("A")], {"body": interaction(prompt="<math><mi>x</mi></math>")}, "<math> can't be shown"),
        ([declaration("A")], {"body": f"<audio>a</audio>{interaction()}"}, "<audio> can't be shown"),
        ([declaration("A")], {"body": f'<object data="a.mp4" type="video/mp4"/>{interaction()}'}, "<object>"),
        ([declaration("A")], {"body": f'<p><printedVariable identifier="X"/></p>{interaction()}'}, "<printedVariable>"),
        ([declaration("A")], {"body": interaction("A")}, "two choices"),
        ([declaration("A", "B")], {}, "several correct responses"),
        (
            [
                declaration("A")
                .replace('identifier="RESPONSE" card', 'identifier="RESPONSE" baseT="" card')
                .replace('baseType="identifier"', 'baseType="point"')
            ],
            {},
            "no choice",
        ),
        ([declaration("A").replace("</r", "<defaultValue><value>A</value></defaultValue></r")], {}, "already given"),
    ],
)
def test_what_is_no_plain_choice_is_skipped_with_its_reason(
    parts: list[str], kinds: dict[str, Any], reason: str
) -> None:
    assert reason in skipped(item(*parts, **kinds))


def test_an_adaptive_item_is_skipped() -> None:
    assert "adaptive" in skipped(item(declaration("A")).replace(b'adaptive="false"', b'adaptive="true"'))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (item(declaration()), (3, "there is no right answer")),
        (item(declaration(worth={"A": "0", "B": "-1"}), processing=MAP_RESPONSE), (3, "there is no right answer")),
        (item(declaration("X")), (3, "the correct response 'X' is none of the choices")),
        (item(declaration("A"), body=interaction("ABA")), (4, "the choice 'A' is there twice")),
        (item(declaration("A"), body=interaction(name="OTHER")), (4, "the response 'OTHER' is not declared")),
        (item(declaration("A", worth={"A": "one"})), (3, "the mapped value 'one' is no number")),
        (item(declaration("A"), body=interaction(map(str, range(101)))), (4, "more than 100 options")),
        (
            item(declaration("A"), processing=rules(condition(f"<match>{RESPONSE}</match>", score(number("1"))))),
            (5, "has 1 operands"),
        ),
        (item(declaration("A")).replace(b"</itemBody>", b""), (6, "no well-formed XML")),
        (b"<assessmentTest/>", (1, "starts with <assessmentTest>")),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', (1, "DOCTYPE")),
        (item(declaration("A")).decode().encode("utf-16"), (1, "UTF-16")),
        (b"<assessmentItem>" + b"<p/>" * 200_000 + b"</assessmentItem>", (1, "at most 100,000 tags")),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(data: bytes, error: tuple[int, str]) -> None:
    ((line, message),) = refused(data)
    assert (line, error[1] in message) == (error[0], True), message


# Texts


def test_the_question_is_all_of_the_body_around_the_choice() -> None:
    body = f"<p>Before.</p><div>{interaction()}</div><section>After <b>all</b> &lt; this.</section>"
    found, _ = only(item(declaration("A"), body=body))
    assert found.stem == "<p>Before.</p><div><p>Which?</p></div><div>After <b>all</b> &lt; this.</div>"


def test_a_lone_block_around_the_question_is_left_off() -> None:
    found, _ = only(item(declaration("A"), body=f"<div>Why <b>not</b>?</div>{interaction(prompt='')}"))
    assert found.stem == "Why <b>not</b>?"


def test_without_a_text_the_title_is_the_question() -> None:
    assert only(item(declaration("A"), body=interaction(prompt="")))[0].stem == "A title"


def test_script_and_style_do_not_come_along() -> None:
    body = f'<p style="x" onclick="y">Text<script>alert(1)</script></p>{interaction()}'
    assert only(item(declaration("A"), body=body))[0].stem == "<p>Text</p><p>Which?</p>"


def test_a_fixed_choice_keeps_all_in_their_order() -> None:
    body = interaction(attributes='shuffle="true" maxChoices="1"').replace(
        'identifier="D"', 'identifier="D" fixed="true"'
    )
    assert not only(item(declaration("A"), body=body))[0].shuffle


@pytest.mark.parametrize(
    ("multiple", "most", "kind"),
    [
        (False, "1", Kind.SINGLE),
        (False, "0", Kind.SINGLE),
        (True, "0", Kind.MULTIPLE),
        (True, "2", Kind.MULTIPLE),
        (True, "1", Kind.SINGLE),
    ],
)
def test_a_choice_is_single_where_only_one_can_be_made(multiple: bool, most: str, kind: Kind) -> None:
    body = interaction(attributes=f'maxChoices="{most}"')
    assert only(item(declaration("A", multiple=multiple), body=body))[0].kind is kind


def test_feedback_is_never_part_of_the_question() -> None:
    feedback = '<feedback{} outcomeIdentifier="FEEDBACK" identifier="{}" showHide="{}">{}</feedback{}>'
    inline = feedback.format("Inline", "A", "hide", "Spot on", "Inline")
    block = feedback.format("Block", "x", "show", "<p>Solution</p>", "Block")
    rubric = '<rubricBlock view="{}"><p>{}</p></rubricBlock>'
    choices = interaction().replace("choice A</", f"choice A {inline}</")
    modal = feedback.format("X", "y", "show", "Well done", "X").replace("feedbackX", "modalFeedback")
    body = f"{rubric.format('candidate', 'Take care.')}{block}{choices}{rubric.format('scorer tutor', 'For scorers')}"
    for data in (item(declaration("A"), body=body, after=modal), as_v3(item(declaration("A"), body=body, after=modal))):
        found, entry = only(data)
        assert found.stem == "<p>Take care.</p><p>Which?</p>"
        assert found.options[0].text == "choice A"
        assert entry.rationale == (
            "<p>Solution</p><p>For scorers</p><p>Well done</p><ul><li>choice A: Spot on</li></ul>"
        )


def test_a_picture_within_the_item_is_kept() -> None:
    address = f"data:image/png;base64,{base64.b64encode(PNG.data).decode()}"
    bank = read_item(item(declaration("A"), body=f'<p><img src="{address}" alt="x"/></p>{interaction()}'))
    assert bank.images == (PNG,)
    assert f'<img src="asset:{PNG.name}" alt="x">' in bank.questions[0].stem


def test_a_picture_that_is_not_there_is_told() -> None:
    bank = read_item(item(declaration("A"), body=f'<p><img src="a.png" alt="a heart"/></p>{interaction()}'))
    assert "[a heart]" in bank.questions[0].stem
    assert "'a.png' is not in the file" in bank.skipped[0].reason


# Packages


def zipped(files: Mapping[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for path, data in files.items():
            package.writestr(path, data)
    return packed.getvalue()


def manifest(*resources: str) -> str:
    return f'<manifest xmlns="x"><resources>\n{"".join(resources)}</resources></manifest>'


def resource(
    path: str,
    type_: str = "imsqti_item_xmlv2p1",
    keywords: Iterable[str] = (),
    name: str | None = None,
    extra: str = "",
) -> str:
    words = "".join(f"<keyword><langstring>{escape(word)}</langstring></keyword>" for word in keywords)
    metadata = f"<metadata><lom><general>{words}</general>{extra}</lom></metadata>"
    return f'<resource identifier="{name or path}" type="{type_}" href="{path}">{metadata}</resource>\n'


def package_errors(data: bytes) -> tuple[tuple[int, str], ...]:
    with pytest.raises(Malformed) as refusal:
        read_package(data)
    return refusal.value.errors


PLAIN = item(declaration("A"))


def test_a_package_has_the_items_of_its_manifest_in_their_order() -> None:
    types = ("imsqti_item_xmlv2p1", "imsqti_item_xmlv2p2", "imsqti_item_xmlv3p0", "imsqti_apipitem_xmlv2p1")
    listed = [resource(f"i/{place}.xml", type_) for place, type_ in enumerate(types)]
    files = {f"i/{place}.xml": PLAIN.replace(b"an-item", b"Q_%d" % place) for place in range(5)}
    bank = read_package(zipped({**files, "imsmanifest.xml": manifest(*reversed(listed))}))
    assert [found.question_id for found in bank.questions] == ["q-3", "q-2", "q-1", "q-0"]


def test_items_of_one_name_get_ids_of_their_own() -> None:
    files = {"a.xml": PLAIN, "b.xml": PLAIN, "imsmanifest.xml": manifest(resource("a.xml"), resource("b.xml"))}
    assert [found.question_id for found in read_package(zipped(files)).questions] == ["an-item", "an-item-2"]


@pytest.mark.parametrize("folder", ["", "folder/", "a/b/"])
def test_without_a_manifest_every_item_is_taken(folder: str) -> None:
    other = {f"{folder}other.xml": "<?xml version='1.0'?><!-- no item --><other/>", f"{folder}read.me": "x"}
    bank = read_package(zipped({**other, f"{folder}1.xml": PLAIN, f"{folder}2.xml": as_v3(PLAIN)}))
    assert len(bank.questions) == 2


def test_a_package_may_lie_in_a_folder() -> None:
    files = {"top/imsmanifest.xml": manifest(resource("items/a%20b.xml")), "top/items/a b.xml": PLAIN}
    assert len(read_package(zipped(files)).questions) == 1


SECTIONS = """<assessmentTest xmlns="x"><testPart><assessmentSection title="Outer">
<assessmentItemRef href="../i/1.xml"/><assessmentSection title="Inner "><assessmentItemRef href="../i/2.xml"/>
</assessmentSection><assessmentSectionRef href="section.xml"/></assessmentSection></testPart></assessmentTest>"""


def test_a_section_is_a_pool_and_keywords_come_before_it() -> None:
    category = (
        "<classification><taxonPath><source><string>cc_question_category</string></source><taxon><entry>"
        "<string>Chapter 1</string></entry></taxon></taxonPath></classification>"
    )
    files: dict[str, Any] = {f"i/{place}.xml": PLAIN for place in range(1, 7)}
    files["t/test.xml"] = SECTIONS
    files["t/section.xml"] = '<assessmentSection title="Own"><assessmentItemRef href="../i/3.xml"/></assessmentSection>'
    files["imsmanifest.xml"] = manifest(
        resource("t/test.xml", "imsqti_test_xmlv2p1"),
        *(resource(f"i/{place}.xml") for place in (1, 2, 3)),
        resource("i/4.xml", keywords=["pool:By keyword", "objective:3"]),
        resource("i/5.xml", extra=category),
        resource("i/6.xml"),
    )
    bank = read_package(zipped(files))
    assert [found.pool for found in bank.questions] == ["Outer", "Inner", "Own", "By keyword", "Chapter 1", "default"]
    assert [found.objective for found in bank.questions] == [1, 1, 1, 3, 1, 1]
    assert [entry.objective for entry in bank.key] == [1, 1, 1, 3, 1, 1]


def test_pictures_are_found_beside_the_item() -> None:
    body = (
        '<p><img src="../media/my%20heart.png" alt="x"/><object data="a.gif" type="image/gif">a lung</object>'
        f'<picture><source srcset="no.webp"/><img src="a.gif"/></picture></p>{interaction()}'
    )
    files = {
        "imsmanifest.xml": manifest(resource("i/1.xml")),
        "i/1.xml": item(declaration("A"), body=body),
        "media/my heart.png": PNG.data,
        "i/a.gif": GIF.data,
    }
    bank = read_package(zipped(files))
    assert (bank.images, bank.skipped) == ((PNG, GIF), ())
    assert bank.questions[0].stem == (
        f'<p><img src="asset:{PNG.name}" alt="x"><img src="asset:{GIF.name}" alt="a lung">'
        f'<img src="asset:{GIF.name}"></p><p>Which?</p>'
    )


def test_a_picture_that_can_carry_a_script_is_left_out() -> None:
    body = f'<p><img src="a.svg" alt="a graph"/></p>{interaction()}'
    files = {"a.xml": item(declaration("A"), body=body), "a.svg": "<svg/>"}
    bank = read_package(zipped(files))
    assert (bank.images, "[a graph]" in bank.questions[0].stem) == ((), True)
    assert bank.skipped[0].reason.startswith("a.xml: the image 'a.svg' is no PNG")


def test_a_template_of_the_package_is_applied() -> None:
    processing = '<responseProcessing templateLocation="../rp/ours.xml" template="http://example.org/ours"/>'
    ours = rules(condition(CORRECT, score(number("4"))))
    files = {
        "imsmanifest.xml": manifest(resource("i/1.xml")),
        "i/1.xml": item(declaration("A", name="R1"), body=interaction(name="R1"), processing=processing),
        "rp/ours.xml": ours,
    }
    _, entry = the_only(read_package(zipped(files)))
    assert (entry.scoring, entry.points) == (Scoring.EXACT, 4)


def test_all_errors_of_a_package_name_their_files_and_lines() -> None:
    files = {
        "imsmanifest.xml": manifest(resource("a.xml"), resource("b.xml"), resource("gone.xml"), resource("a.xml")),
        "a.xml": item(declaration()),
        "b.xml": b"<assessmentItem>\n\n<p></assessmentItem>",
    }
    assert [
        (line, message.partition(": ")[0], "twice" in message) for line, message in package_errors(zipped(files))
    ] == [
        (3, "a.xml", False),
        (3, "b.xml", False),
        (4, "imsmanifest.xml", False),
        (5, "imsmanifest.xml", True),
    ]


def test_what_a_package_holds_that_is_skipped_names_its_file() -> None:
    files = {
        "imsmanifest.xml": manifest(resource("old.xml", "imsqti_xmlv1p2"), resource("b.xml"), resource("a.xml")),
        "a.xml": PLAIN,
        "b.xml": item(declaration("A"), processing=""),
    }
    bank = read_package(zipped(files))
    assert len(bank.questions) == 1
    assert [(skip.line, skip.reason.partition(": ")[0]) for skip in bank.skipped] == [
        (2, "imsmanifest.xml"),
        (2, "b.xml"),
    ]


def test_a_package_without_items_is_refused() -> None:
    assert package_errors(zipped({"read.me": "x"})) == ((1, "the file holds no question"),)


# Hostile packages


def patched(data: bytes, central: int, local: int, value: bytes) -> bytes:
    """A zip of one file with some bytes of its two headers overwritten."""
    edited = bytearray(data)
    at = data.index(b"PK\x01\x02")
    edited[at + central : at + central + len(value)] = value
    edited[local : local + len(value)] = value
    return bytes(edited)


def twice() -> bytes:
    return zipped({"a.xml": PLAIN, "b.xml": PLAIN}).replace(b"b.xml", b"a.xml")


def bomb() -> bytes:
    return zipped({"a.xml": PLAIN[:-1] + b" " * 50_000_000})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no zip"),
        (b"PK\x05\x06", "no zip"),
        (PLAIN, "no zip"),
        (zipped({"a.xml": PLAIN})[:-40], "no zip"),
        (zipped({"../a.xml": PLAIN}), "outside itself"),
        (zipped({"i\\..\\..\\a.xml": PLAIN}), "outside itself"),
        (zipped({"/etc/a.xml": PLAIN}), "outside itself"),
        (zipped({"C:/a.xml": PLAIN}), "outside itself"),
        (zipped({"a.xml": PLAIN, "./a.xml": PLAIN}), "twice"),
        (twice(), "twice"),
        (patched(zipped({"a.xml": PLAIN}), 8, 6, b"\x01\x00"), "encrypted"),
        (patched(zipped({"a.xml": PLAIN}), 10, 8, b"\x0e\x00"), "use deflate"),
        (patched(zipped({"a.xml": PLAIN}), 16, 14, b"\x00\x00\x00\x00"), "broken here"),
        (bomb(), "200 times"),
        (patched(bomb(), 24, 22, struct.pack("<I", 1000)), "broken here"),
        (patched(zipped({"a.xml": PLAIN}), 24, 22, struct.pack("<I", 2**31)), "200 times"),
    ],
)
def test_a_hostile_zip_is_refused_fast(data: bytes, reason: str) -> None:
    started = time.process_time()
    ((line, message),) = package_errors(data)
    assert (line, reason in message) == (1, True), message
    assert time.process_time() - started < 2


def test_a_zip_of_too_many_files_is_not_even_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 2)
    assert "more than 2 files" in package_errors(zipped({"a": "", "b": "", "c": ""}))[0][1]


def test_a_zip_that_unpacks_to_too_much_is_refused_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.xml": PLAIN, "b.xml": PLAIN, "c.xml": PLAIN}
    monkeypatch.setattr(archive, "MAX_UNZIPPED_BYTES", len(PLAIN) * 3)
    # Without a manifest each file is opened twice, first to see what it is.
    assert "unpacks to more" in package_errors(zipped(files))[0][1]


def test_a_package_of_too_many_tags_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.exchange.qti.package.MAX_TAGS", 60)
    assert "at most 60 tags" in package_errors(zipped({"a.xml": PLAIN, "b.xml": PLAIN, "c.xml": PLAIN}))[0][1]


def test_what_takes_too_long_to_check_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.exchange.qti.package.Effort", lambda: Effort(60))
    bank = read_package(zipped({"a.xml": PLAIN, "b.xml": PLAIN}))
    assert (len(bank.questions), "takes too long" in bank.skipped[0].reason) == (1, True)


def test_a_large_picture_is_left_out() -> None:
    body = f'<p><img src="a.png"/></p>{interaction()}'
    noise = bytes(range(256)) * (MAX_IMAGE_BYTES // 256 + 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("a.xml", item(declaration("A"), body=body))
        package.writestr("a.png", PNG.data + noise)
    assert "is over 5 MiB" in read_package(packed.getvalue()).skipped[0].reason


# Writing


@given(banks())
def test_a_bank_that_was_written_is_read_as_the_same_bank(written: tuple[Bank, AnswerKey, list[Image]]) -> None:
    bank, key, images = written
    read = read_package(write_package(bank, key, images))
    assert read.skipped == ()
    assert read.questions == bank.questions
    assert read.key == tuple(key.entries[question.question_id] for question in bank.questions)
    assert sorted(image.name for image in read.images) == sorted(image.name for image in images)
    assert set(read.images) == set(images)


@given(pairs("q"))
def test_any_engine_scores_what_was_written_as_we_do(pair: tuple[Question, KeyEntry]) -> None:
    question, entry = pair
    package = write_package(*bank_of(question, entry), [PNG, GIF])
    data = zipfile.ZipFile(io.BytesIO(package)).read("items/q.xml")
    for chosen_ids in responses(question):
        identifiers = [each if each[0].isalpha() else f"_{each}" for each in chosen_ids]
        ours = earned(frozenset(chosen_ids), entry)
        assert qti_engine.score(data, identifiers) == pytest.approx(float(ours), rel=1e-12, abs=1e-15)


def bank_of(question: Question, entry: KeyEntry) -> tuple[Bank, AnswerKey]:
    key = AnswerKey(bank_revision=1, revision=1, entries={question.question_id: entry})
    return Bank(revision=1, questions=(question,)), key


def a_pair(scoring: Scoring, options: int, correct: int, points: Fraction) -> tuple[Question, KeyEntry]:
    ids = [OptionId(f"o{place}") for place in range(options)]
    question = Question(
        question_id=QuestionId("q"),
        pool="default",
        objective=1,
        kind=Kind.MULTIPLE,
        shuffle=True,
        stem="Which?",
        options=tuple(Option(option_id=each, text=f"option {each}") for each in ids),
    )
    right = frozenset(ids[:correct])
    weights = {each: Fraction(1, correct) if each in right else Fraction(-1, 3) for each in ids}
    entry = KeyEntry(
        question_id=question.question_id,
        objective=1,
        scoring=scoring,
        points=points,
        options=options,
        correct=right,
        weights=weights if scoring is Scoring.WEIGHTS else {},
    )
    return question, entry


@pytest.mark.parametrize("scoring", Scoring)
def test_a_question_of_many_options_is_read_as_the_same(scoring: Scoring) -> None:
    question, entry = a_pair(scoring, options=60, correct=7, points=Fraction(5, 3))
    assert the_only(read_package(write_package(*bank_of(question, entry), []))) == (question, entry)


@pytest.mark.parametrize("scoring", Scoring)
def test_an_item_out_of_its_package_scores_the_same(scoring: Scoring) -> None:
    question, entry = a_pair(scoring, options=5, correct=2, points=Fraction(3))
    package = write_package(*bank_of(question, entry), [])
    _, alone = only(zipfile.ZipFile(io.BytesIO(package)).read("items/q.xml"))
    for chosen_ids in responses(question):
        assert earned(frozenset(chosen_ids), alone) == earned(frozenset(chosen_ids), entry)


def test_a_package_that_lies_about_a_scoring_is_not_believed() -> None:
    files = {
        "a.xml": PLAIN,
        "imsmanifest.xml": manifest(resource("a.xml", keywords=["scoring:every_option", "points:9"])),
    }
    _, entry = the_only(read_package(zipped(files)))
    assert (entry.scoring, entry.points) == (Scoring.EXACT, 1)


def test_the_same_bank_gives_the_same_bytes() -> None:
    question, entry = a_pair(Scoring.HALVES, options=5, correct=2, points=Fraction(1))
    assert write_package(*bank_of(question, entry), [PNG]) == write_package(*bank_of(question, entry), [PNG])


def test_the_standard_templates_are_named_where_they_say_it_all() -> None:
    exact = a_pair(Scoring.EXACT, options=4, correct=2, points=Fraction(1))
    question, entry = a_pair(Scoring.WEIGHTS, options=4, correct=2, points=Fraction(2))
    halved = replace(entry, weights={each: Fraction(1, 2) for each in entry.correct})
    for pair, template in ((exact, b"match_correct.xml"), ((question, halved), b"map_response.xml")):
        data = zipfile.ZipFile(io.BytesIO(write_package(*bank_of(*pair), []))).read("items/q.xml")
        assert (
            b'<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/' + template
            in data
        )


def test_a_rationale_is_for_scorers_alone() -> None:
    question, entry = a_pair(Scoring.EXACT, options=4, correct=2, points=Fraction(1))
    package = write_package(*bank_of(question, replace(entry, rationale="Because.")), [])
    data = zipfile.ZipFile(io.BytesIO(package)).read("items/q.xml").decode()
    rubric = (
        '<qti-rubric-block use="scoring" view="scorer"><qti-content-body>Because.</qti-content-body></qti-rubric-block>'
    )
    assert data.replace(rubric, "").count("Because") == 0
    assert rubric in data


def test_every_file_of_a_package_is_listed_in_its_manifest() -> None:
    question, entry = a_pair(Scoring.EXACT, options=4, correct=2, points=Fraction(1))
    package = write_package(*bank_of(replace(question, stem=MARKUP[-2]), entry), [GIF])
    archive_ = zipfile.ZipFile(io.BytesIO(package))
    listed = {
        file.get("href")
        for file in ElementTree.fromstring(archive_.read("imsmanifest.xml")).iter()
        if "href" in file.attrib
    }
    assert listed == set(archive_.namelist()) - {"imsmanifest.xml"}


def test_a_thousand_items_are_read_within_two_seconds_each_ten_thousand_within_twenty() -> None:
    question, entry = a_pair(Scoring.HALVES, options=5, correct=2, points=Fraction(1))
    questions = tuple(replace(question, question_id=QuestionId(f"q{place}")) for place in range(1_000))
    entries = {each.question_id: replace(entry, question_id=each.question_id) for each in questions}
    key = AnswerKey(bank_revision=1, revision=1, entries=entries)
    package = write_package(Bank(revision=1, questions=questions), key, [])
    started = time.process_time()
    assert len(read_package(package).questions) == 1_000
    assert time.process_time() - started < 2
