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
    request = urllib.request.Request(  # noqa: S310 - the user names the server
        f"{server}{path}",
        method=method,
        data=data,
        headers={"Authorization": f"Bearer {token}", "Content-Type": media_type},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise LocalError(f"{server} answers {refused.code}: {refused.read(2000).decode()}") from None
    except urllib.error.URLError as error:
        raise LocalError(f"{server} can't be reached: {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise LocalError(f"{server} gave no answer: {error}") from None
