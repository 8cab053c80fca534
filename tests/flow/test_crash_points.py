"""Wherever a process is killed, and whichever answer is lost: everything ends as it would have, undisturbed.

`make soak` disturbs every call in every way. What a process has done changes with its writes alone, so without `--soak`
writes are disturbed where they took effect and nobody got to know: from the submission to the certificate every one,
elsewhere every third; and of all else a sample.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import Tried
from tests.flow.crashing import ACTS, Disturbance, Kind, Point, Stage, disturbed_world
from tests.flow.journey import World

WRITES = ("dynamodb.Put", "dynamodb.Transact", "dynamodb.Update", "dynamodb.Delete", "dynamodb.BatchWrite", "s3.Put")
HEART = ("pass", "fail")
EVERY_DAY_OF_OTHER_WRITES = 3
EVERY_DAY_OF_ALL = 120


def points_of(act: str, calls: Sequence[str], *, soaking: bool) -> list[Point]:
    """Where an act that makes ``calls`` is disturbed, and how."""
    everything = [(kind, place) for kind in Kind for place in range(len(calls))]
    if soaking:
        return everything
    writes = [(Kind.AFTER, place) for place, call in enumerate(calls) if call.startswith(WRITES)]
    step = 1 if act in HEART else EVERY_DAY_OF_OTHER_WRITES
    return sorted({*writes[::step], *everything[EVERY_DAY_OF_ALL // 2 :: EVERY_DAY_OF_ALL]})


@pytest.fixture(scope="module")
def disturbed(state: Path) -> Iterator[tuple[World, Disturbance]]:
    with disturbed_world(state) as world:
        yield world


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_is_disturbed_at_any_call_ends_as_it_would_have(
    disturbed: tuple[World, Disturbance], act: str, soaking: bool, tried: Tried
) -> None:
    world, disturbance = disturbed
    stage = Stage(world, disturbance, ACTS[act])
    undisturbed = stage.play()
    calls = list(disturbance.calls)
    assert len(calls) >= 6
    points, happened, differing = points_of(act, calls, soaking=soaking), 0, {}
    for kind, place in points:
        left = stage.play((kind, place))
        happened += disturbance.happened
        if found := left.differences(undisturbed, may_send_again=disturbance.may_send_a_mail_again):
            differing[kind, place] = found
    tried("crash points", happened)
    assert not differing
    # A list that is not out yet is put out: whether one is, and so the number of calls, is for chance to say.
    assert len(points) - happened <= max(1, len(points) // 10)
