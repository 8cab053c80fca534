"""The formats that question banks come in and go out in, by media type; a format's own libraries load on first use."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final, cast

from shared.domain.questions import AnswerKey, Bank, Image
from shared.exchange.bank_file import MAX_FILE_BYTES, BankFile, Malformed

_Read = Callable[[bytes], BankFile]
_Write = Callable[[Bank, AnswerKey, Sequence[Image]], bytes]

_READERS: Final[Mapping[str, tuple[str, str]]] = {
    "text/x-gift": ("gift", "read"),
    "text/x-aiken": ("aiken", "read"),
    "application/x-moodle+xml": ("moodle_xml", "read"),
    "application/x-qti+xml": ("qti.item", "read_item"),
    "application/zip": ("qti.package", "read_package"),
}
_WRITERS: Final[Mapping[str, tuple[str, str]]] = {
    "application/x-moodle+xml": ("moodle_xml", "write"),
    "application/zip": ("qti.writing", "write_package"),
}
READABLE: Final = frozenset(_READERS)
WRITABLE: Final = frozenset(_WRITERS)


class UnknownFormat(Exception):
    """No bank is read from, or written to, this media type."""

    def __init__(self, media_type: str) -> None:
        super().__init__(media_type)
        self.media_type = media_type


def read(media_type: str, data: bytes) -> BankFile:
    """The bank that a file of this media type holds.

    Raises Malformed with every error found, and UnknownFormat for a media type that isn't in ``READABLE``.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Malformed(((1, f"a file holds at most {MAX_FILE_BYTES // 2**20} MiB"),))
    return cast(_Read, _of(_READERS, media_type))(data)


def write(media_type: str, bank: Bank, key: AnswerKey, images: Sequence[Image]) -> bytes:
    """The bank as a file of this media type, from which ``read`` gives the same bank.

    ``images`` has every picture that the texts show. Raises UnknownFormat for a media type that isn't in ``WRITABLE``.
    """
    return cast(_Write, _of(_WRITERS, media_type))(bank, key, images)


def _of(functions: Mapping[str, tuple[str, str]], media_type: str) -> object:
    if media_type not in functions:
        raise UnknownFormat(media_type)
    module, name = functions[media_type]
    return getattr(import_module(f"shared.exchange.{module}"), name)
