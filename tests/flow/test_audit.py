"""Whatever authors and admins do is in the audit, once, and the audit shows what was done to itself."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.pollers import Delivery
from shared.acting import digest
from shared.api.contract.modules import GIFT
from shared.api.openapi import OPERATIONS
from shared.api.operation import Operation
from tests.flow.journey import Begin, Learner, Module, Rows, World, answered
from tests.support import bank_files

AUDITED = [operation for operation in OPERATIONS if operation.groups and operation.method != "GET"]
REASON = "Married: Dr. Ada Byron is now Countess of Lovelace"


def by_id(operation: Operation) -> str:
    return operation.id


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    """Messages come twice and in any order."""
    with begin() as world:
        world.system.delivery = Delivery(times=2, seed=1)
        yield world


@pytest.fixture(scope="module")
def ada(world: World) -> Learner:
    """Has a certificate, of which a report was written."""
    ada = world.learner("ada", name="Ada Lovelace")
    ada.earns(world.published(world.module("first")))
    answered(world.admin.ask("POST", "/admin/exports/xapi.json", {"all": True}), 202)
    world.deliver()
    return ada


def number_of(ada: Learner) -> str:
    return str(answered(ada.ask("GET", "/certificates"))["certificates"][0]["number"])


def a_draft(world: World) -> Module:
    module = world.module()
    answered(world.author.drafts(module))
    return module


def a_complete_draft(world: World) -> Module:
    module = a_draft(world)
    answered(world.author.attaches_bank(module))
    return module


def an_upload(world: World) -> None:
    """The file comes at once: the clock stands still, and an import waits for it without a pause."""
    path = f"{a_draft(world).admin_path}/questions/uploads"
    address = answered(world.author.ask("POST", path, {"media_type": GIFT}), 202)["url"]
    request = urllib.request.Request(
        address, method="PUT", data=bank_files.GIFT.encode(), headers={"Content-Type": GIFT}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def finished_export(world: World) -> str:
    jobs = [row["facts"] for (pk, _), row in world.rows("OperationsTable").items() if pk.startswith("JOB#export-")]
    return next(str(job["job"]) for job in jobs if job["finished_at"])


def entries(world: World) -> list[Any]:
    """The whole audit, a page at a time."""
    found, path = [], "/admin/audit?limit=7"
    while path:
        page = answered(world.admin.ask("GET", path), 200)
        found += page["entries"]
        path = f"/admin/audit?limit=7&cursor={page['next']}" if page["next"] else ""
    return found


def verification(world: World) -> Any:
    return answered(world.admin.ask("GET", "/admin/audit/verification"), 200)


def separated(world: World, primary: str, other: str) -> None:
    answered(world.admin.joins(primary, other), 201)
    answered(world.admin.separates(primary, other), 200)


Does = Callable[[World, Learner], object]
# One request for each operation of authors and admins that changes something; what it needs before, it does first.
ACTS: dict[str, Does] = {
    "putEdition": lambda world, _: world.author.drafts(world.module()),
    "putQuestions": lambda world, _: world.author.attaches_bank(a_draft(world)),
    "uploadQuestions": lambda world, _: an_upload(world),
    "publishEdition": lambda world, _: world.author.publishes(a_complete_draft(world)),
    "retireEdition": lambda world, _: world.author.retires(world.published()),
    "putMembership": lambda world, ada: world.admin.admits(ada.sub, member=False),
    "publishErratum": lambda world, ada: world.author.ask(
        "POST", f"{ada.module.admin_path}/errata", {"text": "A slide was wrong.", "reason": "reported"}
    ),
    "importMemberships": lambda world, _: world.admin.ask(
        "POST", "/admin/memberships", {"memberships": [{"learner_id": f"new-{n}", "member": True} for n in range(3)]}
    ),
    "awardByHand": lambda world, ada: world.admin.ask(
        "POST",
        f"/admin/learners/{ada.sub}/awards",
        {
            "module_id": world.published().module_id,
            "edition": 1,
            "passed_at": world.now.isoformat(),
            "reason": "sat on site",
        },
    ),
    "joinIdentities": lambda world, ada: world.admin.joins(ada.sub, world.learner().sub),
    "separateIdentities": lambda world, ada: separated(world, ada.sub, world.learner().sub),
    "putAccommodation": lambda world, ada: world.admin.accommodates(ada.sub, ada.module, minutes=10),
    "regradeEdition": lambda world, ada: world.author.voids(ada.module, "q01"),
    "computeStatistics": lambda world, ada: world.author.computes_statistics(ada.module),
    "reissueCertificate": lambda world, ada: world.admin.reissues(number_of(ada), reason=REASON),
    "reissueEdition": lambda world, ada: world.admin.reissues_all(ada.module, key="all-of-them"),
    "revokeCertificate": lambda world, ada: world.admin.revokes(number_of(ada), "fraud"),
    "startExport": lambda world, _: world.admin.ask("POST", "/admin/exports/participants.csv", {"all": True}),
    "acceptExport": lambda world, _: world.admin.ask("PUT", f"/admin/exports/{finished_export(world)}/acceptance"),
    "redriveQueue": lambda world, _: world.admin.ask("POST", "/admin/queues/grades/redrive"),
    "restoreCertificate": lambda world, ada: world.admin.restores(number_of(ada)),
}


def test_no_operation_that_changes_something_is_forgotten_here() -> None:
    assert list(map(by_id, AUDITED)) != []
    assert set(ACTS) == set(map(by_id, AUDITED))


@pytest.mark.parametrize("action", ACTS)
def test_everything_that_an_author_or_admin_changed_is_in_the_audit(world: World, ada: Learner, action: str) -> None:
    world.deliver()
    known, stored = entries(world), world.tables()
    ACTS[action](world, ada)
    changed = subjects_changed(stored, world.tables())
    assert changed
    world.deliver()
    new = entries(world)[len(known) :]
    assert {entry["subject"] for entry in new} == changed
    ids = [entry["event_id"] for entry in new]
    assert len(set(ids)) == len(ids)
    of_it = [entry for entry in new if entry["action"] == action]
    assert of_it
    assert len({entry["request"] for entry in of_it}) == 1
    assert {entry["actor"] for entry in of_it} == {"author" if "author" in operation(action).groups else "admin"}


def operation(action: str) -> Operation:
    return next(each for each in AUDITED if each.id == action)


def subjects_changed(before: dict[str, Rows], after: dict[str, Rows]) -> set[str]:
    """What an audit entry calls each item that was written in between.

    A new bank, with the first revision of its key, is nobody's before the draft names it; the shelf's mark only says
    that a status changed, and a place on a status list is taken for the version that names it.
    """
    changed = set()
    for table, rows in after.items():
        for (pk, sk), row in rows.items():
            aside = table == "QuestionTable" or pk == "SHELF" or sk.startswith(("ANNOUNCEMENT", "PLACE#"))
            if aside or row == before[table].get((pk, sk)):
                continue
            if table != "AnswerKeyTable":
                changed.add(f"{pk}/{sk}")
            elif sk != "REVISION#000001":
                changed.add(pk)
    return changed


def test_the_entry_of_a_change_has_the_digests_of_what_is_stored(world: World) -> None:
    key = ("LEARNER#digests", "MEMBERSHIP")
    states = []
    for member in (True, False):
        answered(world.admin.admits("digests", member=member))
        states.append(_stored_text(world, *key))
    world.deliver()
    of_it = {entry["event_id"]: entry for entry in entries(world) if entry["subject"] == "/".join(key)}
    first, second = (of_it[f"LEARNER#digests/MEMBERSHIP/acted/{version}"] for version in (1, 2))
    assert (first["before"], first["after"]) == ("", digest(states[0]))
    assert (second["before"], second["after"]) == (digest(states[0]), digest(states[1]))


def _stored_text(world: World, pk: str, sk: str) -> str:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    table = world.system.reference("LearningTable")
    item = world.system.aws("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    return str(item["facts"]["S"])


def test_what_is_refused_tried_or_read_leaves_no_entry(world: World, ada: Learner) -> None:
    world.deliver()
    before = entries(world)
    world.admin.revokes("CME-00000-00000-00000-00001")
    world.admin.ask("POST", f"/admin/certificates/{number_of(ada)}/revocation", {"reason_code": "bored"})
    answered(world.author.voids(ada.module, "q02", dry_run=True), 200)
    ada.ask("PUT", f"/admin/learners/{ada.sub}/membership", {"member": True})
    answered(ada.introduce(language="de"))
    world.deliver()
    assert entries(world) == before


def test_a_reason_is_kept_by_its_digest_and_its_code_and_no_personal_value_at_all(world: World, ada: Learner) -> None:
    number = number_of(ada)
    version = answered(ada.certificate(number))["version"]
    answered(world.admin.reissues(number, version, reason=REASON, attested_name="Ada Byron"), 202)
    world.deliver()
    [reissue] = [entry for entry in entries(world) if entry["reason_digest"] == digest(REASON)][-1:]
    assert reissue["action"] == "reissueCertificate"
    answered(world.admin.revokes(number, "holder-request"))
    world.deliver()
    assert "holder-request" in {entry["reason_code"] for entry in entries(world)}
    kept = json.dumps(list(world.rows("AuditTable").values()))
    messages = [message.body for message in world.messages() if "cme.admin.acted.v1" in message.body]
    assert messages
    for private in ("Lovelace", "Byron", "Countess", "example.org"):
        assert private not in kept
        assert not any(private in body for body in messages)


# The chain


def test_the_chain_holds_however_messages_came(world: World, ada: Learner) -> None:
    world.deliver()
    chain = entries(world)
    assert [entry["sequence"] for entry in chain] == list(range(1, len(chain) + 1))
    assert [entry["previous"] for entry in chain] == ["0" * 64, *(entry["hash"] for entry in chain[:-1])]
    verified = verification(world)
    assert (verified["intact"], verified["checked"], verified["next"]) == (True, len(chain), None)
    assert verified["head"] == {"sequence": len(chain), "hash": chain[-1]["hash"]}


@pytest.mark.parametrize("damage", ["changed", "removed", "reordered"])
def test_who_tampers_with_the_table_is_found_out(begin: Begin, damage: str) -> None:
    with begin() as world:
        for number in range(5):
            answered(world.admin.admits(f"learner-{number}"))
        world.deliver()
        assert verification(world)["intact"]
        dynamodb, table = world.system.aws("dynamodb"), world.system.reference("AuditTable")

        def item(sequence: int) -> Any:
            key = {"pk": {"S": "CHAIN"}, "sk": {"S": f"{sequence:012d}"}}
            return dynamodb.get_item(TableName=table, Key=key)["Item"]

        two, three = item(2), item(3)
        match damage:
            case "changed":
                three["facts"]["S"] = three["facts"]["S"].replace('"actor":"admin"', '"actor":"nobody"')
                dynamodb.put_item(TableName=table, Item=three)
            case "removed":
                dynamodb.delete_item(TableName=table, Key={"pk": three["pk"], "sk": three["sk"]})
            case "reordered":
                dynamodb.put_item(TableName=table, Item=two | {"facts": three["facts"]})
                dynamodb.put_item(TableName=table, Item=three | {"facts": two["facts"]})
        verified = verification(world)
        assert not verified["intact"]
        assert verified["finding"] == {"sequence": 2 if damage == "reordered" else 3, "damage": damage}
