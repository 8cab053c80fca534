"""xAPI statements keep the rules of the specification, and say of a fact the same thing each time."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.enrolment import EnrolmentState
from shared.domain.reporting import Change, Kept
from shared.domain.scoring import Score
from shared.domain.viewing import ViewingRecord
from shared.reports.participation import Participation
from shared.reports.xapi import Statements, statement_file
from tests.support.builders import (
    DAY,
    HOUR,
    LEARNER,
    NOW,
    NUMBER,
    PUBLIC_URL,
    a_graded_attempt,
    a_profile,
    an_award,
    an_edition,
    an_enrolment,
)

Json = dict[str, Any]
MODULE_URL = f"{PUBLIC_URL}/modules/oligometastatic-disease"
AWARD = an_award("2026-03-02")
IRI = re.compile(r"[a-z][a-z0-9+.-]*://[^\s<>\"{}|\\^`]+")
LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*")
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?)?")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+]\d\d:\d\d)")


def a_participation(**changes: Any) -> Participation:
    """Enrolled, viewed, failed, passed, earned."""
    facts: Json = {
        "enrolment": an_enrolment(
            EnrolmentState.CERTIFIED,
            passed_at=NOW,
            certificate=NUMBER,
            viewing=ViewingRecord(segments=((0, 600),), seconds=600, counted_at=NOW - HOUR),
        ),
        "edition": an_edition(),
        "profile": a_profile(reporting_consent=True),
        "attempts": [a_graded_attempt(1, passed=False, at=NOW - DAY), a_graded_attempt(2, passed=True)],
        "ledger": [AWARD],
    }
    return Participation(**{**facts, **changes})


def statements(participation: Participation) -> list[Json]:
    return [dict(record.facts) for record in Statements(participation, PUBLIC_URL).findings().records]


def by_verb(participation: Participation) -> dict[str, list[Json]]:
    said: dict[str, list[Json]] = {}
    for statement in statements(participation):
        said.setdefault(statement["verb"]["display"]["en"], []).append(statement)
    return said


# The rules of the Experience API 1.0.3, part two, each as an assertion on a statement.


def require_valid(statement: Json) -> None:
    assert set(statement) <= {"id", "actor", "verb", "object", "result", "context", "timestamp"}  # 2.4, no "stored"
    assert {"actor", "verb", "object"} <= set(statement)
    require_uuid(statement["id"])  # 2.4.1
    require_agent(statement["actor"])
    require_verb(statement["verb"])
    is_activity = statement["object"]["objectType"] == "Activity"
    if is_activity:
        require_activity(statement["object"])
    else:
        assert set(statement["object"]) == {"objectType", "id"}  # 2.4.4.3
        assert statement["object"]["objectType"] == "StatementRef"
        require_uuid(statement["object"]["id"])
    is_voiding = statement["verb"]["id"] == "http://adlnet.gov/expapi/verbs/voided"
    assert is_voiding is not is_activity  # 2.3.2: the reserved verb refers to a statement
    if "result" in statement:
        require_result(statement["result"])
    if "context" in statement:
        require_context(statement["context"], is_activity)
    if "timestamp" in statement:
        assert TIMESTAMP.fullmatch(statement["timestamp"])  # 4.5, ISO 8601 with a zone
        assert datetime.fromisoformat(statement["timestamp"]).utcoffset() == timedelta(0)
    for value in values_in(statement):
        assert value is not None  # 2.2: no null outside extensions
        assert value != {}


def require_uuid(text: str) -> None:
    assert str(UUID(text)) == text
    assert UUID(text).variant == "specified in RFC 4122"


def require_agent(agent: Json) -> None:
    """2.4.2: exactly one inverse functional identifier, here an account."""
    assert set(agent) == {"objectType", "account"}
    assert agent["objectType"] == "Agent"
    assert set(agent["account"]) == {"homePage", "name"}
    assert IRI.fullmatch(agent["account"]["homePage"])
    assert agent["account"]["name"]


def require_verb(verb: Json) -> None:
    assert set(verb) == {"id", "display"}  # 2.4.3
    assert IRI.fullmatch(verb["id"])
    require_language_map(verb["display"])


def require_activity(activity: Json) -> None:
    assert set(activity) <= {"objectType", "id", "definition"}  # 2.4.4.1
    assert IRI.fullmatch(activity["id"])
    definition = activity.get("definition", {})
    assert set(definition) <= {"name", "description", "type", "moreInfo", "extensions"}
    assert IRI.fullmatch(definition["type"])
    require_language_map(definition["name"])


def require_language_map(texts: Json) -> None:
    assert texts
    assert all(LANGUAGE.fullmatch(language) and text for language, text in texts.items())  # 4.2


def require_result(result: Json) -> None:
    assert set(result) <= {"score", "success", "completion", "response", "duration", "extensions"}  # 2.4.5
    assert all(isinstance(result[name], bool) for name in ("success", "completion") if name in result)
    if "duration" in result:
        assert DURATION.fullmatch(result["duration"])  # 4.6
    if "score" in result:
        score = result["score"]
        assert set(score) <= {"scaled", "raw", "min", "max"}  # 2.4.5.1
        assert -1 <= score["scaled"] <= 1
        assert score["min"] < score["max"]
        assert score["min"] <= score["raw"] <= score["max"]
    assert all(IRI.fullmatch(key) for key in result.get("extensions", {}))  # 4.1


def require_context(context: Json, of_activity: bool) -> None:
    assert set(context) <= {"registration", "contextActivities", "revision", "platform", "language", "extensions"}
    require_uuid(context["registration"])
    if {"revision", "platform"} & set(context):
        assert of_activity  # 2.4.6: only where the object is an activity
    assert isinstance(context.get("revision", ""), str)
    for kind, activities in context.get("contextActivities", {}).items():
        assert kind in ("parent", "grouping", "category", "other")
        for activity in activities:
            require_activity(activity)


def values_in(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from values_in(each)
        if not value:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from values_in(each)
    else:
        yield value


POINTS = st.integers(1, 40).flatmap(lambda most: st.tuples(st.integers(0, most), st.just(most)))


@given(
    st.lists(POINTS, max_size=3),
    st.integers(0, 4000),
    st.sampled_from(list(EnrolmentState)),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
def test_every_statement_keeps_the_rules_of_the_specification(
    scores: list[tuple[int, int]], seconds: int, state: EnrolmentState, title: str
) -> None:
    attempts = [
        replace(
            a_graded_attempt(number, passed=points == most),
            score=Score(points=Fraction(points), max_points=Fraction(most), by_objective=()),
        )
        for number, (points, most) in enumerate(scores, 1)
    ]
    viewing = ViewingRecord(seconds=seconds, counted_at=NOW)
    participation = a_participation(
        enrolment=an_enrolment(state, viewing=viewing), attempts=attempts, edition=an_edition(title=title)
    )
    said = statements(participation)
    for statement in said:
        require_valid(json.loads(json.dumps(statement)))
    assert len({statement["id"] for statement in said}) == len(said)


def test_a_journey_is_told_in_six_verbs() -> None:
    said = by_verb(a_participation())
    assert {verb: len(each) for verb, each in said.items()} == {
        "enrolled": 1,
        "viewed": 1,
        "attempted": 2,
        "failed": 1,
        "passed": 1,
        "earned": 1,
    }
    [passed] = said["passed"]
    assert passed["verb"]["id"] == "http://adlnet.gov/expapi/verbs/passed"
    assert passed["object"]["id"] == f"{MODULE_URL}#test"
    assert passed["timestamp"] == "2026-03-02T09:00:00.000Z"
    assert passed["result"] == {
        "success": True,
        "completion": True,
        "duration": "PT60S",
        "score": {"scaled": 1.0, "raw": 3.0, "min": 0, "max": 3.0},
    }
    assert passed["context"]["revision"] == "1"
    assert [parent["id"] for parent in passed["context"]["contextActivities"]["parent"]] == [MODULE_URL]
    [failed] = said["failed"]
    assert (failed["result"]["success"], failed["result"]["score"]["scaled"]) == (False, pytest.approx(1 / 3))
    [viewed] = said["viewed"]
    assert viewed["result"] == {"completion": False, "duration": "PT600S"}
    [enrolled] = said["enrolled"]
    assert (enrolled["object"]["id"], "contextActivities" in enrolled["context"]) == (MODULE_URL, False)
    [earned] = said["earned"]
    assert earned["object"]["id"] == f"{PUBLIC_URL}/verify/{NUMBER}"
    assert earned["result"]["extensions"] == {
        f"{PUBLIC_URL}/xapi/credit": {"scheme": "ESMO-MORA", "category": "Category 1", "amount": "1.00"}
    }


def test_a_learner_is_an_account_and_nothing_names_them() -> None:
    participation = a_participation()
    for statement in statements(participation):
        assert statement["actor"]["account"] == {"homePage": PUBLIC_URL, "name": LEARNER}
    told = json.dumps(statements(participation))
    assert "Lovelace" not in told
    assert "mbox" not in told


def test_all_of_one_enrolment_is_one_registration() -> None:
    [registration] = {statement["context"]["registration"] for statement in statements(a_participation())}
    again = a_participation(enrolment=replace(a_participation().enrolment, edition=2))
    assert {statement["context"]["registration"] for statement in statements(again)} != {registration}


def test_a_repeat_is_the_same_statement() -> None:
    assert statements(a_participation()) == statements(a_participation())


def test_a_fact_of_another_learner_is_another_statement() -> None:
    other = a_participation(enrolment=replace(a_participation().enrolment, learner_id="dr-b"))
    attempts = [replace(attempt, learner_id="dr-b") for attempt in a_participation().attempts]
    ids = {statement["id"] for statement in statements(replace(other, attempts=attempts, ledger=[]))}
    assert not ids & {statement["id"] for statement in statements(a_participation())}


def test_a_regrade_is_another_statement_about_the_attempt() -> None:
    attempt = a_graded_attempt(1, passed=False)
    before = by_verb(a_participation(attempts=[attempt]))
    full = Score(points=Fraction(3), max_points=Fraction(3), by_objective=())
    after = by_verb(a_participation(attempts=[attempt.graded(full, 2, NOW + HOUR)]))
    assert "passed" in after
    assert "failed" not in after
    assert after["passed"][0]["id"] != before["failed"][0]["id"]
    assert after["attempted"] == before["attempted"]


def test_credit_taken_and_given_back_is_earned_under_a_new_id() -> None:
    taken, given_back = AWARD.taken_back(1, NOW), AWARD.given_back(1, NOW)
    assert "earned" not in by_verb(a_participation(ledger=[AWARD, taken]))
    [first] = by_verb(a_participation())["earned"]
    [second] = by_verb(a_participation(ledger=[AWARD, taken, given_back]))["earned"]
    assert first["id"] != second["id"]
    assert {**first, "id": ""} == {**second, "id": ""}


def test_without_consent_no_statement_is_made_and_none_is_taken_back() -> None:
    found = Statements(a_participation(profile=a_profile()), PUBLIC_URL).findings()
    assert found.records == ()
    assert {(gap.reason, gap.withdrawn) for gap in found.gaps} == {("no-consent", False)}
    assert {gap.key for gap in found.gaps} == {statement["id"] for statement in statements(a_participation())}


def test_a_deletion_voids_the_statement_that_was_reported() -> None:
    [statement, *_] = statements(a_participation())
    deletion = Change(action="delete", key=statement["id"], kept=Kept(on=NOW.date(), facts={}), facts={})
    file = statement_file(PUBLIC_URL).page([deletion], before=0, is_first=True, is_last=True)
    [voiding] = json.loads(file)
    require_valid(voiding)
    assert voiding["object"] == {"objectType": "StatementRef", "id": statement["id"]}
    assert voiding["actor"]["account"]["homePage"] != PUBLIC_URL
    assert voiding["id"] != statement["id"]
    assert statement_file(PUBLIC_URL).line(deletion) == statement_file(PUBLIC_URL).line(deletion)


def test_the_check_of_the_rules_would_find_a_breach() -> None:
    statement = by_verb(a_participation())["passed"][0]
    for breach in (
        {"id": "1"},
        {"actor": {"objectType": "Agent", "mbox": "mailto:ada@example.org", "account": {}}},
        {"verb": {"id": "passed", "display": {"en": "passed"}}},
        {"result": {"score": {"scaled": 1.1, "raw": 1, "min": 0, "max": 1}}},
        {"result": {"duration": "60 s"}},
        {"timestamp": "2026-03-02T09:00:00"},
        {"stored": "2026-03-02T09:00:00Z"},
        {"object": {"objectType": "StatementRef", "id": statement["id"]}},
    ):
        with pytest.raises((AssertionError, ValueError, KeyError)):
            require_valid({**statement, **breach})
