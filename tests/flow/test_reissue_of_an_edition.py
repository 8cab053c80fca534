"""All certificates of an edition are reissued as a job: one version more of each, once."""

from collections.abc import Iterator

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture
def module(world: World) -> Module:
    return world.published()


def doctors(world: World, module: Module, count: int) -> dict[str, Learner]:
    """So many learners with a certificate of the module, by its number."""
    learners = [world.learner() for _ in range(count)]
    return {learner.earns(module): learner for learner in learners}


def test_every_valid_certificate_of_the_edition_gets_one_version_more(world: World, module: Module) -> None:
    certificates = doctors(world, module, 3)
    elsewhere = world.learner()
    other = elsewhere.earns(world.published())
    revoked, *valid = certificates
    answered(world.admin.revokes(revoked))
    world.learner().is_ready_for(module)
    pdfs = {number: certificates[number].pdf(number) for number in valid}
    world.deliver()

    job = answered(world.admin.reissues_all(module, "spring"), 202)["job"]
    started = answered(world.admin.job(job))
    assert (started["kind"], started["state"], started["total"]) == ("reissue", "running", 4)
    world.deliver()
    finished = answered(world.admin.job(job))
    assert (finished["state"], finished["done"], finished["failed"]) == ("finished", 4, 0)
    for number in valid:
        seen = answered(certificates[number].certificate(number))
        assert (seen["version"], seen["supersedes"], seen["reason"]) == (2, 1, "The signatory's title")
        assert certificates[number].pdf(number, version=1) == pdfs[number]
    assert answered(certificates[revoked].certificate(revoked))["version"] == 1
    assert answered(elsewhere.certificate(other))["version"] == 1


def test_the_same_key_again_reissues_nothing_and_another_key_does(world: World, module: Module) -> None:
    [(number, ada)] = doctors(world, module, 1).items()
    first = answered(world.admin.reissues_all(module, "spring"), 202)
    assert answered(world.admin.reissues_all(module, "spring"), 202) == first
    world.deliver()
    tables = world.tables()
    assert answered(world.admin.reissues_all(module, "spring"), 202) == first
    assert problem(world.admin.reissues_all(module, "spring", "Another")) == (409, "version-conflict")
    world.deliver()
    assert world.tables() == tables
    assert answered(ada.certificate(number))["version"] == 2
    assert answered(world.admin.reissues_all(module, "autumn"), 202) != first
    world.deliver()
    assert answered(ada.certificate(number))["version"] == 3


@pytest.mark.parametrize("key", [None, "", " ", "x" * 201, "two words"])
def test_a_key_is_needed(world: World, module: Module, key: str | None) -> None:
    path = f"/admin/modules/{module.module_id}/editions/1/reissues"
    headers = {} if key is None else {"idempotency_key": key}
    refused = world.admin.ask("POST", path, {"reason": "New"}, **headers)
    assert problem(refused) == (422, "invalid-request")
    assert refused.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]
