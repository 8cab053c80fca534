"""From the draft to the open module: what is missing is listed in full, and what is out is never changed."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.flow.journey import Begin, Module, World, answered, instant, problem
from tests.flow.story import end_of


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def changed(module: Module, **changes: Any) -> Module:
    return replace(module, content=module.content | changes)


def with_bank(module: Module, edit: Any) -> Module:
    """The module with a bank of its own, edited."""
    bank = copy.deepcopy(module.bank)
    edit(bank["questions"])
    return replace(module, bank=bank)


# Drafts


def test_a_draft_is_kept_as_it_was_sent_complete_or_not(world: World) -> None:
    module = replace(world.module(), content={"title": "Only a title", "commercial_support": None, "slides": 3})
    created = world.author.drafts(module)
    assert answered(created, 201) == module.content
    kept = world.author.ask("GET", module.admin_path)
    assert answered(kept, 200) == module.content
    assert kept.headers["etag"] == created.headers["etag"] == '"1"'
    again = world.author.drafts(replace(module, content={"title": "Another"}))
    assert answered(again, 200) == {"title": "Another"}
    assert again.headers["etag"] == '"2"'


def test_a_draft_is_not_in_the_catalogue_and_nobody_can_enrol(world: World) -> None:
    module = world.module()
    answered(world.author.drafts(module))
    answered(world.author.attaches_bank(module))
    assert problem(world.public(module.path)) == (404, "not-found")
    assert module.module_id not in world.public("/modules?limit=200").body.decode()
    assert problem(world.learner().enrol(module)) == (404, "not-found")
    assert problem(world.author.retires(module)) == (404, "not-found")


def test_if_match_guards_a_draft_against_another_author(world: World) -> None:
    module = world.module()
    assert problem(world.author.drafts(module, if_match='"1"')) == (412, "version-conflict")
    assert problem(world.author.ask("GET", module.admin_path)) == (404, "not-found")
    first = world.author.drafts(module, if_match='"0"')
    answered(first, 201)
    answered(world.author.drafts(changed(module, title="Mine"), if_match=first.headers["etag"]), 200)
    refused = world.author.drafts(changed(module, title="Theirs"), if_match=first.headers["etag"])
    assert problem(refused) == (412, "version-conflict")
    assert refused.json()["version"] == 2
    assert answered(world.author.ask("GET", module.admin_path))["title"] == "Mine"
    answered(world.author.drafts(changed(module, title="Whatever"), if_match="*"), 200)
    assert problem(world.author.drafts(module, if_match="1")) == (422, "invalid-request")


# Publication and its gaps


def test_an_empty_draft_is_refused_with_every_gap_at_once(world: World) -> None:
    module = replace(world.module(), content={})
    answered(world.author.drafts(module))
    refused = world.author.publishes(module)
    assert problem(refused) == (422, "not-publishable")
    gaps = refused.json()["gaps"]
    assert all(gap["rule"] for gap in gaps)
    required = {
        *("title", "summary", "medium", "presentation_url", "learning_format", "provider.name", "zone"),
        *("signatory.name", "signatory.title", "authors", "topics", "objectives", "faculty", "credits", "test.pools"),
        *("released_on", "reviewed_on", "expires_on", "slides", "minutes", "test.pass_mark", "test.attempts"),
        *("commercial_support", "members_only", "questions"),
    }
    assert required <= {gap["field"] for gap in gaps}
    assert problem(world.public(module.path)) == (404, "not-found")


def test_each_thing_that_is_missing_or_wrong_is_a_gap_of_its_own(world: World) -> None:
    module = world.module()
    old = (world.today - timedelta(days=800)).isoformat()
    faculty = copy.deepcopy(module.content["faculty"])
    faculty[0]["disclosure"]["declared_on"] = old
    faculty[1]["disclosure"]["relationships"] = [{"company": "Pharma", "nature": "speaker"}]
    faculty[1]["disclosure"]["mitigated"] = False
    bad = {
        "title": changed(module, title="  "),
        "faculty[0].disclosure.declared_on": changed(module, faculty=[faculty[0]]),
        "faculty[0].disclosure.mitigated": changed(module, faculty=[faculty[1]]),
        "expires_on": changed(module, expires_on=(world.today + timedelta(days=731)).isoformat()),
        "test.pools[0]": changed(module, test=module.content["test"] | {"pools": [{"pool": "definition", "draw": 6}]}),
        "credits[0].scheme": changed(module, credits=[module.content["credits"][0] | {"scheme": "NO-SUCH"}]),
        "credits[0].step": changed(module, credits=[module.content["credits"][0] | {"step": "0.30"}]),
        "zone": changed(module, zone="Europe/Nowhere"),
        "questions": changed(module, objectives=["only one"]),
        "evaluation.required": changed(module, evaluation={"required": True, "questions": []}),
    }
    answered(world.author.drafts(module))
    answered(world.author.attaches_bank(module))
    for field, draft in bad.items():
        answered(world.author.drafts(draft), 200)
        refused = world.author.publishes(draft)
        assert problem(refused) == (422, "not-publishable"), field
        assert field in {gap["field"] for gap in refused.json()["gaps"]}
    # As it was meant, it goes out.
    answered(world.author.drafts(module), 200)
    published = answered(world.author.publishes(module), 200)
    assert instant(published["expires_at"]) == end_of(module)


def test_publication_without_a_bank_lists_the_bank(world: World) -> None:
    module = world.module()
    answered(world.author.drafts(module))
    refused = world.author.publishes(module)
    assert problem(refused) == (422, "not-publishable")
    assert [gap["field"] for gap in refused.json()["gaps"]] == ["questions"]


def test_what_is_published_is_never_changed(world: World) -> None:
    module = world.published()
    tables = world.tables()
    assert problem(world.author.drafts(changed(module, title="Better"))) == (409, "already-published")
    assert problem(world.author.attaches_bank(with_bank(module, list.pop))) == (409, "already-published")
    assert answered(world.author.publishes(module), 200)["module_id"] == module.module_id
    assert world.tables() == tables
    assert answered(world.author.ask("GET", module.admin_path)) == module.content


def test_the_information_to_acknowledge_changes_with_what_it_tells(world: World) -> None:
    module = world.module()
    hashes = []
    for edition, changes in (
        (1, {}),
        (2, {}),
        (3, {"commercial_support": ["Pharma"]}),
        (4, {"presentation_url": "https://x.example"}),
    ):
        published = world.published(replace(changed(module, **changes), edition=edition))
        card = answered(world.public(f"{published.path}?edition={edition}"))
        assert card["commercial_support"] == changes.get("commercial_support", [])
        hashes.append(card["information_hash"])
    assert len(set(hashes)) == 4


def test_a_new_edition_takes_the_new_enrolments_and_leaves_the_old_ones(world: World) -> None:
    first = world.published()
    ada, ben = world.learner().is_ready_for(first), world.learner()
    second = world.published(world.module(first.module_id, edition=2))
    answered(ben.ask("PUT", f"{first.path}/enrolment"), 202)
    world.deliver()
    assert answered(ben.ask("GET", f"{first.path}/enrolment"))["edition"] == 2
    assert ada.passes()["state"] == "certified"
    # Credit is per edition: the same learner may sit the next one.
    ada.earns(second)
    assert len(answered(ada.ask("GET", "/transcript"))["entries"]) == 2


# Question banks


def test_an_attached_bank_is_told_in_numbers_and_read_back_as_it_was_sent(world: World) -> None:
    module = world.module()
    answered(world.author.drafts(module))
    assert problem(world.author.ask("GET", f"{module.admin_path}/questions")) == (404, "not-found")
    receipt = answered(world.author.attaches_bank(module), 200)
    assert receipt == {
        "questions": 18,
        "pools": [
            {"pool": "biology", "questions": 7},
            {"pool": "definition", "questions": 5},
            {"pool": "management", "questions": 6},
        ],
        "skipped": [],
    }
    assert answered(world.author.ask("GET", f"{module.admin_path}/questions")) == module.bank


def _twice(questions: Any) -> None:
    questions[1]["question_id"] = questions[0]["question_id"]


def _option_twice(questions: Any) -> None:
    questions[0]["options"][1]["option_id"] = questions[0]["options"][0]["option_id"]


def _two_right(questions: Any) -> None:
    questions[0]["options"][0]["correct"] = questions[0]["options"][1]["correct"] = True


def _none_right(questions: Any) -> None:
    for option in questions[2]["options"]:
        option["correct"] = False


@pytest.mark.parametrize(
    ("edit", "places"), [(_twice, [2]), (_option_twice, [1]), (_two_right, [1]), (_none_right, [3])]
)
def test_a_bank_with_errors_fails_as_a_whole_and_nothing_is_stored(world: World, edit: Any, places: list[int]) -> None:
    module = world.module()
    answered(world.author.drafts(module))
    answered(world.author.attaches_bank(module))
    tables = world.tables()
    refused = world.author.attaches_bank(with_bank(module, edit))
    assert problem(refused) == (422, "import-failed")
    errors = refused.json()["errors"]
    # It was sent as one line.
    assert [(error["line"], error["msg"].partition(":")[0]) for error in errors] == [
        (1, f"question {place}") for place in places
    ]
    assert world.tables() == tables


def test_every_error_of_a_bank_is_listed(world: World) -> None:
    module = world.module()
    answered(world.author.drafts(module))

    def everything(questions: Any) -> None:
        _two_right(questions)
        _twice(questions)
        _none_right(questions)

    refused = world.author.attaches_bank(with_bank(module, everything))
    told = {error["msg"].partition(":")[0] for error in refused.json()["errors"]}
    assert told == {"question 1", "question 2", "question 3"}


def test_a_bank_can_be_replaced_until_the_publication(world: World) -> None:
    module = world.module(test={"pools": [{"pool": "definition", "draw": 5}]})
    answered(world.author.drafts(module))
    answered(world.author.attaches_bank(module))
    answered(world.author.publishes(replaced := _with_reworded_bank(world, module)))
    ada = world.learner().is_ready_for(replaced)
    assert all(question["stem"].startswith("Reworded") for question in ada.begins()["questions"])


def _with_reworded_bank(world: World, module: Module) -> Module:
    def reword(questions: Any) -> None:
        for question in questions:
            question["stem"] = f"Reworded: {question['stem']}"

    reworded = with_bank(module, reword)
    answered(world.author.attaches_bank(reworded))
    return reworded


def test_a_bank_of_many_items_size_works_from_the_import_to_the_grade(world: World) -> None:
    """An item of the table holds 400 KB: both the questions and the key of this bank take several."""
    module = _with_large_bank(world.module(test={"pools": [{"pool": "large", "draw": 60}]}))
    assert len(json.dumps(module.bank)) > 1_200_000
    world.published(module)
    assert answered(world.author.ask("GET", f"{module.admin_path}/questions")) == module.bank
    for table in ("QuestionTable", "AnswerKeyTable"):
        parts = [key for key in world.rows(table) if f"{module.module_id}/1" in key[0]]
        assert len(parts) > 1, table
    ada = world.learner().is_ready_for(module)
    form = ada.begins()
    assert len(form["questions"]) == 60
    stems = {question["question_id"]: question["stem"] for question in module.bank["questions"]}
    assert all(question["stem"] == stems[question["question_id"]] for question in form["questions"])
    answers = module.right(form)
    missed = form["questions"][0]["question_id"]
    answered(ada.submit({**answers, missed: []}), 202)
    world.deliver()
    result = answered(ada.attempt())
    assert (result["points"], result["max_points"]) == (59, 60)
    assert ada.enrolment()["state"] == "certified"


def _with_large_bank(module: Module) -> Module:
    questions = [
        {
            "question_id": f"q{number}",
            "pool": "large",
            "objective": 1,
            "kind": "single",
            "scoring": "exact",
            "points": 1,
            "shuffle": True,
            "stem": f"Question {number}: " + ("a long stem with ä. " * 500).strip(),
            "rationale": f"Rationale {number}: " + ("words. " * 1500).strip(),
            "options": [
                {"option_id": "a", "text": "Yes", "correct": number % 2 == 0},
                {"option_id": "b", "text": "No", "correct": number % 2 == 1},
            ],
        }
        for number in range(60)
    ]
    return replace(module, bank={"questions": questions})
