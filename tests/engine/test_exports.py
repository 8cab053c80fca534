"""Exports and credit entered by hand: however often at once, there is one of each; and a long file is whole."""

from http import HTTPStatus

import pytest

from functions.certification.record.handler import post_external_credit
from functions.operations.oversee.handler import post_export, put_acceptance
from shared.adapters import s3
from shared.api.contract.certification import ExternalCreditBody
from shared.api.contract.operations import ExportBody
from tests.engine.racing import Request, at_once
from tests.flow.journey import World, answered


def test_twenty_clicks_at_once_start_one_run_and_one_acceptance_counts(world: World) -> None:
    for _ in range(2):
        start = Request(post_export, world.admin, {"kind": "participants.csv"})
        answers = at_once(20, lambda _, start=start: start.send(ExportBody()))
        [body] = {answer.body.model_dump_json() for answer in answers if answer.body}
        assert {answer.status for answer in answers} == {HTTPStatus.ACCEPTED}
        world.deliver()
        [job] = {answer.body.model_dump()["job"] for answer in answers if answer.body}
        assert job in body
        accept = Request(put_acceptance, world.admin, {"job": job})
        accepted = at_once(20, lambda _, accept=accept: accept.send())
        assert len({answer.body.model_dump_json() for answer in accepted if answer.body}) == 1
        world.wait(hours=1)


def test_the_same_credit_entered_twenty_times_at_once_is_one_entry(world: World) -> None:
    ada = world.learner()
    enter = Request(post_external_credit, ada, {})
    body = ExternalCreditBody.model_validate_json(
        '{"earned_on": "2022-02-14", "title": "Congress", "scheme": "EACCME", "amount": "6.00", "provider": "Society"}'
    )
    answers = at_once(20, lambda _: enter.send(body))
    # Writes of the same facts can't be told apart: each of those that race is told that it made the entry.
    assert {answer.status for answer in answers} <= {HTTPStatus.OK, HTTPStatus.CREATED}
    assert HTTPStatus.CREATED in {answer.status for answer in answers}
    assert len({answer.body.model_dump_json() for answer in answers if answer.body}) == 1
    assert len(ada.transcript()["entries"]) == 1


def test_a_file_of_many_parts_is_fetched_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts below S3's least size are taken by the engine, so that a few learners make many of them."""
    monkeypatch.setattr(s3, "PART_BYTES", 1)
    monkeypatch.setattr("functions.operations.work.exports.PAGE", 1)
    module = world.published(members_only=False)
    learners = world.ready(module, 6)
    for learner in learners:
        answered(learner.introduce(reporting_consent=True))
    export = world.admin.exports("participants.csv", module_id=module.module_id, edition=module.edition)
    assert sorted(row["learner"] for row in export.rows()) == sorted(learner.sub for learner in learners)
