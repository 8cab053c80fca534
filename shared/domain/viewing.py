"""Viewing evidence: which parts of the presentation were watched, believed no faster than the clock."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

Segment = tuple[int, int]


def union(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The segments (from, to; whole seconds) merged and sorted."""
    merged: list[Segment] = []
    for start, end in sorted(segments):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingRecord:
    """What a learner has watched; ``seconds`` never grows faster than the server's clock since ``counted_at``.

    ``slides`` are the numbers (from 1) of the slides that were shown.
    """

    segments: tuple[Segment, ...] = ()
    seconds: int = 0
    counted_at: datetime | None = None
    slides: tuple[int, ...] = ()

    def watched(self, segments: Sequence[Segment], length: int, since: datetime, at: datetime) -> "ViewingRecord":
        """The record with more segments of a presentation of ``length`` seconds; ``since``: the confirmation."""
        shown = ((start, min(end, length)) for start, end in segments)
        watched = union([*self.segments, *((start, end) for start, end in shown if start < end)])
        counted_at = self.counted_at or since
        # Whole seconds, so that no part of one is lost; and never backwards, or some would count twice.
        elapsed = max(0, int((at - counted_at).total_seconds()))
        reached = sum(end - start for start, end in watched)
        return replace(
            self,
            segments=watched,
            seconds=min(reached, self.seconds + elapsed),
            counted_at=counted_at + timedelta(seconds=elapsed),
        )

    def leafed(self, slides: Collection[int], count: int) -> "ViewingRecord":
        """The record with more slides of a presentation of ``count``; one that it does not have is left out."""
        shown = {slide for slide in slides if 1 <= slide <= count}
        return replace(self, slides=tuple(sorted(shown.union(self.slides))))
