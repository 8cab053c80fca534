"""What the office needs day by day: who is a member, who somebody is, and how far everyone is."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.flow.journey import Begin, World, answered, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def imported(world: World, csv: str) -> Any:
    return world.admin.ask("POST", "/admin/memberships", csv, content_type="text/csv; charset=utf-8")


def everyone(world: World, path: str, field: str, limit: int = 2) -> list[Any]:
    """All entries of a list, page by page."""
    found: list[Any] = []
    mark = "&" if "?" in path else "?"
    cursor = ""
    while cursor is not None:
        after = f"&cursor={quote(cursor)}" if cursor else ""
        page = answered(world.admin.ask("GET", f"{path}{mark}limit={limit}{after}"), 200)
        assert len(page[field]) <= limit
        found += page[field]
        cursor = page["next"]
    return found


def looked_for(world: World, q: str) -> list[str]:
    return sorted(one["learner_id"] for one in everyone(world, f"/admin/learners?q={quote(q)}", "learners"))


# Memberships


def test_a_file_of_memberships_lets_its_learners_in_and_says_what_was_news(world: World) -> None:
    csv = "learner_id,member,until\nimp-a,true,2030-12-31\nimp-b,true,\nimp-c,false,\n"
    assert answered(imported(world, csv), 200) == {"memberships": 3, "changed": 3}
    assert answered(imported(world, csv), 200) == {"memberships": 3, "changed": 0}
    answered(world.admin.admits("imp-b", member=False))
    assert answered(imported(world, csv), 200) == {"memberships": 3, "changed": 1}
    rows = {"memberships": [{"learner_id": "imp-c", "member": True}]}
    assert answered(world.admin.ask("POST", "/admin/memberships", rows), 200) == {"memberships": 1, "changed": 1}
    module = world.published()
    learners = [world.learner(name, member=False) for name in ("imp-a", "imp-b", "imp-c")]
    for learner in learners:
        answered(learner.enrol(module), 202)
    world.deliver()
    assert {learner.enrolment()["state"] for learner in learners} == {"confirmed"}
    listed = {one["learner_id"]: one for one in everyone(world, "/admin/memberships", "memberships")}
    assert listed["imp-a"] == {"learner_id": "imp-a", "member": True, "until": "2030-12-31"}
    assert listed["imp-a"] == answered(world.admin.ask("GET", "/admin/learners/imp-a/membership"))


def test_a_file_with_an_error_is_refused_whole_with_every_line(world: World) -> None:
    before = world.rows("LearningTable")
    refused = imported(world, "learner_id,member,until\nok-a,true,\nNot Ok,true,\nok-b,maybe,2030-13-01\n")
    assert problem(refused) == (422, "import-failed")
    assert [error["line"] for error in refused.json()["errors"]] == [3, 4, 4]
    assert world.rows("LearningTable") == before
    assert problem(world.admin.ask("POST", "/admin/memberships", b"\xff\xfe", content_type="text/csv")) == (
        422,
        "import-failed",
    )


# Learners


def test_a_learner_is_found_by_name_licence_and_address_however_they_are_typed(world: World) -> None:
    world.published(world.module("open-to-all", members_only=False))
    jurg = world.learner("jurg", name="Jürg Ømdal", member=False)
    answered(jurg.introduce(licence="CH 99-1234"))
    mail = world.learner("by-mail", name="Ludmila", member=False)
    answered(mail.ask("PUT", "/modules/open-to-all/enrolment"), 202)
    for q in ("jürg", "JURG", "omdal jur", "Ømdal", "ch991234", "99-1234"):
        assert looked_for(world, q) == ["jurg"], q
    for q in ("by-mail@example", "ludmila"):
        assert looked_for(world, q) == ["by-mail"], q
    assert looked_for(world, "jurg keller") == []
    answered(jurg.introduce(name="Georg Ømdal", licence=None))
    # The token still says the old name; what the profile no longer says finds nobody.
    assert looked_for(world, "georg") == ["jurg"]
    assert looked_for(world, "ch991234") == []
    names = [one["name"] for one in everyone(world, "/admin/learners", "learners")]
    assert {"Georg Ømdal", "Ludmila"} <= set(names)


def test_one_page_tells_all_about_a_learner(world: World) -> None:
    module, other = world.published(), world.published()
    ada = world.learner("page-ada", name="Ada Page")
    number = ada.earns(module)
    ada.is_ready_for(other).fails()
    answered(world.admin.accommodates("page-ada", other, minutes=15))
    page = answered(world.admin.ask("GET", "/admin/learners/page-ada"), 200)
    assert (page["name"], page["profile"]["profession"], page["membership"]["member"]) == ("Ada Page", "MD", True)
    states = {one["module_id"]: (one["state"], len(one["attempts"])) for one in page["enrolments"]}
    assert states == {module.module_id: ("certified", 1), other.module_id: ("confirmed", 1)}
    [certificate] = page["certificates"]
    assert (certificate["number"], certificate["status"], certificate["version"]) == (number, "valid", 1)
    assert [credit["amount"] for credit in certificate["credits"]] == ["1.00"]
    assert [granted["extra_minutes"] for granted in page["accommodations"]] == [15]
    transcript = answered(ada.ask("GET", "/transcript"))
    assert (page["totals"], page["cycle"]) == (transcript["totals"], transcript["cycle"])
    assert problem(world.admin.ask("GET", "/admin/learners/nobody")) == (404, "not-found")


def test_what_learners_are_granted_is_listed_by_learner_and_by_module(world: World) -> None:
    module = world.published(world.module("granting"))
    for learner in ("grant-a", "grant-b"):
        answered(world.admin.accommodates(learner, module, attempts=1))
    mine = answered(world.admin.ask("GET", "/admin/learners/grant-a/accommodations"))["accommodations"]
    assert mine == [answered(world.admin.accommodation("grant-a", module))]
    everything = everyone(world, "/admin/accommodations", "accommodations", limit=1)
    assert [one["learner_id"] for one in everything if one["module_id"] == "granting"] == ["grant-a", "grant-b"]


# Enrolments


def test_who_is_enrolled_in_an_edition_and_how_far_they_are(world: World) -> None:
    module = world.published()
    passed, failed, waiting = world.ready(module, 3)
    passed.passes()
    failed.fails()
    stranger = world.learner(member=False)
    answered(stranger.enrol(module), 202)
    world.deliver()
    listed = {one["learner_id"]: one for one in everyone(world, f"{module.admin_path}/enrolments", "enrolments")}
    assert {learner: one["state"] for learner, one in listed.items()} == {
        passed.sub: "certified",
        failed.sub: "confirmed",
        waiting.sub: "confirmed",
        stranger.sub: "declined",
    }
    assert {one["attempts"] for one in listed.values()} == {0, 1}
    assert listed[passed.sub]["certificate"] == passed.enrolment()["certificate"]
    assert listed[stranger.sub]["reason"] == "not-a-member"
    assert listed[passed.sub]["name"] == passed.full_name
    assert "answers" not in json.dumps(listed)
    draft = world.module()
    answered(world.author.drafts(draft))
    assert problem(world.admin.ask("GET", f"{draft.admin_path}/enrolments")) == (404, "not-found")


@pytest.mark.parametrize(
    "path", ["/admin/learners?q=a&", "/admin/learners?", "/admin/memberships?", "/admin/accommodations?"]
)
def test_lists_take_no_other_values(world: World, path: str) -> None:
    for query in ("limit=0", "limit=201", "limit=x", "cursor=%25", "cursor=bm90aGluZw"):
        assert problem(world.admin.ask("GET", path + query)) == (422, "invalid-request"), query
