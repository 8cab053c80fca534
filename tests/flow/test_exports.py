"""Reports to accreditors: jobs whose files count as reported once the office says that they were taken."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from shared.bootstrap import deps
from tests.flow.journey import Begin, Export, Learner, Module, World, answered, instant, problem

PHYSICIAN = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "licence": "A-12345",
    "licence_state": "IL",
    "birth_month_day": "12-10",
    "reporting_consent": True,
}
PROVIDER = "1234567"
ACTIVITY = "202212345"
AMA = {"scheme": "AMA-PRA", "category": "Category 1", "maximum": "1.00", "step": "0.25", "activity_id": ACTIVITY}


@pytest.fixture
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        deps().pars_provider = PROVIDER
        yield world


@pytest.fixture
def module(world: World) -> Module:
    """A module that carries AMA PRA credit, which the learner claims."""
    return world.published(credits=[AMA], claim="claimed", title="Home")


def graduate(world: World, module: Module, sub: str | None = None, **profile: Any) -> Learner:
    """Somebody who claimed three quarters of a credit."""
    learner = world.learner(sub, name="Dr. Ada Lovelace")
    answered(learner.introduce(**{**PHYSICIAN, **profile}))
    learner.is_ready_for(module).passes()
    answered(learner.claim(("AMA-PRA", "0.75")), 202)
    world.deliver()
    return learner


def accepted(world: World, export: Export) -> None:
    answered(world.admin.accepts(export.job["job"]), 200)


def test_pars_is_told_of_a_completion_once(world: World, module: Module) -> None:
    ada = graduate(world, module)
    number = ada.enrolment()["certificate"]
    export = world.admin.exports("pars.json")
    assert export.json() == [
        {
            "action": "add",
            "credit_id": f"ccid:{PROVIDER}:{number}-{ACTIVITY}",
            "provider_id": PROVIDER,
            "activity_id": ACTIVITY,
            "given_name": "Ada",
            "family_name": "Lovelace",
            "licence_state": "IL",
            "licence_number": "A-12345",
            "npi": None,
            "birth_month": "12",
            "birth_day": "10",
            "permission": True,
            "completed_on": world.today.isoformat(),
            "credit": "0.75",
        }
    ]
    assert (export.job["reported"], export.job["skipped"]) == (1, [])
    accepted(world, export)
    again = world.admin.exports("pars.json")
    assert (again.json(), again.job["reported"], again.job["job"] != export.job["job"]) == ([], 0, True)
    # What was reported in one format is reported.
    assert world.admin.exports("pars.tsv").job["reported"] == 0
    assert world.admin.exports("pars.json", all=True).json() == export.json()


def test_pars_takes_tab_delimited_text_too(world: World, module: Module) -> None:
    graduate(world, module)
    export = world.admin.exports("pars.tsv")
    titles, cells = [line.split("\t") for line in export.file.decode().removesuffix("\r\n").split("\r\n")]
    record = dict(zip(titles, cells, strict=True))
    assert record["Record Action"] == "Add"
    assert record["ACCME Activity ID"] == ACTIVITY
    assert record["Completion Date"] == f"{world.today:%m/%d/%Y}"
    assert record["Number of CME Credits"] == "0.75"
    assert export.headers["Content-Type"] == "text/tab-separated-values; charset=utf-8"


def test_a_revocation_is_a_deletion_and_a_restoration_an_addition(world: World, module: Module) -> None:
    ada = graduate(world, module)
    accepted(world, world.admin.exports("pars.json"))
    number = ada.enrolment()["certificate"]
    answered(world.admin.revokes(number))
    revoked = world.admin.exports("pars.json")
    [deletion] = revoked.json()
    assert (deletion["action"], deletion["credit"]) == ("delete", "0.75")
    assert deletion["credit_id"].endswith(f"{number}-{ACTIVITY}")
    accepted(world, revoked)
    assert world.admin.exports("pars.json").json() == []
    answered(world.admin.ask("POST", f"/admin/certificates/{number}/restoration", {"reason": "By mistake"}), 200)
    [addition] = world.admin.exports("pars.json").json()
    assert {**addition, "action": ""} == {**deletion, "action": ""}


def test_a_correction_is_a_deletion_and_an_addition(world: World, module: Module) -> None:
    ada = graduate(world, module)
    accepted(world, world.admin.exports("pars.json"))
    answered(ada.introduce(family_name="King"))
    corrected = world.admin.exports("pars.json")
    assert [(line["action"], line["family_name"]) for line in corrected.json()] == [
        ("delete", "Lovelace"),
        ("add", "King"),
    ]
    # Nobody accepted it: it is told again.
    assert world.admin.exports("pars.json").json() == corrected.json()


def test_who_could_not_be_told_is_named_with_the_reasons(world: World, module: Module) -> None:
    graduate(world, module, "quiet", reporting_consent=False)
    graduate(world, module, "hasty", family_name=None, birth_month_day=None)
    graduate(world, module, "listed", licence=None, npi="1234567893")
    export = world.admin.exports("pars.json")
    assert [line["npi"] for line in export.json()] == ["1234567893"]
    assert export.skipped == {"quiet": ["no-consent"], "hasty": ["name-not-split", "birthday-missing"]}


def test_without_consent_no_report_says_anything_of_a_learner(world: World, module: Module) -> None:
    graduate(world, module, "quiet", reporting_consent=None)
    for kind in ("participants.csv", "pars.json", "pars.tsv", "xapi.json"):
        export = world.admin.exports(kind, all=True)
        assert b"quiet" not in export.file
        assert b"Lovelace" not in export.file
        assert (export.job["reported"], export.skipped) == (0, {"quiet": ["no-consent"]})


def test_participants_of_an_edition_are_a_spreadsheet(world: World, module: Module) -> None:
    ada = graduate(world, module, "ada", licence='=HYPERLINK("http://evil.example")')
    other = world.published()
    ben = world.learner("ben").is_ready_for(other)
    answered(ben.introduce(reporting_consent=True))
    terms = {"module_id": module.module_id, "edition": module.edition}
    export = world.admin.exports("participants.csv", **terms)
    assert export.file.startswith(b"\xef\xbb\xbf")
    assert export.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert export.headers["Content-Disposition"] == f'attachment; filename="{world.now:%Y-%m-%d}-participants.csv"'
    [row] = export.rows()
    assert (row["learner"], row["name"], row["state"], row["credit"]) == (
        "ada",
        "Dr. Ada Lovelace",
        "certified",
        "0.75 AMA-PRA",
    )
    assert row["licence"] == "'" + '=HYPERLINK("http://evil.example")'
    assert row["certificate"] == ada.enrolment()["certificate"]
    assert row["points"] == row["max_points"]
    accepted(world, export)
    assert [row["learner"] for row in world.admin.exports("participants.csv").rows()] == ["ben"]


def test_xapi_tells_the_journey_under_a_pseudonym(world: World, module: Module) -> None:
    ada = world.learner("ada", name="Dr. Ada Lovelace")
    answered(ada.introduce(**PHYSICIAN))
    ada.is_ready_for(module)
    world.wait(minutes=10)
    answered(ada.watch((0, 300)))
    ada.fails()
    world.wait(hours=24)
    ada.passes()
    answered(ada.claim(("AMA-PRA", "0.75")), 202)
    world.deliver()
    export = world.admin.exports("xapi.json")
    statements = export.json()
    said = [statement["verb"]["display"]["en"] for statement in statements]
    assert said == ["enrolled", "viewed", "attempted", "failed", "attempted", "passed", "earned"]
    assert b"Lovelace" not in export.file
    assert b"@" not in export.file
    by_verb = {statement["verb"]["display"]["en"]: statement for statement in statements}
    assert by_verb["passed"]["actor"]["account"] == {"homePage": world.system.address, "name": "ada"}
    assert by_verb["passed"]["object"]["id"].startswith(f"{world.system.address}{module.path}")
    attempts = ada.enrolment()["attempts"]
    assert instant(by_verb["failed"]["timestamp"]) == instant(attempts[0]["submitted_at"])
    assert by_verb["passed"]["result"]["score"]["raw"] == attempts[1]["points"]
    for statement in statements:
        uuid.UUID(statement["id"])
    accepted(world, export)
    assert world.admin.exports("xapi.json").json() == []
    assert {line["id"] for line in world.admin.exports("xapi.json", all=True).json()} == {
        statement["id"] for statement in statements
    }


def test_a_time_is_told_alone(world: World, module: Module) -> None:
    graduate(world, module)
    first = world.today
    world.wait(days=40)
    graduate(world, module)
    told = world.admin.exports("pars.json", **{"from": str(first), "to": str(first)}).json()
    assert [line["completed_on"] for line in told] == [str(first)]
    assert len(world.admin.exports("pars.json", **{"from": str(first)}).json()) == 2


def test_two_clicks_start_one_run_and_a_repeated_acceptance_changes_nothing(world: World, module: Module) -> None:
    graduate(world, module)
    jobs = {answered(world.admin.starts_export("pars.json"), 202)["job"] for _ in range(2)}
    [job] = jobs
    assert problem(world.admin.accepts(job)) == (409, "version-conflict")
    running = answered(world.admin.ask("GET", f"/admin/jobs/{job}"), 200)
    assert (running["state"], running["reported"], "url" in running, "skipped" in running) == (
        "running",
        0,
        False,
        False,
    )
    world.deliver()
    first = answered(world.admin.accepts(job), 200)
    world.wait(hours=1)
    assert answered(world.admin.accepts(job), 200) == first
    assert world.admin.export(job).job["accepted_at"] == first["accepted_at"]
    world.wait(days=30)
    late = answered(world.admin.ask("GET", f"/admin/jobs/{job}"), 200)
    assert ("url" in late, late["accepted_at"]) == (False, first["accepted_at"])


def test_an_export_is_nothing_for_authors(world: World, module: Module) -> None:
    job = world.admin.exports("participants.csv").job["job"]
    assert problem(world.author.ask("GET", f"/admin/jobs/{job}")) == (404, "not-found")
    assert problem(world.author.ask("POST", "/admin/exports/participants.csv", {})) == (403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [
        {"from": "2022-02-01", "to": "2022-01-31"},
        {"from": "1 May"},
        {"module_id": "home"},
        {"edition": 1},
        {"all": "yes"},
        {"from": 20220101},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_refused(world: World, body: dict[str, object]) -> None:
    assert problem(world.admin.starts_export("pars.json", **body)) == (422, "invalid-request")


def test_an_edition_that_is_not_there_is_not_found(world: World) -> None:
    assert problem(world.admin.starts_export("pars.json", module_id="absent", edition=1)) == (404, "not-found")


def test_what_was_started_by_no_export_is_not_accepted(world: World, module: Module) -> None:
    job = answered(world.author.computes_statistics(module), 202)["job"]
    world.deliver()
    assert problem(world.admin.accepts(job)) == (404, "not-found")


def test_more_learners_than_a_page_and_a_page_that_breaks_off(
    world: World, module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third write of the file fails once, after its page has left its proposals."""
    monkeypatch.setattr("functions.operations.work.exports.PAGE", 1)
    learners = [graduate(world, module) for _ in range(4)]
    files = deps().export_files
    grow, calls = files.grow, []

    def breaks_off_once(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            raise TimeoutError
        return grow(*arguments, **named)

    monkeypatch.setattr(files, "grow", breaks_off_once)
    export = world.admin.exports("participants.csv")
    assert len(calls) > len(learners)
    assert sorted(row["learner"] for row in export.rows()) == sorted(learner.sub for learner in learners)
    assert (export.job["reported"], export.job["done"], export.job["total"]) == (4, 4, 4)
    accepted(world, export)
    assert world.admin.exports("participants.csv").rows() == []


def test_what_a_run_leaves_with_a_learner_is_found_with_the_learner(world: World, module: Module) -> None:
    ada = graduate(world, module)
    accepted(world, world.admin.exports("pars.json"))
    answered(ada.introduce(given_name="Augusta"))
    world.admin.exports("pars.json")
    [kept] = world.facts_of(ada, "REPORTED#")
    assert len(kept["proposals"]) == 1
    [said] = kept["accepted"].values()
    assert said["facts"]["given_name"] == "Ada"
