"""A regrade is safe to repeat, to deliver twice, and to break off anywhere: it comes out the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from infra.local.pollers import Delivery
from shared.adapters.dynamo.store import Store
from shared.domain.mail import Mail
from tests.flow.faulty import THREE, sit_a_faulty_test
from tests.flow.journey import TOLD_QUEUES, Begin, World, answered
from tests.flow.story import HOW_IT_WENT, tables_of


@dataclass(frozen=True)
class Outcome:
    tables: list[Any]
    told: set[str]


def outcome_of(world: World) -> Outcome:
    """What is kept, without how often it was written, and what learners and verifiers are to be told."""
    numbers = {
        facts["certificate"]: f"NUMBER-OF-{pk}"
        for (pk, sk), row in world.rows("LearningTable").items()
        if sk.startswith("CLAIM#")
        for facts in [row["facts"]]
    }
    told: set[str] = set()
    for message in world.messages():
        if message.queue in TOLD_QUEUES:
            event_id = message.event["id"]
            for number, name in numbers.items():
                event_id = event_id.replace(number, name)
            told.add(event_id)
    return Outcome(tables_of(world, but=("version", "outbox", *HOW_IT_WENT)), told)


@pytest.fixture(scope="module")
def undisturbed(begin: Begin) -> Outcome:
    with begin() as world:
        sit_a_faulty_test(world, who=THREE).is_regraded()
        return outcome_of(world)


@pytest.mark.parametrize("during", [True, False], ids=["while it runs", "when it is done"])
def test_asked_twice_it_is_done_once(world: World, undisturbed: Outcome, during: bool) -> None:
    faulty = sit_a_faulty_test(world, who=THREE)
    job = answered(world.author.rekeys(faulty.module, "q1", "b"), 202)["job"]
    if not during:
        world.deliver()
    assert answered(world.author.rekeys(faulty.module, "q1", "b"), 202)["job"] == job
    world.deliver()
    assert outcome_of(world) == undisturbed


def test_every_message_delivered_twice_it_comes_out_the_same(world: World, undisturbed: Outcome) -> None:
    sit_a_faulty_test(world, who=THREE).is_regraded(Delivery(times=2))
    assert outcome_of(world) == undisturbed


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_it_comes_out_the_same(world: World, undisturbed: Outcome, seed: int) -> None:
    sit_a_faulty_test(world, who=THREE).is_regraded(Delivery(times=1 + seed % 2, seed=seed))
    assert outcome_of(world) == undisturbed


class BrokenOff(Exception):
    """The function ended here."""


@contextmanager
def breaking_off(*, after: bool) -> Iterator[list[str]]:
    """Every step breaks off once at each of its single writes, before or after it; whose writes those were.

    Transactions are for ``test_crash_points.py``. Not at a mail's: what is broken off there is left alone for two
    minutes, and time stands still here.
    """
    save, broken = Store.save, set()
    writes: list[str] = []

    def breaks_off(store: Any, aggregate: Any, announcing: Any = ()) -> Any:
        write = (store.key(aggregate), aggregate.version)
        if write in broken or store.kind is Mail:
            return save(store, aggregate, announcing)
        broken.add(write)
        writes.append(store.kind.__name__)
        if after:
            save(store, aggregate, announcing)
        raise BrokenOff

    with patch.object(Store, "save", breaks_off):
        yield writes


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_broken_off_at_every_write_it_is_completed_by_the_next_delivery(
    world: World, undisturbed: Outcome, after: bool
) -> None:
    faulty = sit_a_faulty_test(world, who=THREE)
    answered(world.author.rekeys(faulty.module, "q1", "b"), 202)
    with breaking_off(after=after) as writes:
        world.deliver()
    assert {"Job", "Attempt"} <= set(writes)
    assert outcome_of(world) == undisturbed


@pytest.mark.parametrize("after", [False, True], ids=["before the job", "after the job"])
def test_a_request_broken_off_is_completed_by_the_same_request(world: World, undisturbed: Outcome, after: bool) -> None:
    faulty = sit_a_faulty_test(world, who=THREE)
    with breaking_off(after=after) as writes:
        assert world.author.rekeys(faulty.module, "q1", "b").status == 500
    assert writes == ["Job"]
    answered(world.author.rekeys(faulty.module, "q1", "b"), 202)
    world.deliver()
    assert outcome_of(world) == undisturbed
