"""Viewing is believed as far as the server's clock allows, each second of the presentation once."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.enrolment import EnrolmentState
from shared.domain.refusals import NotConfirmed, ViewingIncomplete
from shared.domain.viewing import Segment, ViewingRecord, union
from tests.support.builders import HOUR, NOW, an_enrolment

LENGTH = 600
SEGMENTS = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700)), max_size=6)
FORWARD = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))))
# Requests reach the server in any order, by milliseconds: (milliseconds after the confirmation, segments).
REQUESTS = st.lists(st.tuples(st.integers(0, 1_000_000), SEGMENTS), max_size=6)


def seconds_in(segments: list[Segment] | tuple[Segment, ...]) -> set[int]:
    return {second for start, end in segments for second in range(start, end)}


def watched(requests: list[tuple[int, list[Segment]]]) -> ViewingRecord:
    record = ViewingRecord()
    for milliseconds, segments in requests:
        record = record.watched(segments, LENGTH, NOW, NOW + timedelta(milliseconds=milliseconds))
    return record


@given(FORWARD)
def test_the_union_covers_each_second_once(segments: list[Segment]) -> None:
    merged = union(segments)
    assert seconds_in(merged) == seconds_in(segments)
    assert sum(end - start for start, end in merged) == len(seconds_in(segments))
    assert all(first[1] < second[0] for first, second in itertools.pairwise(merged))


@given(REQUESTS)
def test_no_more_is_counted_than_was_watched_or_than_time_has_passed(requests: list[tuple[int, list[Segment]]]) -> None:
    record = watched(requests)
    latest = max((milliseconds for milliseconds, _ in requests), default=0)
    seen = [(start, min(end, LENGTH)) for _, segments in requests for start, end in segments]
    assert 0 <= record.seconds <= latest // 1000
    assert record.seconds <= len(seconds_in(seen)) <= LENGTH


@given(REQUESTS, SEGMENTS)
def test_what_is_counted_never_shrinks(requests: list[tuple[int, list[Segment]]], more: list[Segment]) -> None:
    before = watched(requests)
    after = before.watched(more, LENGTH, NOW, NOW + HOUR)
    assert after.seconds >= before.seconds


def test_watching_at_the_speed_of_the_clock_counts_in_full() -> None:
    record = watched([(seconds * 1000, [(seconds - 10, seconds)]) for seconds in range(10, 101, 10)])
    assert record.seconds == 100


def test_telling_it_in_pieces_that_are_no_whole_seconds_loses_nothing() -> None:
    record = watched([(tick * 1900, [(0, tick * 1900 // 1000)]) for tick in range(1, 101)])
    assert record.seconds == 190


def test_the_same_part_watched_twice_counts_once() -> None:
    assert watched([(500_000, [(0, 100)]), (900_000, [(0, 100), (50, 120)])]).seconds == 120


def test_what_lies_beyond_the_end_of_the_presentation_does_not_count() -> None:
    assert watched([(1_000_000, [(590, 700), (650, 660)])]).seconds == 10


@pytest.mark.parametrize("state", [EnrolmentState.REQUESTED, EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN])
def test_only_a_confirmed_learner_watches(state: EnrolmentState) -> None:
    with pytest.raises(NotConfirmed):
        an_enrolment(state).viewed([(0, 10)], LENGTH, NOW)


def test_time_counts_from_the_confirmation() -> None:
    enrolment = an_enrolment(confirmed_at=NOW).viewed([(0, LENGTH)], LENGTH, NOW + timedelta(seconds=25))
    assert enrolment.viewing.seconds == 25


def test_the_test_waits_for_the_part_of_the_presentation_that_is_required() -> None:
    half = 26 * 60
    with pytest.raises(ViewingIncomplete) as refused:
        an_enrolment(viewing=ViewingRecord(seconds=half - 1)).require_watched(50, 52)
    assert refused.value.facts == {"viewed_seconds": half - 1, "required_seconds": half}
    an_enrolment(viewing=ViewingRecord(seconds=half)).require_watched(50, 52)
    an_enrolment().require_watched(0, 52)
