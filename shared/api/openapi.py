"""The OpenAPI 3.1 document of all functions, made from the operations themselves."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.api.contract import (
    answer_key,
    assessment,
    authoring,
    certification,
    enrolment,
    modules,
    office,
    operations,
    oversight,
    privacy,
)
from shared.api.examples import EXAMPLES
from shared.api.operation import Operation
from shared.api.problems import PROBLEMS, THROTTLED, TYPE_PREFIX, Problem
from shared.domain.reporting import ExportKind

OPERATIONS: tuple[Operation, ...] = (
    *modules.OPERATIONS,
    *authoring.OPERATIONS,
    *enrolment.OPERATIONS,
    *office.OPERATIONS,
    *assessment.OPERATIONS,
    *answer_key.OPERATIONS,
    *certification.OPERATIONS,
    *privacy.OPERATIONS,
    *operations.OPERATIONS,
    *oversight.OPERATIONS,
)

IDENTIFIER = {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}
COUNTING_NUMBER = {"type": "integer", "minimum": 1, "maximum": 9999}
PATH_PARAMETERS = {
    "module_id": (IDENTIFIER, "optimal-management-of-oligometastatic-disease"),
    "learner_id": (IDENTIFIER, "dr-a"),
    "identity": (IDENTIFIER, "dr-a-old"),
    "edition": (COUNTING_NUMBER, 1),
    "attempt": (COUNTING_NUMBER, 1),
    "job": (IDENTIFIER, "statistics-3f0c5a1be2d94c67a1b2c3d4"),
    "queue": (IDENTIFIER, "certificates"),
    "kind": ({"type": "string", "enum": [str(kind) for kind in ExportKind]}, "participants.csv"),
    "list": ({"type": "string", "pattern": "^[0-9]{4}-[0-9]$"}, "2026-0"),
    "number": ({"type": "string", "pattern": "^[A-Z0-9-]{1,64}$"}, "CME-00000-00000-00000-00000"),
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "An RFC 9457 problem; the end of `type` is a stable slug, further members are facts.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
GATEWAY_SCHEMA = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}


def document(server: str) -> dict[str, Any]:
    """The document for the API at ``server`` (an address without a slash at its end)."""
    bodies = {operation.body for operation in OPERATIONS if operation.body}
    views = {view for operation in OPERATIONS for view in operation.answers.values() if view}
    models = sorted(bodies | views, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    for model, example in EXAMPLES.items():
        definitions["$defs"][model.__name__]["examples"] = [example]
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Continuing medical education",
            "version": "1.0.0",
            "description": "Modules, enrolments, CME tests and certificates of a medical society.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**definitions["$defs"], "Problem": PROBLEM_SCHEMA, "GatewayMessage": GATEWAY_SCHEMA},
            "securitySchemes": {"id_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)],
        "responses": _responses(operation),
        "security": [] if operation.public else [{"id_token": []}],
    }
    if operation.groups:
        described["description"] = f"For the groups {', '.join(sorted(operation.groups | {'admin'}))}."
    if operation.body:
        required = any(field.is_required() for field in operation.body.model_fields.values())
        content: dict[str, Any] = {media_type: {"schema": {"type": "string"}} for media_type in operation.files}
        content |= {"application/json": {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": required, "content": content}
    return described


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
        for name, (schema, example) in PATH_PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema),
        }
        for name, schema in properties.items()
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name in operation.headers
        if name != "Accept"  # OpenAPI describes Accept by the media types of the answers
    ]


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, view in operation.answers.items():
        responses[str(int(status))] = _answer(operation, status, view)
    named = [kind for kind in (*dict.fromkeys(PROBLEMS.values()), THROTTLED) if kind.slug in operation.all_problems]
    for status in sorted({kind.status for kind in named}):
        responses[str(int(status))] = _problem([kind for kind in named if kind.status is status])
    if not operation.public:
        message = {"application/json": {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}}
        responses["401"] = {"description": "No token, or not a valid one", "content": message}
    return responses


def _answer(operation: Operation, status: HTTPStatus, view: type[BaseModel] | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": status.phrase}
    if view:
        others = {media_type: {"schema": {"type": "string"}} for media_type in operation.media_types}
        answer["content"] = {operation.media_type: {"schema": _reference(view)}, **others}
    if HTTPStatus.NOT_MODIFIED in operation.answers:
        answer["headers"] = {name: {"schema": {"type": "string"}} for name in ("ETag", "Cache-Control")}
    if status is HTTPStatus.SEE_OTHER:
        answer["headers"] = {"Location": {"schema": {"type": "string", "format": "uri"}}}
    return answer


def _problem(kinds: Iterable[Problem]) -> dict[str, Any]:
    ordered = sorted(kinds, key=lambda kind: kind.slug)
    examples = {
        kind.slug: {
            "value": {
                "type": TYPE_PREFIX + kind.slug,
                "title": kind.title,
                "status": int(kind.status),
                "detail": f"{kind.title}.",
                "instance": "/",
            }
        }
        for kind in ordered
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema, "examples": examples}}
    return {"description": ", ".join(f"`{kind.slug}`" for kind in ordered), "content": content}
