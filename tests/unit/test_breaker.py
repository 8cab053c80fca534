"""Who gives no answer is left in peace for a while, then tried once."""

import pytest

from shared.adapters.breaker import Breaker


class Seconds:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker(failures=2, rest=30, now=seconds)


def test_it_opens_after_so_many_failures_in_a_row(breaker: Breaker) -> None:
    breaker.failed()
    assert not breaker.is_open
    breaker.failed()
    assert breaker.is_open


def test_a_success_in_between_begins_the_count_anew(breaker: Breaker) -> None:
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert not breaker.is_open


def test_after_its_rest_one_call_is_let_through_and_decides(breaker: Breaker, seconds: Seconds) -> None:
    breaker.failed()
    breaker.failed()
    seconds.at = 29.9
    assert breaker.is_open
    seconds.at = 30
    assert not breaker.is_open
    breaker.failed()
    assert breaker.is_open
    seconds.at = 60
    assert not breaker.is_open
    breaker.succeeded()
    breaker.failed()
    assert not breaker.is_open
