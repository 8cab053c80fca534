"""A certificate has one number for life and immutable versions; what an admin may do about one that is out."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.journey import JSON, Begin, Learner, Module, World, answered, problem
from tests.flow.story import end_of


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    return world.published()


@pytest.fixture
def ada(world: World) -> Learner:
    return world.learner(name="Ada Lovlace")


@pytest.fixture
def number(ada: Learner, module: Module) -> str:
    return ada.earns(module)


def verified(world: World, number: str, version: int | None = None) -> dict[str, object]:
    query = f"?version={version}" if version else ""
    return dict(answered(world.public(f"/verify/{number}{query}", **JSON), 200))


def test_a_reissue_corrects_the_next_version_and_leaves_the_first_as_it_is(
    world: World, ada: Learner, number: str
) -> None:
    first_pdf, first = ada.pdf(number), answered(ada.certificate(number))
    world.wait(days=1)
    ordered = world.admin.reissues(number, attested_name="Ada Lovelace", reason="Name corrected")
    assert answered(ordered, 202) == {"number": number, "version": 2}
    world.deliver()

    second = answered(ada.certificate(number))
    assert (second["version"], second["supersedes"], second["reason"]) == (2, 1, "Name corrected")
    assert second["attested_name"] == "Ada Lovelace"
    assert second["completed_at"] == first["completed_at"]
    assert second["issued_at"] != first["issued_at"]
    assert (second["number"], second["credits"]) == (number, first["credits"])
    assert second["links"]["verify"].endswith(f"/verify/{number}?version=2")
    old = answered(ada.certificate(number, version=1))
    assert old == first | {"status": "superseded"}

    assert ada.pdf(number, version=1) == first_pdf
    second_pdf = ada.pdf(number)
    assert second_pdf != first_pdf
    assert ada.pdf(number, version=2) == second_pdf
    for version, status, pdf in ((1, "superseded", first_pdf), (2, "valid", second_pdf), (None, "valid", second_pdf)):
        said = verified(world, number, version)
        assert (said["status"], said["pdf_sha256"]) == (status, hashlib.sha256(pdf).hexdigest())
    assert problem(ada.certificate(number, version=3)) == (404, "not-found")
    unknown = world.public(f"/verify/{number}?version=3", **JSON)
    assert (unknown.status, unknown.json()) == (404, {"status": "unknown"})
    # A correction of the certificate is none of the credit.
    assert len(answered(ada.ask("GET", "/transcript"))["entries"]) == 1


def test_the_same_order_again_is_answered_alike_and_another_is_refused(world: World, ada: Learner, number: str) -> None:
    order = {"attested_name": "Ada Lovelace", "reason": "Name corrected"}
    first = answered(world.admin.reissues(number, **order), 202)
    assert answered(world.admin.reissues(number, **order), 202) == first
    assert problem(world.admin.reissues(number, **order | {"reason": "Other"})) == (412, "version-conflict")
    world.deliver()
    tables = world.tables()
    assert answered(world.admin.reissues(number, **order), 202) == first
    refused = world.admin.reissues(number, attested_name="Somebody Else")
    assert problem(refused) == (412, "version-conflict")
    assert refused.json()["version"] == 2
    assert problem(world.admin.reissues(number, supersedes=3)) == (412, "version-conflict")
    assert world.tables() == tables
    assert answered(ada.certificate(number))["version"] == 2
    # On top of the second a third can be ordered, under its own header.
    assert answered(world.admin.reissues(number, supersedes=2, profession="DO"), 202)["version"] == 3
    world.deliver()
    third = answered(ada.certificate(number))
    assert (third["version"], third["supersedes"], third["attested_name"]) == (3, 2, "Ada Lovelace")


def test_an_edited_profile_changes_no_certificate(world: World, ada: Learner, number: str) -> None:
    before = (answered(ada.certificate(number)), ada.pdf(number), verified(world, number))
    answered(ada.introduce(name="Quite Another", profession="Nurse"))
    answered(world.admin.reissues(number, reason="A better seal"), 202)
    world.deliver()
    assert answered(ada.certificate(number, version=1)) == before[0] | {"status": "superseded"}
    assert ada.pdf(number, version=1) == before[1]
    assert answered(ada.certificate(number))["attested_name"] == "Ada Lovlace"


def test_a_revocation_shows_at_once_for_every_version(world: World, ada: Learner, number: str) -> None:
    answered(world.admin.reissues(number), 202)
    world.deliver()
    revoked_at = world.now
    revoked = answered(world.admin.revokes(number, "fraud"), 200)
    assert (revoked["status"], revoked["reason_code"]) == ("revoked", "fraud")
    # Before anything is delivered.
    for version in (None, 1, 2):
        said = verified(world, number, version)
        assert (said["status"], said["reason"]) == ("revoked", "fraud")
    assert "has been revoked" in world.public(f"/verify/{number}").body.decode()
    assert answered(ada.certificate(number))["status"] == "revoked"
    assert "by the office" not in world.public(f"/verify/{number}").body.decode()

    world.wait(hours=1)
    again = answered(world.admin.revokes(number, "other"), 200)
    assert again == revoked
    seen = answered(world.admin.certificate(number))
    assert (seen["reason_code"], seen["note"], seen["status"]) == ("fraud", "by the office", "revoked")
    assert seen["revoked_at"] == revoked_at.isoformat().replace("+00:00", "Z")
    world.deliver()
    told = [event for event in world.events("cme.certificate.revoked.v1") if event["data"]["certificate"] == number]
    assert [event["id"] for event in told] == [f"certificate/{number}/v2/revoked"] * 2  # one of each queue


def test_a_revoked_certificate_is_not_reissued(world: World, ada: Learner, number: str) -> None:
    answered(world.admin.revokes(number))
    tables = world.tables()
    assert problem(world.admin.reissues(number)) == (409, "version-conflict")
    assert world.tables() == tables


def test_a_reissue_that_is_overtaken_by_a_revocation_is_not_issued(world: World, ada: Learner, number: str) -> None:
    answered(world.admin.reissues(number), 202)
    answered(world.admin.revokes(number))
    world.deliver()
    assert verified(world, number)["version"] == 1
    assert verified(world, number)["status"] == "revoked"
    assert problem(ada.certificate(number, version=2)) == (404, "not-found")


def test_a_reissue_waits_for_a_restoration_without_being_called_stuck(world: World, ada: Learner, number: str) -> None:
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    answered(world.admin.revokes(number))
    world.deliver()
    assert [place for place in world.due("LearningTable", "recover") if place[0] == f"LEARNER#{ada.sub}"] == []
    announced = len(world.events("cme.certificate.reissue_requested.v1", about=ada))
    world.go_on_with_what_waits(days=2)
    assert len(world.events("cme.certificate.reissue_requested.v1", about=ada)) == announced
    answered(world.admin.restores(number))
    world.deliver()
    assert verified(world, number)["version"] == 2
    assert [place for place in world.due("LearningTable", "recover") if place[0] == f"LEARNER#{ada.sub}"] == []


def test_a_certificate_survives_the_retirement_of_its_module(world: World) -> None:
    module = world.published(expires_on=(world.today + timedelta(days=1)).isoformat())
    ada = world.learner(name="Ada Lovlace")
    number = ada.earns(module)
    pdf = ada.pdf(number)
    world.wait_until(end_of(module) + timedelta(days=40))
    assert world.retire_the_expired() >= 1
    world.deliver()
    assert verified(world, number)["status"] == "valid"
    assert ada.pdf(number) == pdf
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    world.deliver()
    assert (verified(world, number, 1)["status"], verified(world, number)["version"]) == ("superseded", 2)
    assert ada.enrolment()["state"] == "certified"


def test_an_admin_sees_whose_certificate_it_is_and_its_version_as_etag(world: World, ada: Learner, number: str) -> None:
    seen = world.admin.certificate(number)
    assert seen.headers["etag"] == '"1"'
    body = answered(seen)
    assert (body["learner_id"], body["attested_name"], body["profession"]) == (ada.sub, "Ada Lovlace", "MD")
    path = f"/admin/certificates/{number}/reissues"
    answered(world.admin.ask("POST", path, {"reason": "By ETag"}, if_match=seen.headers["etag"]), 202)
    world.deliver()
    assert world.admin.certificate(number).headers["etag"] == '"2"'


def test_nobody_issued_a_number_that_verification_does_not_know(world: World) -> None:
    for number in ("CME-00000-00000-00000-00001", "CME", "nonsense"):
        unknown = world.public(f"/verify/{number}", **JSON)
        assert (unknown.status, unknown.json()) == (404, {"status": "unknown"})
    page = world.public("/verify/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert page.status == 404
    assert b"<script>" not in page.body
