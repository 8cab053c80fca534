"""A certificate is drawn once and corrected by one admin at a time."""

from collections.abc import Sequence
from http import HTTPStatus

import pytest

from functions.certification.claim.handler import put_claim
from functions.certification.reissue.handler import post_reissue
from shared.api.contract.certification import ClaimBody, ReissueBody
from shared.api.resolver import Answer
from shared.domain.refusals import PreconditionFailed
from tests.engine.racing import Request, at_once, ids_of, of_learner
from tests.flow.journey import Admin, World, answered

ROUNDS = 3
Sent = tuple[Request[ReissueBody], ReissueBody]


def test_fifty_claims_at_once_give_one_certificate_number(world: World) -> None:
    module = world.published(claim="claimed")
    [ada] = world.ready(module, 1)
    ada.passes()
    claim = of_learner(put_claim, ada, module)
    body = ClaimBody(attested_name="Dr. Ada", profession="MD", credits=[{"scheme": "ESMO-MORA", "amount": "1.00"}])
    answers = at_once(50, lambda _: claim.send(body))
    assert sorted(answer.status for answer in answers) == [HTTPStatus.OK] * 49 + [HTTPStatus.ACCEPTED]
    [body_of_all] = {answer.body.model_dump_json() for answer in answers if answer.body}
    world.deliver()
    assert ada.enrolment()["certificate"] in body_of_all
    assert len(world.facts_of(ada, "CLAIM#")) == 1
    assert len(ids_of(world, "cme.credit.claimed.v1", ada)) == 1
    assert len(answered(ada.ask("GET", "/certificates"))["certificates"]) == 1


@pytest.fixture(scope="module")
def number(world: World) -> str:
    return world.learner().earns(world.published())


def reissue_of(world: World, number: str, admin: str) -> Request[ReissueBody]:
    return Request(post_reissue, Admin(world, admin, groups=["admin"]), {"number": number})


def test_of_two_admins_who_correct_a_name_at_once_one_wins_and_the_other_is_told(world: World, number: str) -> None:
    for current in range(1, ROUNDS + 1):
        names = [f"Dr. Ada {admin} {current}" for admin in ("Kim", "Lee")]
        bodies = [ReissueBody(reason="Name corrected", attested_name=name) for name in names]
        sent = [(reissue_of(world, number, admin), body) for admin, body in zip(("kim", "lee"), bodies, strict=True)]

        def correct(n: int, sent: Sequence[Sent] = sent, current: int = current) -> Answer | None:
            """None is the answer version-conflict."""
            request, body = sent[n]
            try:
                return request.send(body, if_match=f'"{current}"')
            except PreconditionFailed:
                return None

        came = at_once(2, correct)
        [winner] = [n for n, answer in enumerate(came) if answer]
        world.deliver()
        certificate = answered(world.admin.certificate(number))
        assert (certificate["version"], certificate["attested_name"]) == (current + 1, names[winner])


def test_the_same_correction_sent_fifty_times_at_once_is_one_version(world: World) -> None:
    number = world.learner().earns(world.published())
    reissue = reissue_of(world, number, "kim")
    body = ReissueBody(reason="Name corrected", attested_name="Dr. Anna")
    answers = at_once(50, lambda _: reissue.send(body, if_match='"1"'))
    assert {answer.status for answer in answers} == {HTTPStatus.ACCEPTED}
    world.deliver()
    assert answered(world.admin.certificate(number))["version"] == 2
    assert len([event for event in ids_of(world, "cme.certificate.reissued.v1") if number in event]) == 1
