"""What is held about a learner is shown to them whole; erased, it names nobody any more, save the evidence."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.domain.holdings import WITHHELD
from tests.flow.journey import JSON, Begin, Learner, Module, Rows, World, answered, everything, problem
from tests.flow.story import EVALUATION
from tests.flow.test_answer_key import OF_THE_KEY, names_in

NAME = "Zenobia Quint-Okonkwo"
CORRECTED = "Zenobia Quintessa"
# Whatever of these stands anywhere names her.
PERSONAL = (
    "Zenobia",
    "Okonkwo",
    "Quint",
    "zq@example.org",
    "LIC-770199",
    "1999999984",
    "07-19",
    "dyslexia",
    "Aunt May",
)
# Rows about a learner that the manifest names as kept elsewhere.
ELSEWHERE = ("FAILURE#", "SKIPS#", "CHAIN", "ACT#")
ERASED = (409, "learner-erased")


@dataclass(frozen=True)
class Life:
    """A learner of whom everything is held that this system can hold."""

    world: World
    zenobia: Learner
    automatic: Module
    claimed: Module
    number: str
    claimed_number: str


def lived(world: World) -> Life:
    automatic = world.published()
    claimed = world.published(claim="claimed", evaluation=EVALUATION)
    zenobia = world.learner("zq", name=NAME)
    answered(world.admin.accommodates("zq", automatic, minutes=10, attempts=1))
    granted = {"extra_minutes": 5, "extra_attempts": 0, "reason": "dyslexia"}
    answered(world.admin.ask("PUT", f"/admin/learners/zq/accommodations/{claimed.module_id}", granted))
    number = fails_then_earns(zenobia, automatic)
    claimed_number = claims(zenobia, claimed)
    answered(zenobia.earned_elsewhere(title="A talk for Aunt May"), 201)
    answered(world.admin.reissues(number, attested_name=CORRECTED, reason=f"Not {NAME}"), 202)
    answered(world.admin.revokes(claimed_number))
    answered(world.admin.restores(claimed_number, f"{NAME} was right"))
    world.deliver()
    third = world.published()
    answered(zenobia.enrol(third), 202)
    world.deliver()
    for kind in ("participants.csv", "pars.json", "xapi.json"):
        answered(world.admin.accepts(world.admin.exports(kind).job["job"]), 200)
    return Life(world, zenobia, automatic, claimed, number, claimed_number)


def fails_then_earns(zenobia: Learner, module: Module) -> str:
    zenobia.is_ready_for(module)
    answered(
        zenobia.introduce(
            given_name="Zenobia",
            family_name="Quint-Okonkwo",
            licence="LIC-770199",
            licence_state="IL",
            npi="1999999984",
            birth_month_day="07-19",
            reporting_consent=True,
        )
    )
    zenobia.fails()
    zenobia.world.wait(hours=24)
    return str(zenobia.passes()["certificate"])


def claims(zenobia: Learner, module: Module) -> str:
    answered(zenobia.enrol(module), 202)
    zenobia.world.deliver()
    answered(zenobia.acknowledge())
    zenobia.passes()
    answered(zenobia.evaluate(useful="As Aunt May says: very"))
    number = answered(zenobia.claim(("ESMO-MORA", "1.00"), show_name=True), 202)["certificate"]
    zenobia.world.deliver()
    return str(number)


def erased(life: Life) -> Any:
    """Her erasure, and all the time it takes; the job at its end."""
    job = life.zenobia.asks_to_be_erased()
    life.world.go_on_with_what_waits(minutes=6)
    return answered(life.world.admin.job(job), 200)


@dataclass(frozen=True)
class Before:
    """What was there before the erasure."""

    export: Any
    tables: Mapping[str, Rows]
    places: Mapping[str, str]
    documents: Mapping[str, bytes]


@dataclass(frozen=True)
class Story:
    life: Life
    before: Before
    job: Any


@pytest.fixture(scope="module")
def story(begin: Begin) -> Iterator[Story]:
    with begin() as world:
        life = lived(world)
        documents = {key.partition("@")[0]: body for key, body in world.objects("DocumentBucket").items()}
        before = Before(
            export=life.zenobia.all_that_is_held(),
            tables=world.tables(),
            places=everything(world),
            documents={key: body for key, body in documents.items() if key.startswith("certificates/")},
        )
        yield Story(life, before, erased(life))


@pytest.fixture
def life(story: Story) -> Life:
    return story.life


# Export


def _shown(facts: Any) -> Any:
    if isinstance(facts, dict):
        return {name: _shown(value) for name, value in facts.items() if name not in WITHHELD}
    return [_shown(each) for each in facts] if isinstance(facts, list) else facts


def test_nothing_that_is_stored_about_a_learner_is_missing_in_their_export(story: Story) -> None:
    exported = [record for records in story.before.export["records"].values() for record in records]
    names = ("LEARNER#zq", '"zq"', "MAIL#zq", story.life.number, story.life.claimed_number)
    about = [
        (key, row)
        for rows in story.before.tables.values()
        for key, row in rows.items()
        if any(name in json.dumps([*key, row]) for name in names)
        and not any(part in key[0] + key[1] for part in ELSEWHERE)
    ]
    kinds = {key[1].partition("#")[0] for key, _ in about}
    assert kinds >= {"PROFILE", "CONTACT", "MEMBERSHIP", "TERM", "ACCOMMODATION", "ENROLMENT", "ATTEMPT", "CLAIM"}
    assert kinds >= {"REISSUE", "CREDIT", "REPORTED", "HEAD", "VERSION"}
    assert any(key[0] == "MAIL#zq" for key, _ in about)
    for key, row in about:
        facts = _shown(row["facts"])
        assert any(facts.items() <= record.items() for record in exported), key


def test_the_manifest_counts_what_is_there_and_says_what_is_kept_elsewhere_and_why(story: Story) -> None:
    export = story.before.export
    manifest = export["manifest"]
    assert manifest["learner_id"] == "zq"
    assert {each["kind"]: each["records"] for each in manifest["records"]} == {
        kind: len(records) for kind, records in export["records"].items()
    }
    assert all(all(each.values()) for each in manifest["elsewhere"])
    assert set(manifest["withheld"]) == WITHHELD


def test_the_export_has_the_answers_given_and_nothing_of_the_key(story: Story) -> None:
    export = story.before.export
    assert all(attempt["answers"] for attempt in export["records"]["attempts"])
    assert not names_in(export) & (OF_THE_KEY | WITHHELD)
    text = json.dumps(export, ensure_ascii=False)
    assert not [rationale for rationale in story.life.automatic.rationales if rationale in text]


def test_nobody_gets_what_is_held_about_another(life: Life) -> None:
    held = life.world.learner("other", member=False).all_that_is_held()["records"]
    assert [records for records in held.values() if records] == []


# Erasure


def test_what_the_search_looks_for_is_there_before_the_erasure(story: Story) -> None:
    text = " ".join(story.before.places.values())
    assert [word for word in PERSONAL if word not in text] == []


def test_after_the_erasure_nothing_but_the_evidence_names_the_learner(story: Story) -> None:
    assert story.job["state"] == "finished"
    places = everything(story.life.world)
    assert [(place, word) for place, text in places.items() for word in PERSONAL if word in text] == []
    assert not [place for place in places if place.startswith("certificates/")]


def test_no_log_ever_named_the_learner(story: Story, state: Path) -> None:
    log = (state / "functions.log").read_text("utf-8")
    assert "answered" in log
    assert [word for word in PERSONAL if word in log] == []


def test_participation_stays_under_the_pseudonym(life: Life) -> None:
    held = life.zenobia.all_that_is_held()["records"]
    assert {kind: len(records) for kind, records in held.items() if kind in ("attempts", "claims", "reissues")} == {
        "attempts": 3,
        "claims": 2,
        "reissues": 1,
    }
    assert sorted(each["state"] for each in held["enrolments"]) == ["certified", "certified", "withdrawn"]
    assert sum(entry["kind"] == "award" for entry in held["ledger"]) == 2
    assert all(attempt["answers"] for attempt in held["attempts"])
    assert not {"profile", "contact", "membership", "search_terms"} & set(held)


def test_a_certificate_verifies_without_its_holders_name(life: Life) -> None:
    for number, version in ((life.number, 2), (life.claimed_number, 1)):
        shown = answered(life.world.public(f"/verify/{number}", **JSON), 200)
        assert (shown["status"], shown["version"]) == ("valid", version)
        assert shown["title"]
        assert shown["credits"] == [{"scheme": "ESMO-MORA", "category": "Category 1", "amount": "1.00"}]
        assert "holder" not in shown
        page = life.world.public(f"/verify/{number}", accept="text/html", accept_language="en").body.decode()
        assert "Withheld: the holder has had their personal data erased." in page


def test_the_evidence_holds_the_very_documents_and_who_the_learner_was(story: Story) -> None:
    life, documents = story.life, story.before.documents
    kept = {key.partition("@")[0]: body for key, body in life.world.objects("EvidenceBucket").items()}
    identity = json.loads(kept.pop("learners/zq/identity.json"))
    assert kept == {f"learners/zq/{key}": body for key, body in documents.items()}
    assert sorted(key.rpartition(".")[2] for key in kept) == ["json"] * 3 + ["jwt"] * 3 + ["pdf"] * 3
    assert (identity["profile"]["name"], identity["profile"]["licence"]) == (NAME, "LIC-770199")
    assert identity["contact"]["email"] == "zq@example.org"
    assert {each["name"] for each in identity["attested"]} == {NAME, CORRECTED}


def test_after_the_erasure_no_call_brings_anything_back(life: Life) -> None:
    zenobia, world = life.zenobia, life.world
    before = world.tables()
    zenobia.module = life.claimed
    refused = [
        zenobia.introduce(),
        zenobia.enrol(life.automatic),
        zenobia.earned_elsewhere(),
        zenobia.evaluate(useful="x"),
        zenobia.ask("GET", f"/certificates/{life.number}/pdf", **JSON),
        zenobia.ask("GET", f"/certificates/{life.number}/credential"),
        world.admin.reissues(life.number, supersedes=2, attested_name="Dr. Back"),
        world.admin.accommodates("zq", life.claimed, minutes=1),
    ]
    assert [problem(response) for response in refused] == [ERASED] * len(refused)
    answered(zenobia.ask("DELETE", "/me"), 202)
    world.deliver()
    assert world.tables() == before


def test_a_reissue_of_the_edition_leaves_out_who_is_erased(life: Life) -> None:
    answered(life.world.admin.reissues_all(life.automatic, "all"), 202)
    life.world.deliver()
    assert answered(life.world.admin.certificate(life.number))["version"] == 2


def test_a_report_leaves_out_who_is_erased_and_takes_nothing_back(life: Life) -> None:
    for kind in ("participants.csv", "pars.json", "xapi.json"):
        export = life.world.admin.exports(kind)
        assert export.job["reported"] == 0
        assert export.skipped["zq"] == ["learner-erased"] * 3
