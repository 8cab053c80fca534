"""CertificateTable, by number: the head, and one item per issued version; what verification may read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.adapters.dynamo.learning import DynamoEnrolments, DynamoLedger, claim_store, reissue_store
from shared.adapters.dynamo.store import PAGE_SIZE, EncodeOutbox, Key, Store, was_condition
from shared.adapters.dynamo.tables import CertificateItem
from shared.domain.certificate import CertificateHead, CertificateHistory, CertificateVersion
from shared.domain.claim import LedgerEntry
from shared.domain.erasure import anonymous
from shared.domain.ids import CertificateNumber
from shared.events.event import Event
from shared.ports import ConcurrentChange, Issue

VERSION = "VERSION#"


def head_key(number: CertificateNumber) -> Key:
    return f"CERTIFICATE#{number}", "HEAD"


def version_key(number: CertificateNumber, version: int) -> Key:
    return f"CERTIFICATE#{number}", f"{VERSION}{version:04d}"


class DynamoCertificates:
    """See ``ports.Certificates``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._connection = connection
        self._heads = Store(CertificateItem, CertificateHead, lambda head: head_key(head.number), lambda _: {}, encode)
        self._versions = Store(
            CertificateItem,
            CertificateVersion,
            lambda version: version_key(version.number, version.number_of_version),
            lambda _: {},
            encode,
        )
        self._claims = claim_store(encode)
        self._enrolments = DynamoEnrolments(encode).store
        self._entries = DynamoLedger(encode).store
        self._reissues = reissue_store(encode)

    def head(self, number: CertificateNumber) -> CertificateHead | None:
        return self._heads.find(head_key(number))

    def heads(self, numbers: Sequence[CertificateNumber]) -> Mapping[CertificateNumber, CertificateHead]:
        keys = [head_key(number) for number in numbers]
        found = (self._heads.read(item) for item in CertificateItem.batch_get(keys, consistent_read=True))
        return {head.number: head for head in found}

    def version(self, number: CertificateNumber, version: int) -> CertificateVersion | None:
        return self._versions.find(version_key(number, version))

    def versions(self, number: CertificateNumber) -> Sequence[CertificateVersion]:
        return self._versions.of_partition(head_key(number)[0], VERSION)

    def history(self, number: CertificateNumber) -> CertificateHistory | None:
        pk, head_sk = head_key(number)
        whole = CertificateItem.sk.between(head_sk, f"{VERSION}~")
        items = list(CertificateItem.query(pk, whole, consistent_read=True, page_size=PAGE_SIZE))
        head = next((self._heads.read(item) for item in items if item.sk == head_sk), None)
        versions = [self._versions.read(item) for item in items if item.sk.startswith(VERSION)]
        if head is None:
            return None
        # A query may fall into the midst of the transaction that issues: what is not whole is not there yet.
        issued = [version for version in versions if version.number_of_version <= head.current]
        return CertificateHistory(replace(head, current=issued[-1].number_of_version), issued) if issued else None

    def issue(self, issue: Issue, announcing: Sequence[Event]) -> None:
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.save(self._versions.written(issue.version, announcing))
                transaction.save(self._heads.written(issue.head, ()))
                if issue.claim:
                    transaction.save(self._claims.written(issue.claim, ()))
                if issue.enrolment:
                    transaction.save(self._enrolments.written(issue.enrolment, ()))
                if issue.reissue:
                    transaction.save(self._reissues.written(issue.reissue, ()))
                for entry in issue.entries:
                    transaction.save(self._entries.written(entry, ()))
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            stored = self.version(issue.version.number, issue.version.number_of_version)
            if stored != replace(issue.version, version=1):
                raise ConcurrentChange(f"{issue.version.number} v{issue.version.number_of_version}") from error

    def withhold_name(self, history: CertificateHistory) -> None:
        withheld = anonymous(history)
        for version, stored in zip(withheld.versions, history.versions, strict=True):
            if version != stored:
                self._versions.save(version)
        if withheld.head != history.head:
            self._heads.save(withheld.head)

    def correct(
        self, head: CertificateHead, entries: Sequence[LedgerEntry], announcing: Sequence[Event]
    ) -> CertificateHead:
        corrected = replace(head, version=head.version + 1)
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.save(self._heads.written(head, announcing))
                for entry in entries:
                    transaction.save(self._entries.written(entry, ()))
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            if self.head(head.number) != corrected:
                raise ConcurrentChange(str(head.number)) from error
        return corrected
