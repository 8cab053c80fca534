"""No endpoint ever answers a learner with the answer key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.gateway import Response
from shared.api.openapi import OPERATIONS
from tests.flow.journey import JSON, Begin, Learner, Module, World, answered, problem
from tests.flow.story import EVALUATION

OF_THE_KEY = {"correct", "rationale", "weight", "weights", "key", "answer_key", "key_revision", "scoring", "feedback"}
FOR_LEARNERS = {operation.route_key for operation in OPERATIONS if not operation.groups}


@dataclass(frozen=True)
class Walk:
    """Everything that learners and the public were answered in a journey through every operation."""

    module: Module
    heard: list[Response]
    routes: set[str]


@pytest.fixture(scope="module")
def walk(begin: Begin) -> Iterator[Walk]:
    with begin() as world:
        module = world.published()
        claimed = world.published(claim="claimed", evaluation=EVALUATION)
        ada, gus = world.learner(), world.learner()
        opened = [
            world.public("/modules"),
            world.public(f"/modules/{module.module_id}"),
            world.public("/openapi.json"),
        ]
        fails_then_passes(ada, module)
        claims(gus, claimed)
        refused = world.learner(member=False)
        refused.enrol(module)
        world.deliver()
        refused.start()
        refused.withdraw()
        refused.asks_to_be_erased()
        number = ada.enrolment()["certificate"]
        opened += [world.public(f"/verify/{number}", **JSON), world.public(f"/verify/{number}")]
        opened += [world.public(f"/.well-known/{name}.json") for name in ("did", "jwks")]
        opened += [world.public(urlsplit(ada.badge(number)["credentialStatus"]["statusListCredential"]).path)]
        heard = [*ada.heard, *gus.heard, *refused.heard, *opened]
        learners = {learner.sub for learner in (ada, gus, refused)}
        yield Walk(module, heard, routes_asked(world, learners))


def fails_then_passes(ada: Learner, module: Module) -> None:
    ada.ask("GET", "/me")
    ada.is_ready_for(module)
    ada.watch((0, 60))
    form = ada.begins()
    ada.start()
    ada.attempt()
    ada.save({"no-such": ["a"]})
    ada.save(module.wrong(form))
    ada.attempt()
    ada.submit()
    ada.attempt()
    ada.start()
    ada.world.deliver()
    ada.attempt()
    assert problem(ada.review()) == (409, "review-closed")  # the module's policy is never
    ada.start()
    ada.world.wait(hours=24)
    enrolment = ada.passes()
    number = enrolment["certificate"]
    ada.attempt(2)
    ada.save({}, 2)
    ada.start()
    ada.claim()
    ada.certificate(number)
    ada.ask("GET", f"/certificates/{number}/pdf", **JSON)
    answered(ada.earned_elsewhere(), 201)
    ada.all_that_is_held()
    for path in ("/certificates", "/transcript"):
        ada.ask("GET", path)


def claims(gus: Learner, module: Module) -> None:
    gus.is_ready_for(module)
    gus.passes()
    gus.evaluate(useful="very")
    gus.claim(("ESMO-MORA", "9.00"))
    answered(gus.claim(("ESMO-MORA", "1.00")))


def routes_asked(world: World, learners: set[str]) -> set[str]:
    """The routes that these learners, or nobody in particular, asked for."""
    routes = set()
    for invocation in world.invocations:
        if invocation.trigger == "http":
            context = invocation.event["requestContext"]
            authorizer = context.get("authorizer")
            if authorizer is None or authorizer["jwt"]["claims"]["sub"] in learners:
                routes.add(context["routeKey"])
    return routes


def names_in(value: Any) -> set[str]:
    """Every field name in it, however deep."""
    if isinstance(value, dict):
        return set(value).union(*(names_in(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(names_in(each) for each in value))
    return set()


def test_the_walk_led_through_every_operation_for_learners_and_the_public(walk: Walk) -> None:
    assert walk.routes == FOR_LEARNERS


def test_no_answer_has_a_field_of_the_key(walk: Walk) -> None:
    with_fields = [response for response in walk.heard if "json" in response.headers["content-type"]]
    checked = 0
    for response in with_fields:
        body = response.json()
        if "openapi" in body:
            continue  # it describes the authors' operations too
        assert not names_in(body) & OF_THE_KEY, response.body.decode()
        checked += 1
    assert checked > 40


def test_no_answer_has_a_word_of_the_rationales(walk: Walk) -> None:
    assert len(walk.module.rationales) >= 12
    for response in walk.heard:
        text = response.body.decode()
        for rationale in walk.module.rationales:
            for sentence in filter(None, rationale.split(". ")):
                assert sentence not in text
                assert json.dumps(sentence).strip('"') not in text


def test_a_form_shows_stems_and_options_and_nothing_else(walk: Walk) -> None:
    forms = [form for response in walk.heard if (form := of_a_form(response))]
    assert len(forms) >= 4
    bank = {question["question_id"]: question for question in walk.module.bank["questions"]}
    for form in forms:
        for question in form["questions"]:
            assert set(question) == {"question_id", "kind", "stem", "options"}
            known = bank[question["question_id"]]
            assert (question["stem"], question["kind"]) == (known["stem"], known["kind"])
            assert {tuple(option.items()) for option in question["options"]} == {
                (("option_id", option["option_id"]), ("text", option["text"])) for option in known["options"]
            }


def of_a_form(response: Response) -> Any:
    body = response.json() if response.headers["content-type"] == "application/json" else {}
    return body if "questions" in body and "attempt" in body else None


def test_a_graded_attempt_tells_points_by_objective_and_no_question(walk: Walk) -> None:
    graded = [
        body
        for response in walk.heard
        if response.headers["content-type"] == "application/json" and (body := response.json()).get("state") == "graded"
    ]
    assert {body["passed"] for body in graded} == {True, False}
    for body in graded:
        assert set(body) == {"attempt", "state", "points", "max_points", "passed", "by_objective"}


def test_an_attempt_stores_ids_and_never_text(begin: Begin) -> None:
    with begin() as world:
        ada = world.learner().is_ready_for(world.published())
        ada.begins()
        learning = json.dumps(list(world.rows("LearningTable").values()))
        questions = world.rows("QuestionTable")
        keys = world.rows("AnswerKeyTable")
        for question in ada.module.bank["questions"]:
            assert question["stem"] not in learning
            assert question["rationale"] not in json.dumps(list(questions.values()))
            assert any(question["rationale"] in str(row["facts"]) for row in keys.values())
