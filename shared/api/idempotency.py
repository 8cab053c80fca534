"""An Idempotency-Key is the caller's own name for a request: repeated, it finds what the first made."""

import re
from collections.abc import Mapping

from shared.domain.refusals import InvalidRequest

KEY = re.compile(r"[\x21-\x7e]{1,200}")


def require_key(headers: Mapping[str, str]) -> str:
    """The key that the request names; raise InvalidRequest without one."""
    key = headers.get("idempotency-key", "").strip()
    if not KEY.fullmatch(key):
        errors = [{"loc": ["header", "Idempotency-Key"], "msg": "Must be 1 to 200 printable ASCII characters."}]
        raise InvalidRequest("The Idempotency-Key is missing or not as expected.", errors=errors)
    return key
