"""The OpenAPI document tells clients the truth: every route, every answer, every problem, and never the key."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from samtranslator.yaml_helper import yaml_parse

from shared.api.examples import EXAMPLES
from shared.api.openapi import OPERATIONS, document
from shared.api.operation import Operation
from shared.api.problems import PROBLEMS, THROTTLED
from shared.api.shapes import Body

ROOT = Path(__file__).parents[2]
SERVER = "https://cme.example.org"
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(SERVER)))
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
RESOURCES: dict[str, dict[str, Any]] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
ROUTES = {
    found["Properties"]["RouteKey"]: found["Properties"]
    for found in RESOURCES.values()
    if found["Type"] == "AWS::ApiGatewayV2::Route"
}

# The slugs that clients may rely on, each with its status.
SLUGS = {
    ("not-found", 404),
    ("forbidden", 403),
    ("invalid-request", 422),
    ("too-large", 413),
    ("throttled", 503),
    ("module-closed", 409),
    ("not-enrolled", 409),
    ("not-confirmed", 409),
    ("not-acknowledged", 409),
    ("information-changed", 409),
    ("profile-incomplete", 409),
    ("name-not-printable", 422),
    ("viewing-incomplete", 409),
    ("attempts-exhausted", 409),
    ("attempt-cooling-down", 409),
    ("grading-pending", 409),
    ("attempt-over", 409),
    ("already-passed", 409),
    ("review-closed", 409),
    ("not-passed", 409),
    ("evaluation-missing", 409),
    ("credit-not-allowed", 422),
    ("claim-window-over", 409),
    ("already-published", 409),
    ("not-publishable", 422),
    ("version-conflict", 412),
    ("version-conflict", 409),
    ("import-failed", 422),
    ("already-joined", 409),
    ("identities-conflict", 409),
    ("learner-erased", 409),
}
SECRETS = {"correct", "rationale", "weight", "key", "answer_key"}
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
every_example = pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)


def described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][operation.path][operation.method.lower()]
    return found


def answers(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = described(operation)["responses"]
    return found


def fields_in(schema: Any) -> Iterator[str]:
    """The names of all fields that a schema can hold, however deep."""
    match schema:
        case {"$ref": str(reference)}:
            yield from fields_in(SCHEMAS[reference.rpartition("/")[2]])
        case dict():
            yield from schema.get("properties", {})
            for name, part in schema.items():
                if name != "examples":
                    yield from fields_in(part)
        case list():
            for part in schema:
                yield from fields_in(part)


def shapes_of(operation: Operation) -> list[type[BaseModel]]:
    return [shape for shape in (operation.body, *operation.answers.values()) if shape]


def test_the_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def references_in(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for value in part.values():
                yield from references_in(value)
        case list():
            for value in part:
                yield from references_in(value)


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to() -> None:
    prefix = "#/components/schemas/"
    assert set(references_in(DOCUMENT)) == {prefix + name for name in SCHEMAS}


def test_the_document_names_its_server_and_the_token() -> None:
    assert DOCUMENT["servers"] == [{"url": SERVER}]
    assert DOCUMENT["components"]["securitySchemes"]["id_token"]["scheme"] == "bearer"


def test_every_route_has_an_operation_and_every_operation_a_route() -> None:
    assert sorted(operation.route_key for operation in OPERATIONS) == sorted(ROUTES)
    written = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert written == set(ROUTES)


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [described(operation)["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert all(name.isalpha() for name in ids)


@every_operation
def test_an_operation_is_public_in_the_document_where_its_route_is(operation: Operation) -> None:
    is_public = ROUTES[operation.route_key].get("AuthorizationType", "NONE") == "NONE"
    assert operation.public is is_public
    assert described(operation)["security"] == ([] if is_public else [{"id_token": []}])


@every_operation
def test_only_what_lies_under_admin_is_for_groups_and_all_of_it_is(operation: Operation) -> None:
    assert bool(operation.groups) is operation.path.startswith("/admin/")
    assert not operation.groups or all(group in described(operation)["description"] for group in operation.groups)


@every_operation
def test_an_operation_has_a_summary_and_an_answer_that_says_yes(operation: Operation) -> None:
    assert described(operation)["summary"].strip()
    assert any(status.startswith(("2", "3")) for status in answers(operation))
    assert all(answer["description"] for answer in answers(operation).values())


@every_operation
def test_every_path_parameter_is_described_with_an_example(operation: Operation) -> None:
    named = {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}
    parameters = [found for found in described(operation)["parameters"] if found["in"] == "path"]
    assert {found["name"] for found in parameters} == named
    assert all(found["required"] and found["example"] for found in parameters)


@every_operation
def test_every_answer_of_the_operation_is_in_the_document(operation: Operation) -> None:
    for status, view in operation.answers.items():
        content = answers(operation)[str(int(status))].get("content", {})
        assert set(content) == ({operation.media_type, *operation.media_types} if view else set())
    if HTTPStatus.SEE_OTHER in operation.answers:
        assert "Location" in answers(operation)["303"]["headers"]


@every_operation
def test_every_problem_of_the_operation_is_in_the_document_with_an_example(operation: Operation) -> None:
    told = {
        (slug, example["value"]["status"])
        for answer in answers(operation).values()
        for slug, example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
    }
    assert {slug for slug, _ in told} == operation.all_problems
    assert told <= SLUGS


@every_operation
def test_whoever_has_no_token_is_answered_by_the_gateway(operation: Operation) -> None:
    assert ("401" in answers(operation)) is not operation.public


@every_operation
def test_what_may_be_asked_for_in_vain_may_not_be_found(operation: Operation) -> None:
    assert "not-found" in operation.problems or "{" not in operation.path or operation.id == "verifyCertificate"


@every_operation
def test_every_operation_may_be_asked_wrongly_and_who_asks_may_not_be_allowed(operation: Operation) -> None:
    assert operation.all_problems >= {"invalid-request", "too-large", "throttled"}
    assert ("forbidden" in operation.all_problems) is not operation.public


def test_the_problems_are_those_of_the_contract_and_each_is_told_by_some_operation() -> None:
    assert {(kind.slug, int(kind.status)) for kind in (*PROBLEMS.values(), THROTTLED)} == SLUGS
    used = {slug for operation in OPERATIONS for slug in operation.all_problems}
    assert used == {slug for slug, _ in SLUGS}


@every_operation
def test_every_body_and_every_answer_has_an_example(operation: Operation) -> None:
    for shape in shapes_of(operation):
        assert SCHEMAS[shape.__name__]["examples"] == [EXAMPLES[shape]]


def test_there_is_no_example_of_what_is_neither_sent_nor_answered() -> None:
    assert set(EXAMPLES) == {shape for operation in OPERATIONS for shape in shapes_of(operation)}


@every_example
def test_an_example_is_what_it_is_an_example_of(model: type[BaseModel]) -> None:
    example = EXAMPLES[model]
    parsed = model.model_validate_json(json.dumps(example))
    if not issubclass(model, Body):
        assert json.loads(parsed.model_dump_json()) == example


@every_operation
def test_nothing_but_the_review_answers_a_learner_or_the_public_with_a_key(operation: Operation) -> None:
    if "author" in operation.groups or operation.id == "reviewAttempt":
        return
    for answer in answers(operation).values():
        assert SECRETS.isdisjoint(fields_in(answer.get("content", {})))


def test_the_search_for_the_key_would_find_it() -> None:
    bank = next(operation for operation in OPERATIONS if operation.id == "getQuestions")
    assert {"correct", "rationale"} <= set(fields_in(answers(bank)))
