"""Pictures of a question bank: told by their bytes, never by what a file calls them."""

import base64
import binascii
import re
from hashlib import sha256
from typing import Final

from shared.domain.questions import Image

MAX_IMAGE_BYTES: Final = 5 * 2**20
NAME: Final = re.compile(r"[0-9a-f]{64}\.(?:png|jpg|gif)")

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
)
_DATA_ADDRESS: Final = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")


class NotAnImage(Exception):
    """Why the bytes can't be kept as a picture."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def image_of(data: bytes) -> Image:
    """The picture that ``data`` is, named by its hash: the same bytes are one picture.

    Raises NotAnImage for anything but PNG, JPEG and GIF (an SVG can carry a script) and over ``MAX_IMAGE_BYTES``.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise NotAnImage(f"is over {MAX_IMAGE_BYTES // 2**20} MiB")
    for signature, media_type, extension in _SIGNATURES:
        if data.startswith(signature):
            return Image(f"{sha256(data).hexdigest()}.{extension}", media_type, data)
    raise NotAnImage("is no PNG, JPEG or GIF")


def image_in_base64(text: str) -> Image:
    """The picture written as base64, line breaks allowed; raises NotAnImage."""
    if len(text) > 2 * MAX_IMAGE_BYTES:
        raise NotAnImage(f"is over {MAX_IMAGE_BYTES // 2**20} MiB")
    try:
        data = base64.b64decode(_SPACE.sub("", text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAnImage("is broken base64") from error
    return image_of(data)


def image_in_address(address: str) -> Image | None:
    """The picture that a ``data:`` address carries, or None for any other address; raises NotAnImage."""
    start = _DATA_ADDRESS.match(address)
    return image_in_base64(address[start.end() :]) if start else None
