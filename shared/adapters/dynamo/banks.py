"""QuestionTable and AnswerKeyTable: banks and keys by revision, in parts that fit an item."""

from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb.exceptions import PutError

from shared.adapters.dynamo.store import CONDITION_FAILED
from shared.adapters.dynamo.tables import AnswerKeyItem, Item, QuestionItem
from shared.domain.ids import EditionId
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Question
from shared.facts import dump, load
from shared.ports import ConcurrentChange

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
        written = item(pk, f"REVISION#{revision:06d}#PART#{place:04d}", facts=part)
        try:
            written.save()
        except PutError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
            stored = item.get(written.pk, written.sk, consistent_read=True)
            if stored.facts != part:
                raise ConcurrentChange(f"{written.pk} {written.sk}") from error


class DynamoQuestionBanks:
    """See ``ports.QuestionBanks``."""

    def next_revision(self, edition: EditionId) -> int:
        newest = QuestionItem.query(f"BANK#{edition}", scan_index_forward=False, limit=1, consistent_read=True)
        return next((int(part.sk.split("#")[1]) for part in newest), 0) + 1

    def put(self, edition: EditionId, bank: Bank) -> None:
        _put(QuestionItem, f"BANK#{edition}", bank.revision, bank.questions)

    def get(self, edition: EditionId, revision: int) -> Bank:
        parts = QuestionItem.query(
            f"BANK#{edition}", QuestionItem.sk.startswith(f"REVISION#{revision:06d}#"), consistent_read=True
        )
        questions = [question for part in parts for question in load(part.facts or "", list[Question])]
        return Bank(revision=revision, questions=tuple(questions))


class DynamoAnswerKeys:
    """See ``ports.AnswerKeys``."""

    def put(self, edition: EditionId, key: AnswerKey) -> None:
        _put(AnswerKeyItem, f"KEY#{edition}/{key.bank_revision}", key.revision, list(key.entries.values()))

    def of(self, edition: EditionId, bank_revision: int) -> AnswerKey:
        pk = f"KEY#{edition}/{bank_revision}"
        entries: list[KeyEntry] = []
        revision = None
        for part in AnswerKeyItem.query(pk, scan_index_forward=False, consistent_read=True):
            of_part = int(part.sk.split("#")[1])
            revision = revision or of_part
            if of_part != revision:
                break
            entries += load(part.facts or "", list[KeyEntry])
        if revision is None:
            raise LookupError(f"no answer key under {pk}")
        return AnswerKey(
            bank_revision=bank_revision,
            revision=revision,
            entries={entry.question_id: entry for entry in entries},
        )
