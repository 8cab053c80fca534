"""Cursors as clients see them: opaque, and safe in a query string."""

import base64
import binascii

from shared.domain.refusals import foreign_cursor


def encode_cursor(cursor: str | None) -> str | None:
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=") if cursor else None


def decode_cursor(cursor: str | None) -> str | None:
    """Raise InvalidRequest where ``cursor`` is none of ours."""
    if not cursor:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise foreign_cursor() from error
