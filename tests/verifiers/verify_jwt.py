"""Verifies the JWTs of a folder with openbadgeslib, in an environment of its own, and that no change goes unnoticed.

    python verify_jwt.py FOLDER

FOLDER as for ``verify.mjs``, with NUMBER-vVERSION.jwt for each entry.
"""

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

Payload = dict[str, Any]


def another_name(payload: Payload) -> None:
    payload["credentialSubject"]["identifier"][0]["identityHash"] = "Mallory"


def another_amount(payload: Payload) -> None:
    for result in payload["credentialSubject"]["result"]:
        result["value"] = "99.00"


def another_result(payload: Payload) -> None:
    payload["credentialSubject"]["result"][0]["status"] = "Failed"


def another_status(payload: Payload) -> None:
    payload["credentialStatus"]["statusListIndex"] = "0"


def a_later_start(payload: Payload) -> None:
    payload["nbf"] += 1


TAMPERINGS: list[Callable[[Payload], None]] = [
    another_name, another_amount, another_result, another_status, a_later_start,
]  # fmt: skip


def tampered(token: str, tamper: Callable[[Payload], None]) -> str:
    header, body, signature = token.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    tamper(payload)
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return f"{header}.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}.{signature}"


def main(folder: Path) -> int:
    document = (folder / "did.json").read_bytes()
    verifier = OB3Verifier.for_issuer_did(json.loads(document)["id"], download=lambda *_, **__: document)
    failures = 0

    def report(what: str, right: bool) -> None:
        nonlocal failures
        failures += not right
        print("ok  " if right else "FAIL", what)

    entries = json.loads((folder / "credentials.json").read_text("utf-8"))
    for entry in entries:
        name = f"{entry['number']} v{entry['version']} as JWT"
        token = (folder / f"{entry['number']}-v{entry['version']}.jwt").read_text("ascii")
        try:
            verified = verifier.verify(token).id
        except OB3VerificationError as error:
            verified = str(error)
        report(f"{name} is verified", verified is not None and f"/{entry['number']}?" in verified)
        for tamper in TAMPERINGS:
            try:
                verifier.verify(tampered(token, tamper))
            except OB3VerificationError:
                refused = True
            else:
                refused = False
            report(f"{name} with {tamper.__name__.replace('_', ' ')} is refused", refused)
    report("there is a credential", bool(entries))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
