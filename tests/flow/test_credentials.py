"""Each version is also a credential that anybody can verify, and the status lists say which still stand."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pkgutil import resolve_name
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.flow.journey import DOCUMENTS, Begin, Learner, Module, World, answered, problem
from tests.support.verification import NotVerified, bits_of, is_set, verify_jwt, verify_proof

JWT = "application/vc+jwt"


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


def test_a_certificate_comes_with_a_credential_that_stands(world: World, ada: Learner, number: str) -> None:
    badge, certificate = ada.badge(number), answered(ada.certificate(number))
    assert world.stands(badge)
    subject = badge["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == certificate["attested_name"] == "Ada Lovlace"
    assert [result["value"] for result in subject["result"] if "value" in result] == ["1.00"]
    assert badge["id"] == certificate["links"]["verify"]
    assert badge["name"] == certificate["title"]
    assert hashlib.sha256(ada.pdf(number)).hexdigest() in badge["evidence"][0]["description"]
    assert certificate["links"]["credential"] == f"/certificates/{number}/credential?version=1"
    assert answered(ada.ask("GET", certificate["links"]["credential"]), 200) == badge


def test_it_comes_as_json_ld_or_as_jwt_when_asked_for(world: World, ada: Learner, number: str) -> None:
    as_json = ada.credential(number)
    assert as_json.headers["content-type"] == "application/vc+ld+json"
    as_jwt = ada.credential(number, accept=JWT)
    assert (as_jwt.status, as_jwt.headers["content-type"]) == (200, JWT)
    claims = verify_jwt(as_jwt.body.decode("ascii"), world.issuer())
    badge = as_json.json()
    assert {name: claims[name] for name in badge if name != "proof"} == {
        name: value for name, value in badge.items() if name != "proof"
    }


def test_every_document_of_a_version_has_its_digest_kept_and_stays(world: World, ada: Learner, number: str) -> None:
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    world.deliver()
    for version in (1, 2):
        row = world.rows("CertificateTable")[f"CERTIFICATE#{number}", f"VERSION#{version:04d}"]
        for digest, suffix in DOCUMENTS.items():
            [document] = world.documents(number, version, suffix)
            assert hashlib.sha256(document).hexdigest() == row["facts"][digest]
        [stored] = world.documents(number, version, "json")
        assert ada.credential(number, version).body == ada.credential(number, version).body == stored


def test_a_credential_is_its_holders_and_of_versions_that_are_issued(world: World, ada: Learner, number: str) -> None:
    assert problem(world.learner().credential(number)) == (404, "not-found")
    assert problem(ada.credential(number, 2)) == (404, "not-found")
    assert problem(ada.credential("CME-00000-00000-00000-00001")) == (404, "not-found")


def test_a_superseded_version_falls_and_the_new_one_stands(world: World, ada: Learner, number: str) -> None:
    first = ada.badge(number)
    answered(world.admin.reissues(number, attested_name="Ada Lovelace", reason="Name corrected"), 202)
    world.deliver()
    second = ada.badge(number)
    assert ada.badge(number, 1) == first
    assert second["credentialSubject"]["identifier"][0]["identityHash"] == "Ada Lovelace"
    assert "supersedes version 1: Name corrected" in second["description"]
    assert first["credentialStatus"]["id"] != second["credentialStatus"]["id"]
    assert (world.stands(first), world.stands(second)) == (False, True)


def test_a_revocation_fells_every_version_and_a_restoration_raises_the_current_one(
    world: World, ada: Learner, number: str
) -> None:
    answered(world.admin.reissues(number), 202)
    world.deliver()
    badges = [ada.badge(number, version) for version in (1, 2)]
    answered(world.admin.revokes(number))
    world.deliver()
    assert [world.stands(badge) for badge in badges] == [False, False]
    path = f"/admin/certificates/{number}/restoration"
    answered(world.admin.ask("POST", path, {"reason": "Revoked by mistake"}), 200)
    world.deliver()
    assert [world.stands(badge) for badge in badges] == [False, True]
    # What was signed is as it was: its status is told elsewhere.
    assert [ada.badge(number, version) for version in (1, 2)] == badges


def test_a_status_list_is_public_for_a_second_and_signed_by_the_issuer(world: World, ada: Learner, number: str) -> None:
    address = urlsplit(ada.badge(number)["credentialStatus"]["statusListCredential"])
    answer = world.public(address.path)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/vc+ld+json", "public, max-age=1",
    )  # fmt: skip
    status_list = answer.json()
    verify_proof(status_list, world.issuer())
    assert status_list["id"] == f"{address.scheme}://{address.netloc}{address.path}"
    assert status_list["credentialSubject"]["statusPurpose"] == "revocation"
    assert len(bits_of(status_list)) >= 131_072
    assert problem(world.public("/status-lists/1999-0")) == (404, "not-found")


STEPS = (
    "functions.certification.publish_status.handler.enter_status",
    "functions.certification.publish_status.handler.publish_lists",
)


@pytest.mark.parametrize("step", STEPS, ids=("entering bits", "putting lists out"))
def test_broken_off_the_next_delivery_puts_the_list_out(
    world: World, ada: Learner, number: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Before it has done anything, and after it has done all of its part."""
    real: Callable[..., Any] = resolve_name(step)
    for done_before in (False, True):
        badge = ada.badge(number)
        answered(world.admin.reissues(number, supersedes=int(badge["id"].rpartition("=")[2])), 202)
        failures = iter([True])

        def fails_once(*asked: Any, done: bool = done_before, failures: Iterator[bool] = failures) -> Any:
            result = real(*asked) if done else None
            if next(failures, False):
                raise RuntimeError("broken off")
            return result if done else real(*asked)

        monkeypatch.setattr(step, fails_once)
        world.deliver()
        assert not world.stands(badge)
        assert world.stands(ada.badge(number))
    assert {pk.partition("#")[0] for pk, _ in world.rows("OperationsTable")} <= {"MAIL"}


def test_nobodys_credential_can_be_passed_off_as_anothers(world: World, ada: Learner, number: str) -> None:
    badge = ada.badge(number)
    issuer = world.issuer()
    for path, value in (
        (("credentialSubject", "identifier", 0, "identityHash"), "Mallory"),
        (("credentialSubject", "result", 1, "value"), "9.00"),
        (("credentialStatus", "statusListIndex"), "0"),
    ):
        forged = json.loads(json.dumps(badge))
        at = forged
        for name in path[:-1]:
            at = at[name]
        assert at[path[-1]] != value
        at[path[-1]] = value
        with pytest.raises(NotVerified):
            verify_proof(forged, issuer)
    other = replace_list(world.status_list(badge))
    with pytest.raises(NotVerified):
        is_set(badge, other)


def replace_list(status_list: dict[str, Any]) -> dict[str, Any]:
    return {**status_list, "id": f"{status_list['id'][:-1]}9"}
