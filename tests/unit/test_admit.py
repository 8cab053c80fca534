"""Admit: who is a member, as the society's office said last."""

from datetime import date

import pytest

from functions.enrolment.admit.use_case import set_membership, show_membership
from shared.domain.refusals import NotFound
from tests.support.builders import LEARNER
from tests.support.fakes import World


def test_the_last_word_about_a_membership_counts() -> None:
    world = World()
    set_membership(LEARNER, True, date(2027, 12, 31), world)
    set_membership(LEARNER, False, None, world)
    assert (show_membership(LEARNER, world).member, show_membership(LEARNER, world).until) == (False, None)


def test_of_whom_nothing_was_said_nothing_is_known() -> None:
    with pytest.raises(NotFound):
        show_membership(LEARNER, World())
