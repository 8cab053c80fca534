"""Question banks in every format: attached over HTTP, sat by a learner, and exported to be imported again."""

import html
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.gateway import Response
from shared.api.contract.modules import (
    AIKEN,
    EXPORTS,
    GIFT,
    JSON,
    MAX_BANK_BYTES,
    MOODLE_XML,
    QTI_ITEM,
    QTI_PACKAGE,
)
from tests.flow.journey import Begin, Learner, Module, World, answered, problem
from tests.support import bank_files as files
from tests.support.bank_files import TWO_QUESTIONS, told

FORMATS: dict[str, str | bytes] = {
    JSON: files.JSON_BANK,
    GIFT: files.GIFT,
    AIKEN: files.AIKEN,
    MOODLE_XML: files.MOODLE,
    QTI_ITEM: files.RHYTHM_ITEM,
    QTI_PACKAGE: files.PACKAGE,
}
WITH_IMAGE: dict[str, str | bytes] = {
    JSON: files.JSON_WITH_IMAGE,
    MOODLE_XML: files.MOODLE_WITH_IMAGE,
    QTI_PACKAGE: files.PACKAGE_WITH_IMAGE,
}
BROKEN: dict[str, tuple[str | bytes, list[int]]] = {
    JSON: (files.BROKEN_JSON, [5]),
    GIFT: (files.BROKEN_GIFT, [12]),
    AIKEN: (files.BROKEN_AIKEN, [15, 17]),
    MOODLE_XML: (files.BROKEN_MOODLE, [5]),
    QTI_ITEM: (files.BROKEN_ITEM, [12]),
    QTI_PACKAGE: (files.package(rhythm=files.RHYTHM_ITEM, broken=files.BROKEN_ITEM), [12]),
}
WITH_ESSAY: dict[str, tuple[str | bytes, int]] = {
    GIFT: (files.GIFT_WITH_ESSAY, 12),
    MOODLE_XML: (files.MOODLE_WITH_ESSAY, 5),
    QTI_PACKAGE: (files.package(rhythm=files.RHYTHM_ITEM, valve=files.VALVE_ITEM, essay=files.ESSAY_ITEM), 2),
}
SRC = re.compile(r'src="([^"]*)"')


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture
def draft(world: World) -> Module:
    """Kept, and without a bank."""
    module = world.module()
    answered(world.author.drafts(module), 201)
    return module


def attach(world: World, module: Module, media_type: str, content: str | bytes) -> Response:
    return world.author.ask("PUT", f"{module.admin_path}/questions", content, content_type=media_type)


def bank_of(world: World, module: Module) -> Any:
    return answered(world.author.ask("GET", f"{module.admin_path}/questions"), 200)


def exported(world: World, module: Module, media_type: str) -> bytes:
    answer = world.author.ask("GET", f"{module.admin_path}/questions", accept=media_type)
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    return answer.body


def published(world: World, module: Module, *, asks: int) -> Module:
    """The draft with the bank that it has, out, its test asking this many questions."""
    content = module.content | {"test": module.content["test"] | {"pools": [{"pool": "default", "draw": asks}]}}
    module = replace(module, content=content, bank=bank_of(world, module))
    answered(world.author.drafts(module), 200)
    answered(world.author.publishes(module), 200)
    return module


def a_learner_of(world: World, module: Module) -> Learner:
    return world.learner().is_ready_for(module)


# Attaching


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_bank_of_each_format_is_attached_as_the_same_bank(world: World, draft: Module, media_type: str) -> None:
    expected = TWO_QUESTIONS[:1] if media_type == QTI_ITEM else TWO_QUESTIONS

    receipt = answered(attach(world, draft, f"{media_type}; charset=utf-8", FORMATS[media_type]), 200)

    assert receipt == {
        "questions": len(expected),
        "pools": [{"pool": "default", "questions": len(expected)}],
        "skipped": [],
    }
    assert told(bank_of(world, draft)) == expected


