"""Authors at work: all editions at a glance, a re-review from a copy, a look as the learner has it, and errata."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.flow.journey import Begin, Module, World, answered, problem
from tests.flow.test_answer_key import OF_THE_KEY, names_in


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def dates(world: World) -> dict[str, str]:
    return {
        "released_on": world.today.isoformat(),
        "reviewed_on": world.today.isoformat(),
        "expires_on": (world.today + timedelta(days=365)).isoformat(),
    }


def second_of(module: Module) -> Module:
    return replace(module, edition=module.edition + 1)


def everything(world: World, limit: int) -> dict[tuple[str, int], Any]:
    found: dict[tuple[str, int], Any] = {}
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={quote(cursor)}" if cursor else ""
        page = answered(world.author.ask("GET", f"/admin/modules?limit={limit}{after}"), 200)
        assert len(page["modules"]) <= limit
        found |= {(one["module_id"], one["edition"]): one for one in page["modules"]}
        cursor = page["next"]
    return found


def test_all_editions_are_listed_drafts_too_with_their_state(world: World) -> None:
    module = world.published(world.module("listed"))
    answered(world.author.retires(module))
    answered(world.author.drafts(replace(world.module("listed", edition=2), content={"title": "Next"})), 201)
    world.published(world.module("listed-open"))
    found = everything(world, 1)
    assert found == everything(world, 200)
    states = {key: (one["state"], one["open"], one["questions"]) for key, one in found.items() if "listed" in key[0]}
    assert states == {
        ("listed", 1): ("retired", False, 18),
        ("listed", 2): ("draft", False, 0),
        ("listed-open", 1): ("published", True, 18),
    }
    assert found["listed", 2]["title"] == "Next"
    assert problem(world.admin.ask("GET", "/admin/modules?cursor=bm90aGluZw")) == (422, "invalid-request")


# A re-review


def test_a_re_review_opens_the_next_edition_from_the_one_before(world: World) -> None:
    module = world.published()
    second = second_of(module)
    copied = world.author.ask("PUT", f"{second.admin_path}?from=1", dates(world))
    assert answered(copied, 201) == module.content | dates(world)
    answered(world.author.publishes(second), 200)
    card = answered(world.public(module.path))
    assert (card["edition"], card["open"]) == (2, True)
    assert answered(world.author.ask("GET", f"{second.admin_path}/questions")) == answered(
        world.author.ask("GET", f"{module.admin_path}/questions")
    )
    learner = world.learner()
    assert learner.earns(second)


def test_a_copy_has_no_dates_of_its_own_and_is_guarded_like_any_draft(world: World) -> None:
    module = world.published()
    second = second_of(module)
    first = world.author.ask("PUT", f"{second.admin_path}?from=1", {})
    answered(first, 201)
    gaps = world.author.publishes(second).json()["gaps"]
    assert {gap["field"] for gap in gaps} == {"released_on", "reviewed_on", "expires_on"}
    answered(world.author.ask("PUT", f"{second.admin_path}?from=1", {"title": "Mine"}, if_match=first.headers["etag"]))
    theirs = world.author.ask("PUT", f"{second.admin_path}?from=1", {}, if_match=first.headers["etag"])
    assert problem(theirs) == (412, "version-conflict")
    assert answered(world.author.ask("GET", second.admin_path))["title"] == "Mine"
    assert problem(world.author.ask("PUT", f"{module.admin_path}?from=2", {})) == (409, "already-published")
    assert problem(world.author.ask("PUT", f"{second.admin_path}?from=9", {})) == (404, "not-found")
    for wrong in ("2", "0", "one", "10000"):
        refused = world.author.ask("PUT", f"{second.admin_path}?from={wrong}", {})
        assert problem(refused) == (422, "invalid-request"), wrong
        assert refused.json()["errors"][0]["loc"] == ["query", "from"]


# Previews


def test_a_preview_is_what_the_learner_will_see_with_a_form(world: World) -> None:
    module = world.module()
    answered(world.author.drafts(module))
    answered(world.author.attaches_bank(module))
    before = world.tables()
    shown = answered(world.author.ask("GET", f"{module.admin_path}/preview"), 200)
    assert world.tables() == before
    assert shown["gaps"] == []
    assert len(shown["questions"]) == shown["module"]["test"]["questions"]
    assert not names_in(shown) & OF_THE_KEY
    answered(world.author.publishes(module))
    assert answered(world.public(module.path)) == shown["module"]
    assert answered(world.author.ask("GET", f"{module.admin_path}/preview"))["module"] == shown["module"]


def test_a_draft_that_is_not_complete_is_shown_as_far_as_it_has_come(world: World) -> None:
    module = replace(world.module(), content={"title": "Only a title"})
    answered(world.author.drafts(module))
    shown = answered(world.author.ask("GET", f"{module.admin_path}/preview"), 200)
    assert "module" not in shown
    assert shown["questions"] == []
    assert {"field": "summary", "rule": "must not be blank"} in shown["gaps"]
    assert shown["gaps"] == world.author.publishes(module).json()["gaps"]


# Errata


def test_an_erratum_to_a_disclosure_is_told_and_has_to_be_acknowledged_before_the_next_attempt(world: World) -> None:
    module = world.published(test={"cooldown_hours": 0})
    ada = world.learner().is_ready_for(module)
    ada.fails()
    before = answered(world.public(module.path))
    someone = before["faculty"][0]["name"]
    disclosure = {
        "relationships": [{"company": "Pharma Ltd", "nature": "lecture fee"}],
        "mitigated": True,
        "declared_on": world.today.isoformat(),
    }
    erratum = {"text": "A lecture fee was left out.", "reason": "reported", "name": someone, "disclosure": disclosure}
    published = answered(world.admin.ask("POST", f"{module.admin_path}/errata", erratum), 201)
    # Asked for again, it is the one there is.
    assert answered(world.admin.ask("POST", f"{module.admin_path}/errata", erratum), 200) == published
    after = answered(world.public(module.path))
    assert after["faculty"][0]["disclosure"] == disclosure
    assert [one["text"] for one in after["errata"]] == ["A lecture fee was left out."]
    assert "reason" not in after["errata"][0]
    assert after["information_hash"] == published["information_hash"] != before["information_hash"]
    unchanged = {name: value for name, value in after.items() if name not in ("faculty", "errata", "information_hash")}
    assert unchanged == {name: before[name] for name in unchanged}
    assert answered(world.author.ask("GET", module.admin_path)) == module.content

    assert ada.enrolment()["acknowledged"] is False
    refused = ada.start()
    assert problem(refused) == (409, "not-acknowledged")
    assert refused.json()["information_hash"] == after["information_hash"]
    assert problem(ada.acknowledge(before["information_hash"])) == (409, "information-changed")
    answered(ada.acknowledge())
    assert ada.passes()["state"] == "certified"
    history = answered(world.author.ask("GET", f"{module.admin_path}/errata"))
    assert [(one["by"], one["reason"]) for one in history["errata"]] == [("admin", "reported")]


def test_an_attempt_under_way_is_not_disturbed_by_an_erratum(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    form = ada.begins()
    answered(world.admin.ask("POST", f"{module.admin_path}/errata", {"text": "Slide 3.", "reason": "seen"}), 201)
    answered(ada.submit(module.right(form)), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_only_a_published_edition_has_errata_and_only_of_its_faculty(world: World) -> None:
    draft = world.module()
    answered(world.author.drafts(draft))
    erratum = {"text": "Wrong.", "reason": "seen"}
    assert problem(world.author.ask("POST", f"{draft.admin_path}/errata", erratum)) == (404, "not-found")
    assert problem(world.author.ask("GET", f"{draft.admin_path}/errata")) == (404, "not-found")
    module = world.published()
    stranger = erratum | {
        "name": "Dr. Who",
        "disclosure": {"relationships": [], "declared_on": world.today.isoformat()},
    }
    refused = world.author.ask("POST", f"{module.admin_path}/errata", stranger)
    assert problem(refused) == (422, "invalid-request")
    assert [error["loc"] for error in refused.json()["errors"]] == [["body", "name"]]
    assert "errata" not in answered(world.public(module.path))


# Whom a module is for


def test_a_module_for_some_professions_declines_others_who_may_ask_anew(world: World) -> None:
    module = world.published(professions=["MD", "DO"])
    assert answered(world.public(module.path))["professions"] == ["MD", "DO"]
    nurse = world.learner()
    answered(nurse.introduce(profession="Nurse"))
    answered(nurse.enrol(module), 202)
    world.deliver()
    declined = nurse.enrolment()
    assert (declined["state"], declined["reason"]) == ("declined", "profession-not-admitted")
    assert "profile" in declined["what_to_do"]
    answered(nurse.introduce(profession="MD"))
    answered(nurse.enrol(module), 202)
    world.deliver()
    assert nurse.enrolment()["state"] == "confirmed"


def test_a_module_that_builds_on_another_admits_whoever_has_passed_that(world: World) -> None:
    basics = world.published()
    advanced = world.published(prerequisites=[basics.module_id])
    assert answered(world.public(advanced.path))["prerequisites"] == [basics.module_id]
    ada = world.learner()
    answered(ada.enrol(advanced), 202)
    world.deliver()
    assert (ada.enrolment()["state"], ada.enrolment()["reason"]) == ("declined", "prerequisite-missing")
    ada.earns(basics)
    answered(ada.enrol(advanced), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "confirmed"


def test_two_authors_do_not_write_over_each_other(world: World) -> None:
    """The bank, too, is a change that the other has to see first."""
    module = world.module()
    seen = world.author.drafts(module).headers["etag"]
    answered(world.author.attaches_bank(module))
    theirs = copy.deepcopy(module.content) | {"title": "Theirs"}
    refused = world.author.ask("PUT", module.admin_path, theirs, if_match=seen)
    assert problem(refused) == (412, "version-conflict")
    current = world.author.ask("GET", module.admin_path).headers["etag"]
    assert json.loads(current.strip('"')) == refused.json()["version"]
    answered(world.author.ask("PUT", module.admin_path, theirs, if_match=current))
