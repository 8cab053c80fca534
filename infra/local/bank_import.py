"""`python -m infra.local import FILE`: reads a question bank of any format, and may attach it to a draft."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from infra.local.errors import LocalError
from infra.local.remote import asked, upload
from shared.api.bank import read_bank
from shared.api.contract.modules import AIKEN, GIFT, JSON, MAX_BANK_BYTES, MOODLE_XML, QTI_ITEM, QTI_PACKAGE, BankView
from shared.domain.ids import EditionId
from shared.domain.questions import AnswerKey, Bank
from shared.exchange.bank_file import BankFile, Malformed

FORMATS = {
    "json": JSON,
    "gift": GIFT,
    "aiken": AIKEN,
    "moodle": MOODLE_XML,
    "qti": QTI_ITEM,
    "package": QTI_PACKAGE,
}

# Seconds between two looks at a job, and between two lines about it; a file is looked for every 15 seconds there.
LOOK_EVERY = 1.0
TELL_EVERY = 15.0
LONGEST_WAIT = 900.0


def import_bank(file: Path, kind: str | None, output: Path | None) -> int:
    """Read the bank in ``file``, say what is in it, and write it as JSON to ``output``; the exit status.

    Raise LocalError where the file can't be read or ``output`` not be written, and where anything is wrong with
    the bank, which is told line by line on stderr before.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise LocalError(f"{file} can't be read: {error.strerror}") from None
    media_type = FORMATS[kind] if kind else media_type_of(file, data)
    try:
        bank = read_bank(media_type, data)
    except Malformed as malformed:
        for line, message in malformed.errors:
            print(f"{file}:{line}: {message}", file=sys.stderr)
        raise _refused(file) from None
    print(summary(file, bank))
    if output:
        try:
            output.write_text(as_json(bank), encoding="utf-8")
        except OSError as error:
            raise LocalError(f"{output} can't be written: {error.strerror}") from None
        print(f"written to {output}" + (", without its images" if bank.images else ""))
    return 0


def attach_bank(file: Path, kind: str | None, draft: EditionId, server: str, token: str) -> int:
    """Send the file, as it is, to the draft at a running server; the exit status.

    What is too large for a request is uploaded, and its import waited for. Raise LocalError.
    """
    data = file.read_bytes()
    media_type = FORMATS[kind] if kind else media_type_of(file, data)
    path = f"/admin/modules/{quote(draft.module_id, safe='')}/editions/{draft.edition}/questions"
    if len(data) <= MAX_BANK_BYTES:
        receipt = asked(server, "PUT", path, token, data=data, media_type=media_type)
        questions, skipped = receipt["questions"], receipt["skipped"]
    else:
        wanted = json.dumps({"media_type": media_type}).encode()
        awaited = asked(server, "POST", f"{path}/uploads", token, data=wanted)
        upload(awaited["url"], data, media_type)
        print(f"uploaded {len(data) / 2**20:.1f} MiB; waiting for the job {awaited['job']}", flush=True)
        job = _imported(file, awaited["job"], server, token)
        questions, skipped = job["done"], job.get("skipped", [])
    left_out = f", {len(skipped)} skipped" if skipped else ""
    print(f"attached to {draft}: {questions} questions{left_out}")
    return 0


def _imported(file: Path, job: str, server: str, token: str) -> Any:
    """The import once it is finished; raise LocalError where it failed, its errors told line by line before."""
    began = told = time.monotonic()
    while True:
        found = asked(server, "GET", f"/admin/jobs/{job}", token)
        if found["state"] == "finished":
            return found
        if found["state"] == "failed":
            for error in found["errors"]:
                print(f"{file}:{error['line']}: {error['msg']}", file=sys.stderr)
            raise _refused(file)
        now = time.monotonic()
        if now - began > LONGEST_WAIT:
            raise LocalError(f"{server} has not finished the import after {LONGEST_WAIT:.0f} s; see /admin/jobs/{job}")
        if now - told >= TELL_EVERY:
            told = now
            print(f"  {found['state']} for {now - began:.0f} s", flush=True)
        time.sleep(LOOK_EVERY)


def _refused(file: Path) -> LocalError:
    return LocalError(f"{file} was refused whole; nothing was imported")


def media_type_of(file: Path, data: bytes) -> str:
    """What the file's name, and where that leaves it open its start, say that it is; raise LocalError."""
    start = data[:4096].lower()
    match file.suffix.lower():
        case ".json":
            return JSON
        case ".gift":
            return GIFT
        case ".zip":
            return QTI_PACKAGE
        case ".xml":
            return MOODLE_XML if b"<quiz" in start else QTI_ITEM
        case ".txt":
            return AIKEN if b"\nanswer:" in data.lower() else GIFT
    raise LocalError(f"{file.name} could be anything; say what it is with --format ({', '.join(FORMATS)})")


def summary(file: Path, bank: BankFile) -> str:
    """How many questions there are, by pool, kind and scoring, and all that was left out."""
    pools = Counter(question.pool for question in bank.questions)
    scoring = Counter(str(entry.scoring) for entry in bank.key)
    lines = [
        f"{file.name}: {len(bank.questions)} questions, {len(bank.images)} images, {len(bank.skipped)} skipped",
        *(f"  pool {pool}: {count}" for pool, count in sorted(pools.items())),
        *(f"  scoring {mode}: {count}" for mode, count in sorted(scoring.items())),
        *(f"  skipped, line {part.line}: {part.reason}" for part in bank.skipped),
    ]
    return "\n".join(lines)


def as_json(bank: BankFile) -> str:
    """The bank in the shape that authors send."""
    key = AnswerKey(bank_revision=1, revision=1, entries={entry.question_id: entry for entry in bank.key})
    view = BankView.of(Bank(revision=1, questions=bank.questions), key)
    return json.dumps(view.model_dump(mode="json"), ensure_ascii=False, indent=1)