@pytest.mark.parametrize("media_type", WITH_ESSAY)
def test_what_a_bank_cannot_hold_is_listed_with_line_and_reason(world: World, draft: Module, media_type: str) -> None:
    content, line = WITH_ESSAY[media_type]

    receipt = answered(attach(world, draft, media_type, content), 200)

    assert receipt["questions"] == 2
    [skipped] = receipt["skipped"]
    assert skipped["line"] == line
    assert skipped["reason"]
    assert told(bank_of(world, draft)) == TWO_QUESTIONS


@pytest.mark.parametrize("media_type", BROKEN)
def test_a_malformed_bank_is_refused_whole_with_every_line(world: World, draft: Module, media_type: str) -> None:
    content, lines = BROKEN[media_type]
    before = world.tables()

    refused = attach(world, draft, media_type, content)

    assert problem(refused) == (422, "import-failed")
    assert [error["line"] for error in refused.json()["errors"]] == lines
    assert all(error["msg"] for error in refused.json()["errors"])
    assert world.tables() == before
    assert problem(world.author.ask("GET", f"{draft.admin_path}/questions")) == (404, "not-found")


def test_json_that_is_no_bank_is_refused_with_every_line(world: World, draft: Module) -> None:
    """Of another shape, or at odds with itself: told like what is wrong with any other format."""
    before = world.tables()
    misshapen = """{"questions": [
      {"question_id": "q1", "objective": 1, "kind": "single", "stem": "Which?", "colour": "red",
       "points": true,
       "options": [{"option_id": "a", "text": "A", "correct": true},
                   {"option_id": "b", "text": "B", "correct": false, "weight": 0.5}]},
      {"question_id": "q2", "objective": 1, "kind": "single",
       "options": []}
    ]}"""
    wrong = answered_with_errors(attach(world, draft, JSON, misshapen))
    assert [(line, place) for line, place, _ in wrong] == [
        (2, "questions[0].colour"),
        (3, "questions[0].points"),
        (5, "questions[0].options[1].weight"),
        (6, "questions[1].stem"),
        (7, "questions[1].options"),
    ]

    question = """{"question_id": "q1", "objective": 1, "kind": "single", "stem": "Which?",
      "options": [{"option_id": "a", "text": "A", "correct": %s}, {"option_id": "b", "text": "B", "correct": false}]}"""
    contradictory = '{"questions": [\n' + f"{question % 'true'},\n{question % 'false'}" + "\n]}"
    wrong = answered_with_errors(attach(world, draft, JSON, contradictory))
    assert [(line, place, message) for line, place, message in wrong] == [
        (4, "question 2", "question_id 'q1' is used twice"),
        (4, "question 2", "a question needs a correct option"),
    ]
    assert world.tables() == before


def answered_with_errors(refused: Response) -> list[tuple[int, str, str]]:
    assert problem(refused) == (422, "import-failed")
    return [(error["line"], *error["msg"].split(": ", 1)) for error in refused.json()["errors"]]


def test_no_more_options_are_taken_than_a_question_allows(world: World, draft: Module) -> None:
    """What QTI calls max-choices; it is shown with the question, and kept in every export."""
    question = files.JSON_QUESTIONS[0] | {"kind": "multiple", "scoring": "every_option", "max_choices": 2}
    answered(attach(world, draft, JSON, json.dumps({"questions": [question]})), 200)
    for media_type in EXPORTS:
        answered(attach(world, draft, media_type, exported(world, draft, media_type)), 200)
    learner = a_learner_of(world, published(world, draft, asks=1))
    [asked] = learner.begins()["questions"]
    options = [option["option_id"] for option in asked["options"]]
    assert (asked["max_choices"], len(options)) == (2, 3)

    for refused in (learner.save({asked["question_id"]: options}), learner.submit({asked["question_id"]: options})):
        assert problem(refused) == (422, "invalid-request")
    answered(learner.save({asked["question_id"]: options[:2]}), 200)


def test_a_malformed_bank_leaves_the_one_before(world: World, draft: Module) -> None:
    answered(attach(world, draft, GIFT, files.GIFT), 200)
    before = bank_of(world, draft)

    assert problem(attach(world, draft, MOODLE_XML, files.BROKEN_MOODLE)) == (422, "import-failed")

    assert bank_of(world, draft) == before


