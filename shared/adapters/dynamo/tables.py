"""The tables as PynamoDB models: keys, facts, outbox, and the attributes that the indexes read."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from shared.settings import Settings


class Item(Model):
    """One aggregate: ``facts`` is its state as JSON, ``outbox`` the events its last write announced.

    ``announced_again``, where a table has it, counts how often recover announced them since; the next
    write of the aggregate forgets it.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = VersionAttribute(null=True)
    facts = UnicodeAttribute(null=True)
    outbox = UnicodeAttribute(null=True)


class DueIndex(GlobalSecondaryIndex[Any]):
    """What somebody must look at again, by step and shard, in order of time."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_step = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class LearningDueIndex(DueIndex):
    class Meta(DueIndex.Meta):
        pass


class OperationsDueIndex(DueIndex):
    class Meta(DueIndex.Meta):
        pass


class ShelfIndex(GlobalSecondaryIndex[Any]):
    """Published editions in order of release."""

    class Meta:
        index_name = "shelf"
        projection = AllProjection()

    shelf = UnicodeAttribute(hash_key=True)
    shelf_key = UnicodeAttribute(range_key=True)


class DeskIndex(GlobalSecondaryIndex[Any]):
    """All editions, drafts too, by module."""

    class Meta:
        index_name = "desk"
        projection = KeysOnlyProjection()

    desk = UnicodeAttribute(hash_key=True)
    desk_key = UnicodeAttribute(range_key=True)


class EditionIndex(GlobalSecondaryIndex[Any]):
    """Enrolments by edition and shard."""

    class Meta:
        index_name = "edition"
        projection = KeysOnlyProjection()

    edition_shard = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class DirectoryIndex(GlobalSecondaryIndex[Any]):
    """Lists of the office, by list and in its order: learners, terms that they are found by, members, grants."""

    class Meta:
        index_name = "directory"
        projection = KeysOnlyProjection()

    listed = UnicodeAttribute(hash_key=True)
    listed_key = UnicodeAttribute(range_key=True)


class CatalogueItem(Item):
    class Meta:
        table_name = ""

    due_step = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    announced_again = NumberAttribute(null=True)
    shelf = UnicodeAttribute(null=True)
    shelf_key = UnicodeAttribute(null=True)
    desk = UnicodeAttribute(null=True)
    desk_key = UnicodeAttribute(null=True)
    by_due = DueIndex()
    by_release = ShelfIndex()
    on_desk = DeskIndex()


class QuestionItem(Item):
    class Meta:
        table_name = ""


class AnswerKeyItem(Item):
    class Meta:
        table_name = ""


class LearningItem(Item):
    class Meta:
        table_name = ""

    due_step = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    announced_again = NumberAttribute(null=True)
    edition_shard = UnicodeAttribute(null=True)
    listed = UnicodeAttribute(null=True)
    listed_key = UnicodeAttribute(null=True)
    by_due = LearningDueIndex()
    by_edition = EditionIndex()
    directory = DirectoryIndex()


class CertificateItem(Item):
    class Meta:
        table_name = ""


class OperationsItem(Item):
    """``expires`` (seconds since 1970) is the table's time to live."""

    class Meta:
        table_name = ""

    due_step = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    announced_again = NumberAttribute(null=True)
    expires = NumberAttribute(null=True)
    by_due = OperationsDueIndex()


class AuditItem(Item):
    class Meta:
        table_name = ""


TABLES: dict[str, type[Item]] = {
    "catalogue_table": CatalogueItem,
    "question_table": QuestionItem,
    "answer_key_table": AnswerKeyItem,
    "learning_table": LearningItem,
    "certificate_table": CertificateItem,
    "operations_table": OperationsItem,
    "audit_table": AuditItem,
}


def bind(settings: Settings, client: Any) -> None:
    """Point every model at its table and at the one shared DynamoDB client."""
    for setting, item in TABLES.items():
        item.Meta.table_name = getattr(settings, setting)
        item._connection = None
        # PynamoDB would make a session and a client (60 ms) per table; it has no public way to share one.
        item._get_connection().connection._client = client
