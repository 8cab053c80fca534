"""A place on a status list is one version's alone, and a list put out by many at once says all that they entered."""

from collections.abc import Sequence
from functools import partial

from functions.certification.publish_status.use_case import enter_status, publish_lists
from shared.bootstrap import deps
from shared.domain.certificate import RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.claim import Claim
from shared.domain.ids import LearnerId
from shared.events.certification import CertificateRevokedV1
from shared.ports import ConcurrentChange
from tests.engine.racing import at_once
from tests.flow.journey import World
from tests.support.builders import NOW, a_claim, a_head, a_place, a_version

ROUNDS = 5
MANY = 20


def test_of_many_who_draw_one_place_one_gets_it(world: World) -> None:
    for place in range(ROUNDS):
        drawn = [
            a_claim(learner_id=LearnerId(f"drawn-{place}-{n}"), status=a_place(place, year=2041)) for n in range(MANY)
        ]
        assert sum(at_once(MANY, partial(is_ordered, drawn))) == 1
        assert len([claim for claim in drawn if deps().claims.find(claim.enrolment)]) == 1


def is_ordered(drawn: Sequence[Claim], n: int) -> bool:
    try:
        deps().claims.save(drawn[n])
    except ConcurrentChange:
        return False
    return True


def test_a_list_that_many_put_out_at_once_says_all_that_they_entered(world: World) -> None:
    heads, versions = deps().certificates._heads, deps().certificates._versions  # type: ignore[attr-defined]
    numbers = [certificate_number(41_000 + n) for n in range(MANY)]
    for n, number in enumerate(numbers):
        head = heads.save(a_head(number=number))
        heads.save(head.revoked(RevocationReason.FRAUD, "", NOW))
        versions.save(a_version(number=number, status=a_place(n, year=2042)))

    def publish(n: int) -> None:
        """As a queue delivers it: again where a race was lost."""
        revoked = CertificateRevokedV1(at=NOW, certificate=numbers[n], version=1)
        while True:
            try:
                return publish_lists(enter_status(revoked, deps()), deps())
            except ConcurrentChange:
                continue

    at_once(MANY, publish)
    published = deps().status_lists.find(a_place(0, year=2042).list_id)
    assert published
    assert published.says(dict.fromkeys(range(MANY), True) | {MANY: False})
