"""Wherever a process is killed, and whichever answer is lost: everything ends as it would have, undisturbed.

Many minutes long, so `make soak` runs it: with every call disturbed. Killed between two writes, a process has done the
same whichever read comes next: without `--soak` only the calls that change something are disturbed.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import Tried
from tests.flow.crashing import ACTS, Disturbance, Kind, Stage, disturbed_world
from tests.flow.journey import World

EVERY_DAY = (Kind.AFTER, Kind.LOST)


@pytest.fixture(scope="module")
def disturbed(state: Path, soaking: bool) -> Iterator[tuple[World, Disturbance]]:
    with disturbed_world(state, every=soaking) as world:
        yield world


@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_is_disturbed_at_any_call_ends_as_it_would_have(
    disturbed: tuple[World, Disturbance], act: str, soaking: bool, tried: Tried
) -> None:
    world, disturbance = disturbed
    stage = Stage(world, ACTS[act])
    disturbance.begin()
    undisturbed = stage.play()
    calls = len(disturbance.calls)
    assert calls >= 6
    points, differing = 0, {}
    for kind in Kind if soaking else EVERY_DAY:
        for point in count():
            disturbance.begin(kind, point)
            left = stage.play()
            if not disturbance.happened:  # the act was over before its call of this number
                break
            points += 1
            call = disturbance.calls[point]
            if not left.is_as(undisturbed, may_send_again=call == "sesv2.SendEmail"):
                rows = [row for row in left.items if row not in undisturbed.items]
                differing[kind, point, call] = (rows, left.mails - undisturbed.mails, undisturbed.mails - left.mails)
    assert not differing, f"{act}: {differing}"
    # With what is delivered in one batch, the number of calls differs a little from time to time.
    assert points >= 0.8 * calls * len(Kind if soaking else EVERY_DAY)
    tried("crash points", points)
