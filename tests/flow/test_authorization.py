"""Every operation and every kind of token: who may, who may not, and what they are told."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.gateway import Response
from infra.local.issuer import AUDIENCE, ISSUER
from shared.api.openapi import OPERATIONS
from shared.api.operation import Operation
from tests.conftest import Tried
from tests.flow.journey import Admin, Begin, Learner, World, answered, problem

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PROTECTED = [operation for operation in OPERATIONS if not operation.public]
PUBLIC = [operation for operation in OPERATIONS if operation.public]
OF_AUTHORS = [operation for operation in OPERATIONS if "author" in operation.groups]
OF_ADMINS = [operation for operation in OPERATIONS if operation.groups == {"admin"}]
OF_LEARNERS = [operation for operation in PROTECTED if not operation.groups]


def by_id(operation: Operation) -> str:
    return operation.id


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def ada(world: World) -> Learner:
    """Has a certificate, and an attempt under way in another module."""
    ada = world.learner("ada")
    ada.earns(world.published(world.module("first")))
    ada.is_ready_for(world.published(world.module("second"))).begins()
    return ada


@pytest.fixture(scope="module")
def known(world: World, ada: Learner) -> dict[str, str]:
    """Path parameters that name something that is there."""
    number = answered(ada.ask("GET", "/certificates"))["certificates"][0]["number"]
    answered(world.admin.admits("ada-old"))
    granted = {"extra_minutes": 5, "reason": "asked for"}
    answered(world.admin.ask("PUT", "/admin/learners/ada/accommodations/second", granted))
    answered(world.author.ask("POST", "/admin/modules/second/editions/1/statistics"), 202)
    status_list = ada.badge(number)["credentialStatus"]["statusListCredential"].rpartition("/")[2]
    answered(world.author.ask("POST", "/admin/modules/second/editions/1/statistics"), 202)
    job = world.admin.exports("participants.csv").job["job"]
    return {
        "module_id": "second",
        "edition": "1",
        "attempt": "1",
        "number": number,
        "learner_id": "ada",
        "identity": "ada-old",
        "job": job,
        "queue": "grades",
        "kind": "participants.csv",
        "list": status_list,
    }


@pytest.fixture(autouse=True)
def _figures(statuses: list[int], tried: Tried) -> Iterator[None]:
    yield
    tried("routes by kind of token", len(statuses))


def claims(world: World, **changes: Any) -> dict[str, Any]:
    at = world.now
    good = {
        "sub": "ada",
        "name": "Dr. Ada",
        "email": "ada@example.org",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "token_use": "id",
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(hours=1)).timestamp()),
    }
    return good | changes


def signed(world: World, **changes: Any) -> str:
    return jwt.encode(claims(world, **changes), world.system.issuer._key, algorithm="RS256")


def bad_tokens(world: World) -> dict[str, str | None]:
    everyone = ["admin", "author"]
    header, payload, signature = signed(world).split(".")
    return {
        "no token": None,
        "malformed": "not.a.token",
        "half": f"{header}.{payload}",
        "changed": f"{header}.{payload}.{signature[::-1]}",
        "expired": signed(world, exp=int(world.now.timestamp())),
        "wrong issuer": signed(world, iss="https://elsewhere.example"),
        "wrong audience": signed(world, aud="another-client"),
        "alg none": jwt.encode(claims(world, **{"cognito:groups": everyone}), None, algorithm="none"),
        "other key": jwt.encode(claims(world, **{"cognito:groups": everyone}), OTHER_KEY, algorithm="RS256"),
        # A secret that anyone can read: the public key, taken for a shared secret.
        "public key as secret": jwt.encode(claims(world), ISSUER.encode() * 2, algorithm="HS256"),
    }


def call(world: World, operation: Operation, known: dict[str, str], token: str | None) -> Response:
    """Call it with a body that is not even JSON: authorization comes before validation."""
    path = operation.path.format_map(known)
    return world.system.request(operation.method, path, token, "{" if operation.body else None)


@pytest.mark.parametrize("operation", PROTECTED, ids=by_id)
def test_without_a_good_token_nothing_is_answered_and_nothing_changes(
    world: World, known: dict[str, str], operation: Operation
) -> None:
    before = len(world.invocations)
    for name, token in bad_tokens(world).items():
        refused = call(world, operation, known, token)
        assert (refused.status, refused.json()) == (401, {"message": "Unauthorized"}), name
    # No function was even called.
    assert len(world.invocations) == before


@pytest.mark.parametrize("operation", PROTECTED, ids=by_id)
def test_an_access_token_is_not_an_id_token(world: World, known: dict[str, str], operation: Operation) -> None:
    tables = world.tables()
    for changes in ({"token_use": "access"}, {"token_use": None}, {"token_use": "ID"}):
        refused = call(world, operation, known, signed(world, **changes, **{"cognito:groups": ["admin", "author"]}))
        assert problem(refused) == (403, "forbidden")
    assert world.tables() == tables


@pytest.mark.parametrize("operation", [*OF_AUTHORS, *OF_ADMINS], ids=by_id)
def test_a_learner_may_do_nothing_that_is_for_authors_or_admins(
    world: World, known: dict[str, str], operation: Operation
) -> None:
    tables = world.tables()
    for groups in (None, [], ["learners"], ["administrators"], ["author admin-"]):
        if groups == ["author admin-"] and "author" in operation.groups:
            continue
        token = signed(world) if groups is None else signed(world, **{"cognito:groups": groups})
        assert problem(call(world, operation, known, token)) == (403, "forbidden"), groups
    assert world.tables() == tables


@pytest.mark.parametrize("operation", OF_ADMINS, ids=by_id)
def test_an_author_may_do_nothing_that_is_for_admins_only(
    world: World, known: dict[str, str], operation: Operation
) -> None:
    tables = world.tables()
    assert problem(call(world, operation, known, world.author.token)) == (403, "forbidden")
    assert world.tables() == tables


@pytest.mark.parametrize("operation", [*OF_AUTHORS, *OF_ADMINS], ids=by_id)
def test_an_admin_may_do_what_authors_and_admins_may(world: World, known: dict[str, str], operation: Operation) -> None:
    """Let in, only the body that is not JSON is refused; an operation without one is answered."""
    answer = call(world, operation, known, world.admin.token)
    if operation.body:
        assert problem(answer) == (422, "import-failed" if operation.id == "putQuestions" else "invalid-request")
    else:
        assert answer.status in operation.answers


@pytest.mark.parametrize("operation", OF_LEARNERS, ids=by_id)
def test_an_admin_is_a_learner_too(world: World, known: dict[str, str], operation: Operation) -> None:
    newcomer = Admin(world, f"admin-{operation.id}", groups=["admin"])
    answer = call(world, operation, known, newcomer.token)
    assert answer.status not in (401, 403)
    # What is ada's is not there for the admin.
    if operation.method == "GET" and "{" in operation.path:
        assert problem(answer) == (404, "not-found")


@pytest.mark.parametrize("operation", PUBLIC, ids=by_id)
def test_what_is_public_needs_no_token_and_minds_no_bad_one(
    world: World, known: dict[str, str], operation: Operation
) -> None:
    statuses = {name: call(world, operation, known, token).status for name, token in bad_tokens(world).items()}
    assert statuses == dict.fromkeys(statuses, 200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("POST", "/modules"),
        ("POST", "/me"),
        ("PUT", "/modules/second/enrolment/attempts"),
        ("GET", "/admin/modules/second/editions/1/publication"),
        ("PATCH", "/verify/CME"),
        ("GET", "/modules/second/enrolment/attempts/1/answers/q01"),
    ],
)
def test_a_route_that_there_is_not_is_the_gateways_to_answer(world: World, method: str, path: str) -> None:
    for token in (None, world.admin.token):
        answer = world.system.request(method, path, token)
        assert (answer.status, json.loads(answer.body)) == (404, {"message": "Not Found"})
