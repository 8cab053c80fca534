"""Whatever the OpenAPI document lets one ask of the running system: no fault, and no answer that it does not name.

A few requests of each operation; many more with `--soak`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from shared.api.openapi import OPERATIONS
from shared.api.operation import Operation
from tests.conftest import Tried
from tests.flow.journey import START, World, answered

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW, MANY = 3, 150
# Erased at last: whoever is, is refused everything else.
IN_ORDER = sorted(OPERATIONS, key=lambda operation: operation.id == "erasePersonalData")


@pytest.fixture(scope="module")
def system(state: Path) -> Iterator[LocalSystem]:
    """It runs, with somebody at every place of the journey."""
    clock = LocalClock(START, ticking=False)
    with LocalSystem(clock=clock, state=state, log=state / "functions.log", port=0) as system:
        world = World(system)
        ada = world.learner("ada")
        ada.earns(world.published(world.module("first")))
        ada.is_ready_for(world.published(world.module("second"))).begins()
        draft = world.module("second", edition=2)
        answered(world.author.drafts(draft))
        answered(world.author.attaches_bank(draft))
        system.go_live()
        yield system


@pytest.fixture(scope="module")
def schema(system: LocalSystem) -> Any:
    return schemathesis.openapi.from_url(f"{system.address}/openapi.json")


@pytest.fixture(scope="module")
def known(system: LocalSystem) -> dict[str, Any]:
    """Path parameters that name something that is there."""
    certificates = system.request("GET", "/certificates", system.token("ada")).json()["certificates"]
    return {
        "module_id": "second",
        "edition": 2,
        "attempt": 1,
        "number": certificates[0]["number"],
        "learner_id": "ada",
        "queue": "grades",
        "kind": "participants.csv",
    }


@pytest.mark.soak
@pytest.mark.parametrize("operation", IN_ORDER, ids=lambda operation: operation.id)
def test_any_request_is_answered_as_the_document_says(
    system: LocalSystem, schema: Any, known: dict[str, Any], operation: Operation, soaking: bool, tried: Tried
) -> None:
    tokens = [system.token("ada"), system.token("office", groups=["admin", "author"])]
    asked = schema[operation.path][operation.method]
    requests = 0

    @settings(
        max_examples=MANY if soaking else FEW,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=asked.as_strategy(), named=st.booleans(), token=st.sampled_from(tokens))
    def ask(case: Any, named: bool, token: str) -> None:
        nonlocal requests
        if named:
            case.path_parameters |= {name: known[name] for name in case.path_parameters.keys() & known.keys()}
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS, timeout=30)
        requests += 1

    ask()
    tried("requests drawn from the OpenAPI document", requests)
