"""Two in the office at once: an account becomes one person's, whoever asks for it at the same moment."""

from http import HTTPStatus

from functions.enrolment.admit.handler import post_identity
from shared.api.contract.enrolment import JoiningBody
from shared.domain.refusals import AlreadyJoined
from tests.engine.racing import Request, at_once
from tests.flow.journey import World, answered


def test_of_ten_persons_that_an_account_is_joined_with_at_once_it_becomes_one(world: World) -> None:
    account, *persons = [world.learner() for _ in range(11)]
    body = JoiningBody(learner_id=account.sub, reason="the same licence")

    def join(number: int) -> HTTPStatus | str:
        asked = Request[JoiningBody](post_identity, world.admin, {"learner_id": persons[number].sub})
        try:
            return asked.send(body).status
        except AlreadyJoined as refused:
            return str(refused.facts["primary"])

    told = at_once(10, join)
    # Whose first answer came after a lost race is told 200: it was joined with them all the same.
    [primary] = [persons[number].sub for number, answer in enumerate(told) if isinstance(answer, HTTPStatus)]
    assert [answer for answer in told if not isinstance(answer, HTTPStatus)] == [primary] * 9
    for one in (account, *persons):
        known = answered(world.admin.ask("GET", f"/admin/learners/{one.sub}/identities"), 200)
        others = [account.sub] if one.sub in {primary, account.sub} else []
        assert [other["learner_id"] for other in known["joined"]] == others
