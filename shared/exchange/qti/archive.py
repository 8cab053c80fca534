"""Zip files that strangers packed, read in memory so that none can blow up or name a file outside itself."""

import io
import posixpath
import re
import zipfile
import zlib
from typing import Final
from urllib.parse import unquote

from shared.exchange.bank_file import MAX_FILE_BYTES, Malformed

MAX_ENTRIES: Final = 50_000
MAX_UNZIPPED_BYTES: Final = 256 * 2**20
# XML packs at 10 or 30 to one; a bomb at up to 1,000.
MAX_RATIO: Final = 200
_LEAST_SUSPICIOUS_BYTES: Final = 2**20

_MAX_DIRECTORY_BYTES: Final = 16 * 2**20
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_ZIP64_LOCATOR: Final = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES: Final = 20
_ENCRYPTED: Final = 0x1
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
# What macOS adds beside the files.
_FORKS: Final = "__MACOSX/"


class Archive:
    """The files of a zip by path, in its order; folders are left out.

    Raises Malformed for what is no zip, is encrypted, packed other than by deflate, names a file twice or outside
    itself, or passes a limit.
    """

    def __init__(self, data: bytes) -> None:
        _refuse_unread(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
            raise _broken("the file is no zip, or a broken one") from error
        self._left = MAX_UNZIPPED_BYTES
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            self._add(entry)
        if sum(entry.file_size for entry in self._entries.values()) > MAX_UNZIPPED_BYTES:
            raise _broken(f"the zip unpacks to more than {MAX_UNZIPPED_BYTES // 2**20} MiB")

    @property
    def paths(self) -> list[str]:
        return list(self._entries)

    def read(self, path: str, most: int) -> bytes:
        """The first ``most`` bytes of a file and one more, if it has that many. Raises Malformed, and KeyError."""
        entry = self._entries[path]
        most = min(most, self._left) + 1
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(most)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise _broken(f"{path}: the zip is broken here") from error
        self._left -= len(data)
        if self._left < 0:
            raise _broken(f"the zip unpacks to more than {MAX_UNZIPPED_BYTES // 2**20} MiB")
        return data

    def found(self, folder: str, address: str) -> str | None:
        """The path that a relative ``address`` in a file of ``folder`` names, or None when there is no such file."""
        local = address.strip().replace("\\", "/").partition("#")[0]
        if _SCHEME.match(local):
            return None
        named = (local, unquote(local), unquote(local.partition("?")[0]))
        paths = (posixpath.normpath(posixpath.join(folder, each)) for each in named if each)
        return next((path for path in paths if path in self._entries), None)

    def _add(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename.replace("\\", "/")
        shown = name[:200]
        if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
            raise _broken(f"the zip names the file {shown!r}, which is outside itself")
        if name.endswith("/") or name.startswith(_FORKS):
            return
        path = posixpath.normpath(name)
        if path in self._entries:
            raise _broken(f"the zip has the file {shown!r} twice")
        if entry.flag_bits & _ENCRYPTED:
            raise _broken(f"{shown}: the file is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _broken(f"{shown}: the file is packed in a way that is not read; use deflate")
        if entry.file_size > _LEAST_SUSPICIOUS_BYTES and entry.file_size > MAX_RATIO * entry.compress_size:
            raise _broken(f"{shown}: the file unpacks to more than {MAX_RATIO} times its size")
        self._entries[path] = entry


def _refuse_unread(data: bytes) -> None:
    """Refuse what would take long even to list: a directory of entries that is larger than any package's."""
    if len(data) > MAX_FILE_BYTES:
        raise _broken(f"a file holds at most {MAX_FILE_BYTES // 2**20} MiB")
    end = data.rfind(_END, max(0, len(data) - _END_BYTES - 2**16))
    if end < 0 or end + _END_BYTES > len(data):
        raise _broken("the file is no zip, or a broken one")
    locator = max(0, end - _ZIP64_LOCATOR_BYTES)
    if data[locator:end].startswith(_ZIP64_LOCATOR):
        raise _broken("the zip is of the kind for very large files (ZIP64), which is not read")
    entries = int.from_bytes(data[end + 10 : end + 12], "little")
    directory = int.from_bytes(data[end + 12 : end + 16], "little")
    if entries > MAX_ENTRIES or directory > _MAX_DIRECTORY_BYTES:
        raise _broken(f"the zip has more than {MAX_ENTRIES:,} files")


def _broken(message: str) -> Malformed:
    return Malformed(((1, message),))
