"""The issuer and its lists over time: before anything is issued, through a change of keys, under many changes."""

from typing import Any

import pytest

from infra.local.pollers import Delivery
from shared.bootstrap import deps
from tests.flow.journey import World, answered
from tests.support.verification import NotVerified, verify_jwt, verify_proof

JWT = "application/vc+jwt"


def published(world: World) -> dict[str, Any]:
    """The lists that are out, with how often each was put out."""
    rows = world.rows("CertificateTable")
    return {pk: row["version"] for (pk, sk), row in rows.items() if sk == "LIST"}


def test_the_issuer_is_known_before_it_has_issued_anything(world: World) -> None:
    assert world.rows("CertificateTable") == {}
    answer = world.public("/.well-known/did.json")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/did+json", "public, max-age=300",
    )  # fmt: skip
    issuer = answer.json()
    assert issuer["id"] == "did:web:127.0.0.1%3A8000"
    [method] = issuer["verificationMethod"]
    assert issuer["assertionMethod"] == [method["id"]]
    assert method["id"].startswith(f"{issuer['id']}#")
    assert method["controller"] == issuer["id"]
    jwks = world.public("/.well-known/jwks.json")
    assert jwks.headers["content-type"] == "application/jwk-set+json"
    [key] = answered(jwks, 200)["keys"]
    assert key == method["publicKeyJwk"]
    assert key["kid"] == method["id"]
    ada = world.learner()
    assert world.stands(ada.badge(ada.earns(world.published())))
    assert world.issuer() == issuer


def test_what_a_former_key_signed_keeps_verifying(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = world.published()
    ada, ben = world.learner(), world.learner()
    number = ada.earns(module)
    before, issuer_before = ada.badge(number), world.issuer()
    token = ada.credential(number, accept=JWT).body.decode("ascii")

    made = world.system.aws("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    monkeypatch.setenv("SIGNING_KEY_ARN", made["KeyMetadata"]["Arn"])
    deps.cache_clear()  # as processes of a new deployment start

    after = world.issuer()
    [former] = issuer_before["verificationMethod"]
    assert [method["id"] for method in after["verificationMethod"]][1:] == [former["id"]]
    number_of_ben = ben.earns(module)
    of_ben = ben.badge(number_of_ben)
    assert of_ben["proof"]["verificationMethod"] == after["verificationMethod"][0]["id"] != former["id"]
    # The list that the former key signed, and the one that the new key signs now.
    assert world.stands(before)
    assert verify_jwt(token, after)["id"] == before["id"]
    answered(world.admin.revokes(number))
    world.deliver()
    assert world.status_list(before)["proof"]["verificationMethod"] != former["id"]
    assert (world.stands(before), world.stands(of_ben)) == (False, True)
    with pytest.raises(NotVerified):
        verify_proof(of_ben, issuer_before)
    assert len([key for key in world.rows("CertificateTable") if key[0] == "ISSUER"]) == 2


def test_a_whole_edition_reissued_at_once_puts_out_each_list_far_less_often_than_it_changes(world: World) -> None:
    module = world.published(members_only=False)
    learners = world.ready(module, 12)
    for learner in learners:
        answered(learner.submit(module.right(learner.begins())), 202)
    world.deliver()
    numbers = [learner.enrolment()["certificate"] for learner in learners]
    before = {learner.sub: learner.badge(number) for learner, number in zip(learners, numbers, strict=True)}
    version_before = published(world)
    for number in numbers:
        answered(world.admin.reissues(number, reason="A better seal"), 202)
    calls = len(world.invocations)
    world.deliver()
    batches = [one for one in world.invocations[calls:] if one.function == "PublishStatus"]
    rebuilt = sum(int(version) - int(version_before.get(pk, 1)) for pk, version in published(world).items())
    assert sum(len(batch.messages) for batch in batches) == len(numbers)
    assert rebuilt <= 4 * len(batches) < len(numbers)
    for badge in before.values():
        assert not world.stands(badge)


@pytest.mark.parametrize("seed", range(3))
def test_statuses_told_twice_and_out_of_order_end_as_the_certificates_stand(world: World, seed: int) -> None:
    module = world.published()
    ada, ben = world.learner(), world.learner()
    of_ada, of_ben = ada.earns(module), ben.earns(module)
    world.system.delivery = Delivery(times=2, seed=seed)
    answered(world.admin.reissues(of_ada), 202)
    world.deliver()
    for number in (of_ada, of_ben):
        answered(world.admin.revokes(number))
    answered(world.admin.ask("POST", f"/admin/certificates/{of_ada}/restoration", {"reason": "A mistake"}), 200)
    world.deliver()
    told = [event["id"] for event in world.events("cme.certificate.revoked.v1", "cme.certificate.restored.v1")]
    assert len(told) > len(set(told))
    assert [world.stands(badge) for badge in (ada.badge(of_ada, 1), ada.badge(of_ada), ben.badge(of_ben))] == [
        False, True, False,
    ]  # fmt: skip
