"""`python -m infra.local import FILE`: reads a question bank of any format, and may attach it to a draft."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from infra.local.errors import LocalError
from infra.local.issuer import STATE, Issuer
from infra.local.remote import asked
from shared.api.bank import read_bank
from shared.api.contract.modules import AIKEN, GIFT, JSON, MOODLE_XML, QTI_ITEM, QTI_PACKAGE, BankView
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


def attach_bank(file: Path, kind: str | None, draft: EditionId, server: str) -> int:
    """Send the file, as it is, to the draft at a running server; the exit status. Raise LocalError."""
    data = file.read_bytes()
    media_type = FORMATS[kind] if kind else media_type_of(file, data)
    token = Issuer(STATE).token("importer", at=datetime.now(UTC), groups=["author"])
    path = f"/admin/modules/{quote(draft.module_id, safe='')}/editions/{draft.edition}/questions"
    receipt = asked(server, "PUT", path, token, data=data, media_type=media_type)
    print(f"attached to {draft}: {receipt['questions']} questions")
    return 0


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
