"""The sample module keeps the facts of the real one, and the rules that publication will hold it to."""

import json
import string
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "infra/samples/optimal-management-of-oligometastatic-disease"

Json = dict[str, Any]


def read(path: Path) -> Json:
    content: Json = json.loads(path.read_text("utf-8"))
    return content


SCHEMES = {path.stem: read(path) for path in (ROOT / "shared/schemes").glob("*.json")}
EDITIONS = {n: read(SAMPLE / f"edition-{n}.json") for n in (1, 2)}
QUESTIONS: list[Json] = read(SAMPLE / "questions.json")["questions"]

every_edition = pytest.mark.parametrize("edition", EDITIONS.values(), ids=lambda e: e["released_on"])
every_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["question_id"])
every_scheme = pytest.mark.parametrize("file_name", SCHEMES)


def day(edition: Json, field: str) -> date:
    return date.fromisoformat(edition[field])


def correct_options(question: Json) -> list[Json]:
    return [option for option in question["options"] if option["correct"]]


def scheme_of(credit: Json) -> Json:
    return SCHEMES[credit["scheme"].lower()]


@every_edition
def test_an_edition_keeps_the_facts_of_the_real_module(edition: Json) -> None:
    assert edition["title"] == "Optimal Management of Oligometastatic Disease in Solid Tumours"
    assert edition["authors"] == ["Dr. Tolia", "Dr. Tsapakidis"]
    assert (edition["slides"], edition["minutes"]) == (71, 52)
    assert len(edition["objectives"]) == 3
    assert edition["members_only"] is True
    assert [(c["scheme"], c["category"], c["maximum"]) for c in edition["credits"]] == [
        ("ESMO-MORA", "Category 1", "1.00")
    ]


def test_edition_1_has_the_real_dates_and_edition_2_follows_it_after_a_review() -> None:
    first, second = EDITIONS[1], EDITIONS[2]
    assert first["released_on"] == "2020-05-05"
    assert day(first, "expires_on").year == 2022
    assert day(second, "released_on") > day(first, "expires_on")
    assert day(second, "reviewed_on") > day(first, "reviewed_on")
    assert first["credits"][0]["activity_id"] != second["credits"][0]["activity_id"]


@every_edition
def test_every_author_declared_no_conflict_within_24_months_before_release(edition: Json) -> None:
    assert [person["name"] for person in edition["faculty"]] == edition["authors"]
    released = day(edition, "released_on")
    for person in edition["faculty"]:
        disclosure = person["disclosure"]
        assert (disclosure["relationships"], disclosure["mitigated"]) == ([], True)
        declared = date.fromisoformat(disclosure["declared_on"])
        assert released.replace(year=released.year - 2) <= declared <= released


@every_edition
def test_an_edition_is_valid_no_longer_than_its_schemes_allow(edition: Json) -> None:
    validity = day(edition, "expires_on") - day(edition, "released_on")
    for credit in edition["credits"]:
        assert 0 < validity.days <= scheme_of(credit)["maximum_validity_days"]


@every_edition
def test_the_credit_of_an_edition_is_a_multiple_of_its_scheme_s_step(edition: Json) -> None:
    for credit in edition["credits"]:
        assert credit["category"] == scheme_of(credit)["category"]
        assert Decimal(credit["step"]) == Decimal(scheme_of(credit)["step"])
        assert Decimal(credit["maximum"]) % Decimal(credit["step"]) == 0


@every_edition
def test_the_test_draws_eight_questions_and_each_pool_holds_more_than_it_gives(edition: Json) -> None:
    held = Counter(question["pool"] for question in QUESTIONS)
    draws = {pool["pool"]: pool["draw"] for pool in edition["test"]["pools"]}
    assert sum(draws.values()) == 8
    assert held.keys() == draws.keys()
    for pool, draw in draws.items():
        assert 0 < draw < held[pool]


def test_the_bank_has_at_least_twelve_questions_of_both_kinds_with_ids_of_their_own() -> None:
    assert len(QUESTIONS) >= 12
    assert {question["kind"] for question in QUESTIONS} == {"single", "multiple"}
    assert len({question["question_id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question["stem"] for question in QUESTIONS}) == len(QUESTIONS)


@every_edition
def test_the_bank_tests_every_objective_of_an_edition_and_no_other(edition: Json) -> None:
    assert {question["objective"] for question in QUESTIONS} == set(range(1, len(edition["objectives"]) + 1))


@every_question
def test_a_question_explains_its_answer_and_is_scored_all_or_nothing(question: Json) -> None:
    assert question["stem"].strip()
    assert question["rationale"].strip()
    assert (question["scoring"], question["points"]) == ("exact", 1)


@every_question
def test_a_question_has_distinct_options_and_as_many_right_ones_as_its_kind_says(question: Json) -> None:
    options, right = question["options"], len(correct_options(question))
    assert len({option["option_id"] for option in options}) == len(options) >= 4
    assert len({option["text"] for option in options}) == len(options)
    if question["kind"] == "single":
        assert right == 1
    else:
        assert 2 <= right < len(options)


def test_neither_place_nor_length_gives_the_right_answer_away() -> None:
    singles = [question for question in QUESTIONS if question["kind"] == "single"]
    places = Counter(correct_options(question)[0]["option_id"] for question in singles)
    assert max(places.values()) <= len(singles) / 3
    for extreme in (max, min):
        told = [
            question
            for question in singles
            if extreme(question["options"], key=lambda option: len(option["text"]))["correct"]
        ]
        assert len(told) <= len(singles) / 3


def test_the_number_of_options_does_not_tell_how_many_are_right() -> None:
    multiples = [question for question in QUESTIONS if question["kind"] == "multiple"]
    sizes = {(len(question["options"]), len(correct_options(question))) for question in multiples}
    assert all(len({right for size, right in sizes if size == n}) > 1 for n in {size for size, _ in sizes})


@every_scheme
def test_a_scheme_file_is_named_for_its_scheme_and_its_settings_are_usable(file_name: str) -> None:
    scheme = SCHEMES[file_name]
    assert scheme["scheme"].lower() == file_name
    assert Decimal(scheme["step"]) > 0
    assert scheme["maximum_validity_days"] > 0
    assert scheme["statement_version"]
    assert scheme["professions"] is None or scheme["professions"]


@every_scheme
def test_a_scheme_s_statement_names_the_provider_and_the_amount_and_nothing_else(file_name: str) -> None:
    statement = SCHEMES[file_name]["statement"]
    placeholders = [field for _, field, _, _ in string.Formatter().parse(statement) if field is not None]
    assert sorted(placeholders) == ["amount", "provider"]


def test_the_schemes_carry_their_accreditors_numbers() -> None:
    assert Decimal(SCHEMES["esmo-mora"]["step"]) == 1
    assert Decimal(SCHEMES["eaccme"]["step"]) == Decimal("0.5")
    assert SCHEMES["eaccme"]["maximum_validity_days"] == 730
    assert Decimal(SCHEMES["ama-pra"]["step"]) == Decimal("0.25")
    assert SCHEMES["ama-pra"]["professions"] == ["MD", "DO"]
    assert SCHEMES["accme"]["category"] == "Internet Enduring Material"
    assert SCHEMES["accme"]["maximum_validity_days"] == 3 * 365
