"""Keeps what handlers print out of the terminal."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from shared import observability


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

    def fileno(self) -> int:
        return self._terminal.fileno()

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def _target(self) -> TextIO:
        return self._log if getattr(self._here, "aside", False) else self._terminal


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """This package's and the libraries' log, with the tracebacks of faults, in a file begun anew.

    The functions' own logger writes there by itself, as what it prints is set aside.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    handler.addFilter(lambda record: record.name != observability.logger.name)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("infra.local").setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
