"""What the commands ask of a server that is running, here or elsewhere."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from infra.local.errors import LocalError

_TIMEOUT = 60.0  # seconds for the server's answer


def asked(
    server: str, method: str, path: str, token: str, *, data: bytes | None = None, media_type: str = "application/json"
) -> Any:
    """The JSON that the server answers; LocalError, with one line, where it refuses or can't be reached."""
    if not server.startswith(("http://", "https://")):
        raise LocalError(f"'{server}' is no address of a server; it starts with http:// or https://")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    request = urllib.request.Request(f"{server}{path}", method=method, data=data, headers=headers)  # noqa: S310 - the user names the server
    return json.loads(_answer(request, server))


def upload(address: str, data: bytes, media_type: str) -> None:
    """PUT a file to an address that needs no token; LocalError, with one line, where it is refused."""
    request = urllib.request.Request(address, method="PUT", data=data, headers={"Content-Type": media_type})  # noqa: S310 - the server names it
    _answer(request, "the place for uploads")


def _answer(request: urllib.request.Request, asked_of: str) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return bytes(answer.read())
    except urllib.error.HTTPError as refused:
        raise LocalError(f"{asked_of} answers {refused.code}: {refused.read(2000).decode()}") from None
    except urllib.error.URLError as error:
        raise LocalError(f"{asked_of} can't be reached: {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise LocalError(f"{asked_of} gave no answer: {error}") from None
