"""A file of lines that can be written page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.reporting import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """``head`` and ``foot`` enclose the lines, ``between`` separates them."""

    line: Callable[[Change], str]
    head: str = ""
    between: str = ""
    foot: str = ""

    def page(self, lines: Sequence[Change], *, before: int, is_first: bool, is_last: bool) -> bytes:
        """One page of the file in UTF-8; ``before`` counts the lines of the pages before it."""
        text = self.between.join(self.line(change) for change in lines)
        if before and lines:
            text = self.between + text
        return ((self.head if is_first else "") + text + (self.foot if is_last else "")).encode()
