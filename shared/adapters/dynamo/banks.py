"""QuestionTable and AnswerKeyTable: banks and keys by revision, in parts that fit an item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.acting import acted, note_read
from shared.adapters.dynamo.kept import Kept
from shared.adapters.dynamo.operations import announcement
from shared.adapters.dynamo.store import CONDITION_FAILED, EncodeOutbox, Place, stored, was_condition
from shared.adapters.dynamo.tables import AnswerKeyItem, Item, QuestionItem
from shared.domain.ids import EditionId
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Question
from shared.domain.regrade import Proposal
from shared.facts import dump, load
from shared.ports import ConcurrentChange

# How many questions, of whatever banks, a process keeps: with their keys some ten megabytes.
KEPT_QUESTIONS = 5_000
# An item holds at most 400 KB; a part stays well below it with its keys.
PART_BYTES = 300_000


def _parts(entries: Sequence[Any]) -> Iterator[str]:
    """``entries`` as JSON lists of at most PART_BYTES, or of one entry."""
    part: list[str] = []
    size = 0
    for entry in entries:
        text = dump(entry)
        length = len(text.encode()) + 1
        if part and size + length > PART_BYTES:
            yield f"[{','.join(part)}]"
            part, size = [], 0
        part.append(text)
        size += length
    yield f"[{','.join(part)}]"


def _put(item: type[Item], pk: str, revision: int, entries: Sequence[Any]) -> None:
    """Write a revision's parts, each once; raise ConcurrentChange where someone else wrote one."""
    for place, part in enumerate(_parts(entries)):
        _put_once(item(pk, f"REVISION#{revision:06d}#PART#{place:04d}", facts=part))


def _put_once(item: Item) -> None:
    """Write what nobody changes; raise ConcurrentChange where something else is stored already."""
    try:
        item.save()
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        _require_stored(item, error)


def _require_stored(item: Item, error: Exception) -> None:
    """Raise ConcurrentChange, from ``error``, where something else is stored, or nothing."""
    try:
        there = type(item).get(item.pk, item.sk, consistent_read=True)
    except DoesNotExist:
        raise ConcurrentChange(f"{item.pk} {item.sk}") from error
    if there.facts != item.facts:
        raise ConcurrentChange(f"{item.pk} {item.sk}") from error


class DynamoQuestionBanks:
    """See ``ports.QuestionBanks``. A revision never changes: what was asked for last is kept."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[EditionId, int], Bank] = Kept(KEPT_QUESTIONS)

    def next_revision(self, edition: EditionId) -> int:
        newest = QuestionItem.query(f"BANK#{edition}", scan_index_forward=False, limit=1, consistent_read=True)
        return next((int(part.sk.split("#")[1]) for part in newest), 0) + 1

    def put(self, edition: EditionId, bank: Bank) -> None:
        _put(QuestionItem, f"BANK#{edition}", bank.revision, bank.questions)

    def get(self, edition: EditionId, revision: int) -> Bank:
        kept = self._kept.get((edition, revision))
        if kept:
            return kept
        parts = QuestionItem.query(
            f"BANK#{edition}", QuestionItem.sk.startswith(f"REVISION#{revision:06d}#"), consistent_read=True
        )
        questions = [question for part in parts for question in load(part.facts or "", list[Question])]
        bank = Bank(revision=revision, questions=tuple(questions))
        return self._kept.put((edition, revision), bank, len(questions))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    """A key revision: its first entries, and the name of the parts that hold the rest; none without a name."""

    rest: str
    entries: list[KeyEntry]


class DynamoAnswerKeys:
    """See ``ports.AnswerKeys``.

    Whatever is stored as a revision is in force at once, so it is written last, after what does not fit
    into its item. Those parts are named for what they say: left behind by a writer that broke off, they
    stand in nobody's way.

    The table has no stream, since a stream would carry the keys: what an author does to a key is announced by an
    item of OperationsTable, written in one transaction with the revision.
    """

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._encode = encode
        self._connection = connection
        self._kept: Kept[tuple[EditionId, int], tuple[AnswerKey, str]] = Kept(KEPT_QUESTIONS)

    def put(self, edition: EditionId, key: AnswerKey) -> None:
        pk = _partition(edition, key.bank_revision)
        first, *others = _parts(list(key.entries.values()))
        rest = f"PART#{sha256(''.join(others).encode()).hexdigest()}#" if others else ""
        for place, part in enumerate(others):
            _put_once(AnswerKeyItem(pk, f"{rest}{place:04d}", facts=part))
        revision = AnswerKeyItem(pk, _revision(key.revision), facts=f'{{"rest":"{rest}","entries":{first}}}')
        # The first revision is in force when the draft names it, and that is announced.
        announced = acted(pk, revision.facts or "", key.revision) if key.revision > 1 else []
        if not announced:
            return _put_once(revision)
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.save(revision)
                transaction.save(announcement(announced, self._encode))
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            _require_stored(revision, error)
        return None

    def places(self, edition: EditionId) -> list[Place]:
        """Where a later revision would be than one that is kept."""
        return [
            (AnswerKeyItem, (_partition(*of), _revision(key.revision + 1)))
            for of, (key, _) in self._kept.items()
            if of[0] == edition
        ]

    def of(self, edition: EditionId, bank_revision: int) -> AnswerKey:
        pk = _partition(edition, bank_revision)
        kept = self._kept.get((edition, bank_revision))
        if kept:
            key, facts = kept
            if stored(AnswerKeyItem, (pk, _revision(key.revision + 1))) is None:
                note_read(pk, facts)
                return key
        revisions = AnswerKeyItem.sk.startswith(_revision())
        newest = AnswerKeyItem.query(pk, revisions, scan_index_forward=False, limit=1, consistent_read=True)
        for item in newest:
            note_read(pk, item.facts)
            revision = load(item.facts or "", _Revision)
            entries = revision.entries
            if revision.rest:
                for part in AnswerKeyItem.query(pk, AnswerKeyItem.sk.startswith(revision.rest), consistent_read=True):
                    entries += load(part.facts or "", list[KeyEntry])
            key = AnswerKey(
                bank_revision=bank_revision,
                revision=int(item.sk.removeprefix(_revision())),
                entries={entry.question_id: entry for entry in entries},
            )
            self._kept.put((edition, bank_revision), (key, item.facts or ""), len(entries))
            return key
        raise LookupError(f"no answer key under {pk}")

    def propose(self, job: str, proposal: Proposal) -> None:
        AnswerKeyItem(*_proposal(job), facts=dump(proposal)).save(add_version_condition=False)

    def proposed(self, job: str) -> Proposal:
        return load(AnswerKeyItem.get(*_proposal(job), consistent_read=True).facts or "", Proposal)


def _proposal(job: str) -> tuple[str, str]:
    return f"PROPOSAL#{job}", "PROPOSAL"


def _partition(edition: EditionId, bank_revision: int) -> str:
    return f"KEY#{edition}/{bank_revision}"


def _revision(number: int | None = None) -> str:
    """The sort key of a key revision, or what all begin with."""
    return "REVISION#" if number is None else f"REVISION#{number:06d}"
