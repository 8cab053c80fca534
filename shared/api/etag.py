"""ETags in quotes: the version of what may be changed, the digest of what may be kept."""

import hashlib
import re
from collections.abc import Mapping

from shared.domain.refusals import InvalidRequest


def etag(version: int) -> str:
    return f'"{version}"'


def version_in(headers: Mapping[str, str]) -> int | None:
    """The version that If-Match names, None without one; raise InvalidRequest where it names none."""
    value = headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    found = re.fullmatch(r'"(\d{1,9})"', value.strip())
    if not found:
        errors = [{"loc": ["header", "If-Match"], "msg": "Must be one version in quotes."}]
        raise InvalidRequest("If-Match is not as expected.", errors=errors)
    return int(found.group(1))


def require_version(headers: Mapping[str, str]) -> int:
    """The version that If-Match names; raise InvalidRequest without one."""
    version = version_in(headers)
    if version is None:
        errors = [{"loc": ["header", "If-Match"], "msg": "Must name the version that this supersedes."}]
        raise InvalidRequest("If-Match is missing.", errors=errors)
    return version


def content_etag(body: str | bytes) -> str:
    """The ETag of an answer that may be kept: the same content has the same."""
    return f'"{hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()[:32]}"'


def names(headers: Mapping[str, str], tag: str) -> bool:
    """Whether If-None-Match names ``tag``: whoever asks has that answer already."""
    known = next((value for name, value in headers.items() if name.lower() == "if-none-match"), "")
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))