def test_a_bank_takes_the_place_of_the_one_before(world: World, draft: Module) -> None:
    answered(attach(world, draft, GIFT, files.GIFT), 200)

    answered(attach(world, draft, QTI_ITEM, files.VALVE_ITEM), 200)

    assert told(bank_of(world, draft)) == TWO_QUESTIONS[1:]


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (MOODLE_XML, files.BOMB),
        (QTI_ITEM, files.BOMB),
        (MOODLE_XML, '<!DOCTYPE quiz SYSTEM "http://127.0.0.1/evil.dtd"><quiz/>'),
        (GIFT, files.GIFT.encode("utf-16")),
        (AIKEN, b"Caf\xe9?\nA. Yes\nB. No\nANSWER: A\n"),
        (QTI_PACKAGE, b"PK\x03\x04 and no more"),
        (GIFT, b""),
        (JSON, b""),
        (JSON, files.JSON_BANK.encode("utf-16")),
        (JSON, "[" * 100_000),
    ],
    ids=[
        *("a bomb", "a bomb as an item", "an external DTD", "UTF-16", "Latin-1", "half a zip", "nothing"),
        *("nothing as JSON", "UTF-16 JSON", "JSON too deep"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_and_nothing_is_stored(
    world: World, draft: Module, media_type: str, content: str | bytes
) -> None:
    before = world.tables()

    assert problem(attach(world, draft, media_type, content)) == (422, "import-failed")

    assert world.tables() == before


@pytest.mark.parametrize("media_type", ["text/csv", "text/xml", "application/xml", "multipart/form-data", "gift"])
def test_an_unknown_media_type_is_refused_with_those_that_are_taken(
    world: World, draft: Module, media_type: str
) -> None:
    refused = attach(world, draft, media_type, files.GIFT)

    assert problem(refused) == (422, "invalid-request")
    [error] = refused.json()["errors"]
    assert error["loc"] == ["header", "Content-Type"]
    assert all(known in error["msg"] for known in FORMATS)


def test_only_question_banks_are_taken_as_files(world: World, draft: Module) -> None:
    refused = world.author.ask("PUT", draft.admin_path, files.GIFT, content_type=GIFT)

    assert problem(refused) == (422, "invalid-request")


def test_a_learner_can_neither_import_nor_export(world: World, draft: Module) -> None:
    answered(attach(world, draft, GIFT, files.GIFT), 200)
    learner, path = world.learner(), f"{draft.admin_path}/questions"

    assert problem(learner.ask("PUT", path, files.GIFT, content_type=GIFT)) == (403, "forbidden")
    for media_type in EXPORTS:
        assert problem(learner.ask("GET", path, accept=media_type)) == (403, "forbidden")


def test_a_bank_of_a_published_edition_stays(world: World, draft: Module) -> None:
    answered(attach(world, draft, GIFT, files.GIFT), 200)
    published(world, draft, asks=2)

    assert problem(attach(world, draft, QTI_ITEM, files.VALVE_ITEM)) == (409, "already-published")

    assert told(bank_of(world, draft)) == TWO_QUESTIONS


def test_script_in_json_is_cleaned_away(world: World, draft: Module) -> None:
    question = files.JSON_QUESTIONS[0] | {
        "stem": '<em onclick="steal()">Which</em>?<script>steal()</script><img src="x" onerror="steal()" alt="x">',
        "rationale": '<a href="javascript:steal()">Why</a><iframe src="https://example.org"></iframe>',
    }
    question["options"] = [
        option | {"text": f'<b style="color: red">{option["text"]}</b><svg onload="steal()"></svg>'}
        for option in question["options"]
    ]

    answered(world.author.ask("PUT", f"{draft.admin_path}/questions", {"questions": [question]}), 200)

    [kept] = bank_of(world, draft)["questions"]
    assert kept["stem"] == "<em>Which</em>?[x]"
    assert [option["text"] for option in kept["options"]] == [f"<b>{text}</b>" for text in files.RHYTHM[1]]
    told_in_all = str(kept)
    for unsafe in ("steal", "script", "<iframe", "<svg", "style="):
        assert unsafe not in told_in_all


# Uploading what is too large for a request


def upload(world: World, module: Module, media_type: str, content: bytes) -> Any:
    """Upload a bank and have it imported; the job afterwards."""
    path = f"{module.admin_path}/questions/uploads"
    awaited = answered(world.author.ask("POST", path, {"media_type": media_type}), 202)
    request = urllib.request.Request(awaited["url"], method="PUT", data=content, headers={"Content-Type": media_type})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    world.deliver()
    return answered(world.author.ask("GET", f"/admin/jobs/{awaited['job']}"), 200)


def test_a_bank_that_is_too_large_for_a_request_is_uploaded_and_sat(world: World, draft: Module) -> None:
    questions = [
        f"::q{n}::{n} {'and so on ' * 1_900}? {{\n=Yes\n~No\n}}\n" for n in range(MAX_BANK_BYTES // 19_000 + 1)
    ]
    large = "\n".join([*questions, "::essay::Describe the heart. {}\n"])
    assert problem(attach(world, draft, GIFT, large)) == (413, "too-large")

    job = upload(world, draft, GIFT, large.encode())

    assert (job["kind"], job["state"], job["done"], job["total"]) == ("import", "finished", *[len(questions)] * 2)
    [skipped] = job["skipped"]
    assert skipped["line"] == large.count("\n", 0, large.index("::essay")) + 1
    assert [question["question_id"] for question in bank_of(world, draft)["questions"]] == [
        f"q{n}" for n in range(len(questions))
    ]
    assert a_learner_of(world, published(world, draft, asks=3)).passes()["state"] == "certified"


@pytest.mark.parametrize("media_type", BROKEN)
def test_a_malformed_upload_fails_its_job_with_every_line(world: World, draft: Module, media_type: str) -> None:
    content, lines = BROKEN[media_type]

    job = upload(world, draft, media_type, content.encode() if isinstance(content, str) else content)

    assert (job["state"], [error["line"] for error in job["errors"]]) == ("failed", lines)
    assert problem(world.author.ask("GET", f"{draft.admin_path}/questions")) == (404, "not-found")


# Sitting


@pytest.mark.parametrize("media_type", FORMATS)
def test_an_imported_bank_is_sat_from_the_first_question_to_the_certificate(
    world: World, draft: Module, media_type: str
) -> None:
    receipt = answered(attach(world, draft, media_type, FORMATS[media_type]), 200)
    module = published(world, draft, asks=receipt["questions"])
    learner = a_learner_of(world, module)

    enrolment = learner.passes()

    assert enrolment["state"] == "certified"
    [attempt] = enrolment["attempts"]
    assert (attempt["points"], attempt["max_points"]) == (receipt["questions"], receipt["questions"])


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_wrong_answer_to_an_imported_question_earns_nothing(world: World, draft: Module, media_type: str) -> None:
    receipt = answered(attach(world, draft, media_type, FORMATS[media_type]), 200)
    learner = a_learner_of(world, published(world, draft, asks=receipt["questions"]))

    enrolment = learner.fails()

    assert [(attempt["points"], attempt["passed"]) for attempt in enrolment["attempts"]] == [(0, False)]


def test_weights_that_are_percentages_are_exact_fractions(world: World, draft: Module) -> None:
    """Three thirds are a whole: 33.33333 % is no 0.3333333."""
    thirds = "::three::Which three? {\n" + "~%33.33333%Right\n" * 3 + "~%-100%Wrong\n}\n"
    answered(attach(world, draft, GIFT, thirds), 200)
    module = published(world, draft, asks=1)
    [question] = module.bank["questions"]
    learner = a_learner_of(world, module)
    chosen = [option["option_id"] for option in question["options"] if option["correct"]]

    form = learner.begins()
    answered(learner.submit({question["question_id"]: chosen}, form["attempt"]), 202)
    world.deliver()

    assert [option["weight"] for option in question["options"]] == ["1/3"] * 3 + ["-1"]
    [attempt] = learner.enrolment()["attempts"]
    assert (attempt["points"], attempt["passed"]) == (1, True)


@pytest.mark.parametrize("media_type", WITH_IMAGE)
def test_a_learner_sees_an_image_at_an_address_that_needs_no_token(
    world: World, draft: Module, media_type: str
) -> None:
    answered(attach(world, draft, media_type, WITH_IMAGE[media_type]), 200)
    learner = a_learner_of(world, published(world, draft, asks=1))

    started = learner.start()
    shown_again = learner.attempt()

    for response in (started, shown_again):
        [question] = answered(response)["questions"]
        assert "asset:" not in response.body.decode()
        found = SRC.search(question["stem"])
        assert found
        address = html.unescape(found[1])
        assert urlsplit(address).hostname == "127.0.0.1"
        with urllib.request.urlopen(address) as answer:
            assert answer.headers["content-type"] == "image/png"
            assert answer.read() == files.PNG.data


# Exporting

EVERYTHING = {
    "questions": [
        files.JSON_QUESTIONS[0] | {"rationale": "<em>f</em> waves come as they like.", "points": 2, "pool": "A & B"},
        files.JSON_QUESTIONS[1] | {"shuffle": False, "objective": 3, "points": 0.5},
        *(
            {
                "question_id": f"many-{scoring.replace('_', '-')}",
                "pool": "many",
                "objective": 2,
                "kind": "multiple",
                "scoring": scoring,
                "stem": f'Which <b>two</b> of x &lt; y? <img src="{files.PNG_ADDRESS}" alt="A dot">',
                "options": [
                    {"option_id": "o1", "text": "This", "correct": True},
                    {"option_id": "o2", "text": "That, ü", "correct": True},
                    {"option_id": "o3", "text": f'<img src="{files.PNG_ADDRESS}" alt="">', "correct": False},
                    {"option_id": "o4", "text": "All of the above", "correct": False},
                ],
            }
            for scoring in ("exact", "every_option", "halves", "right_minus_wrong")
        ),
        {
            "question_id": "weighted",
            "objective": 1,
            "kind": "multiple",
            "scoring": "weights",
            "stem": "How much is each?",
            "options": [
                {"option_id": "o1", "text": "A third", "correct": True, "weight": "1/3"},
                {"option_id": "o2", "text": "Two thirds", "correct": True, "weight": "2/3"},
                {"option_id": "o3", "text": "Less", "correct": False, "weight": "-0.5"},
            ],
        },
    ]
}  # fmt: skip


@pytest.mark.parametrize("media_type", EXPORTS)
@pytest.mark.parametrize("bank", [EVERYTHING, None], ids=["every scoring", "the sample"])
def test_an_exported_bank_is_imported_as_the_same_bank(world: World, draft: Module, media_type: str, bank: Any) -> None:
    answered(world.author.ask("PUT", f"{draft.admin_path}/questions", bank or draft.bank), 200)
    copy = world.module()
    answered(world.author.drafts(copy), 201)

    receipt = answered(attach(world, copy, media_type, exported(world, draft, media_type)), 200)

    assert receipt["skipped"] == []
    assert bank_of(world, copy) == bank_of(world, draft)


@pytest.mark.parametrize("media_type", EXPORTS)
def test_an_export_carries_its_images(world: World, draft: Module, media_type: str) -> None:
    answered(attach(world, draft, JSON, files.JSON_WITH_IMAGE), 200)
    copy = world.module()
    answered(world.author.drafts(copy), 201)

    answered(attach(world, copy, media_type, exported(world, draft, media_type)), 200)

    learner = a_learner_of(world, published(world, copy, asks=1))
    found = SRC.search(learner.begins()["questions"][0]["stem"])
    assert found
    with urllib.request.urlopen(html.unescape(found[1])) as answer:
        assert answer.read() == files.PNG.data


def test_without_a_known_accept_the_bank_comes_as_json(world: World, draft: Module) -> None:
    answered(attach(world, draft, GIFT, files.GIFT), 200)

    for accept in (JSON, "*/*", GIFT):
        answer = world.author.ask("GET", f"{draft.admin_path}/questions", accept=accept)
        assert (answer.status, answer.headers["content-type"]) == (200, JSON)


def test_an_export_of_a_bank_that_is_not_there_is_not_found(world: World, draft: Module) -> None:
    answer = world.author.ask("GET", f"{draft.admin_path}/questions", accept=MOODLE_XML)

    assert problem(answer) == (404, "not-found")
