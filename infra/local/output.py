"""Keeps what handlers print out of the terminal."""

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Terminal(io.TextIOBase):
    """Stands for sys.stdout: what a thread writes while it is `set_aside` goes to the log.

    Per thread, because the system's own words come while handlers run in other threads.
    """

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._terminal = sys.stdout
        self._here = threading.local()

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        self._here.aside = True
        try:
            yield
        finally:
            self._here.aside = False

    def write(self, text: str) -> int:
        return self._target().write(text)

    def flush(self) -> None:
        self._target().flush()

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def _target(self) -> TextIO:
        return self._log if getattr(self._here, "aside", False) else self._terminal
