"""Where ports meet adapters: made once per process, each on first use."""

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from shared.adapters.clock import SystemClock
from shared.adapters.schemes import PackagedSchemes
from shared.messaging.codec import encode_outbox
from shared.messaging.consumer import BatchAnswer, Consumer, Handler
from shared.ports import (
    Accommodations,
    Accounts,
    AnswerKeys,
    Attempts,
    AuditChain,
    BankImages,
    Catalogue,
    CertificateNumbers,
    Certificates,
    Claims,
    Clock,
    Contacts,
    DeadLetters,
    Deliveries,
    Directory,
    Documents,
    Enrolments,
    Erasures,
    EvidenceStore,
    ExportFiles,
    ExportRuns,
    Failures,
    Identities,
    Issuer,
    IssuerKeys,
    Jobs,
    Ledger,
    Mailer,
    Mails,
    MembershipDirectory,
    Memberships,
    Orders,
    PersonalRecords,
    Profiles,
    QuestionBanks,
    Queues,
    Randomness,
    ReadTogether,
    Recovery,
    Redrives,
    Reissues,
    RenderCertificate,
    RenderTranscript,
    ReportedRecords,
    Schemes,
    Settlements,
    Signer,
    StatisticsReports,
    StatusLists,
    StatusPlaces,
    Uploads,
    WordLetter,
)
from shared.settings import (
    AccountSettings,
    DirectorySettings,
    EvidenceSettings,
    MailSettings,
    QueueSettings,
    ReportSettings,
    Settings,
    SigningSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pynamodb.connection import Connection

    from shared.adapters.dynamo.banks import DynamoAnswerKeys
    from shared.adapters.dynamo.store import Place
    from shared.domain.ids import EditionId

_clock: Clock = SystemClock()


def set_clock(clock: Clock) -> None:
    """Let all steps of this process tell the time by ``clock``."""
    global _clock  # noqa: PLW0603 - one process tells one time
    _clock = clock
    deps.cache_clear()


class Deps:
    """Everything that a use case may ask for. Adapters are imported on first use: a step pays for its own only."""

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env()

    @cached_property
    def clock(self) -> Clock:
        return _clock

    @cached_property
    def public_url(self) -> str:
        return self.settings.public_url

    @cached_property
    def _connection(self) -> "Connection":
        """The one DynamoDB connection, with every table bound to it."""
        from pynamodb.connection import Connection

        from shared.adapters.dynamo.tables import bind

        client = _client("dynamodb")
        bind(self.settings, client)
        connection = Connection()
        connection._client = client
        return connection

    def _bind_tables(self) -> None:
        """An adapter that uses the tables' models alone needs them bound, too."""
        _ = self._connection

    @cached_property
    def read_together(self) -> ReadTogether:
        from shared.adapters.dynamo.together import DynamoReadTogether
        from shared.domain.questions import AnswerKey

        def newer_keys(edition: "EditionId") -> "list[Place]":
            return self._answer_keys.places(edition)

        return DynamoReadTogether(self._connection._client, {AnswerKey: newer_keys})

    @cached_property
    def catalogue(self) -> Catalogue:
        from shared.adapters.dynamo.catalogue import DynamoCatalogue

        return DynamoCatalogue(encode_outbox, self._connection)

    @cached_property
    def question_banks(self) -> QuestionBanks:
        from shared.adapters.dynamo.banks import DynamoQuestionBanks

        self._bind_tables()
        return DynamoQuestionBanks()

    @property
    def answer_keys(self) -> AnswerKeys:
        return self._answer_keys

    @cached_property
    def _answer_keys(self) -> "DynamoAnswerKeys":
        from shared.adapters.dynamo.banks import DynamoAnswerKeys

        return DynamoAnswerKeys(encode_outbox, self._connection)

    @cached_property
    def profiles(self) -> Profiles:
        from shared.adapters.dynamo.learning import DynamoProfiles

        return DynamoProfiles(encode_outbox, self._connection)

    @cached_property
    def identities(self) -> Identities:
        from shared.adapters.dynamo.learning import DynamoIdentities

        return DynamoIdentities(encode_outbox, self._connection)

    @cached_property
    def directory(self) -> Directory:
        from shared.adapters.dynamo.directory import DynamoDirectory

        self._bind_tables()
        return DynamoDirectory()

    @cached_property
    def contacts(self) -> Contacts:
        from shared.adapters.dynamo.learning import DynamoContacts

        return DynamoContacts(encode_outbox, self._connection)

    @cached_property
    def memberships(self) -> Memberships:
        from shared.adapters.dynamo.learning import DynamoMemberships

        self._bind_tables()
        return DynamoMemberships(encode_outbox)

    @cached_property
    def enrolments(self) -> Enrolments:
        from shared.adapters.dynamo.learning import DynamoEnrolments

        self._bind_tables()
        return DynamoEnrolments(encode_outbox)

    @cached_property
    def attempts(self) -> Attempts:
        from shared.adapters.dynamo.learning import DynamoAttempts

        self._bind_tables()
        return DynamoAttempts(encode_outbox)

    @cached_property
    def accommodations(self) -> Accommodations:
        from shared.adapters.dynamo.learning import DynamoAccommodations

        self._bind_tables()
        return DynamoAccommodations(encode_outbox)

    @cached_property
    def claims(self) -> Claims:
        from shared.adapters.dynamo.learning import DynamoClaims

        return DynamoClaims(encode_outbox, self._connection)

    @cached_property
    def settlements(self) -> Settlements:
        from shared.adapters.dynamo.learning import DynamoSettlements

        return DynamoSettlements(encode_outbox, self._connection)

    @cached_property
    def reissues(self) -> Reissues:
        from shared.adapters.dynamo.learning import DynamoReissues

        return DynamoReissues(encode_outbox, self._connection)

    @cached_property
    def orders(self) -> Orders:
        from shared.adapters.dynamo.learning import DynamoOrders

        self._bind_tables()
        return DynamoOrders(encode_outbox)

    @cached_property
    def ledger(self) -> Ledger:
        from shared.adapters.dynamo.learning import DynamoLedger

        self._bind_tables()
        return DynamoLedger(encode_outbox)

    @cached_property
    def certificates(self) -> Certificates:
        from shared.adapters.dynamo.certificates import DynamoCertificates

        return DynamoCertificates(encode_outbox, self._connection)

    @cached_property
    def jobs(self) -> Jobs:
        from shared.adapters.dynamo.operations import DynamoJobs

        self._bind_tables()
        return DynamoJobs(encode_outbox)

    @cached_property
    def recovery(self) -> Recovery:
        from shared.adapters.dynamo.recovery import DynamoRecovery

        return DynamoRecovery(encode_outbox, self._connection)

    @cached_property
    def statistics(self) -> StatisticsReports:
        from shared.adapters.dynamo.operations import DynamoStatisticsReports

        self._bind_tables()
        return DynamoStatisticsReports(encode_outbox)

    @cached_property
    def export_runs(self) -> ExportRuns:
        from shared.adapters.dynamo.operations import DynamoExportRuns

        self._bind_tables()
        return DynamoExportRuns(encode_outbox)

    @cached_property
    def reported(self) -> ReportedRecords:
        from shared.adapters.dynamo.learning import DynamoReportedRecords

        self._bind_tables()
        return DynamoReportedRecords(encode_outbox)

    @cached_property
    def export_files(self) -> ExportFiles:
        from shared.adapters.s3 import S3ExportFiles

        return S3ExportFiles(self._s3, self.settings.document_bucket)

    @cached_property
    def membership_directory(self) -> MembershipDirectory:
        from shared.adapters.membership_directory import HttpMembershipDirectory, NoDirectory

        known = DirectorySettings.from_env()
        url = known.membership_directory_url
        return HttpMembershipDirectory(url, known.membership_directory_token) if url else NoDirectory()

    @cached_property
    def pars_provider(self) -> str | None:
        return ReportSettings.from_env().pars_provider_id

    @cached_property
    def personal_records(self) -> PersonalRecords:
        from shared.adapters.dynamo.personal import DynamoPersonalRecords

        return DynamoPersonalRecords(encode_outbox, self._connection)

    @cached_property
    def erasures(self) -> Erasures:
        from shared.adapters.dynamo.personal import DynamoErasures

        self._bind_tables()
        return DynamoErasures(encode_outbox)

    @cached_property
    def evidence(self) -> EvidenceStore:
        from shared.adapters.s3 import S3EvidenceStore

        bucket = EvidenceSettings.from_env().evidence_bucket
        return S3EvidenceStore(self._s3, self.settings.document_bucket, bucket)

    @cached_property
    def accounts(self) -> Accounts:
        from shared.adapters.cognito import CognitoAccounts, NoAccounts

        pool = AccountSettings.from_env().user_pool_id
        return CognitoAccounts(_client("cognito-idp"), pool) if pool else NoAccounts()

    @cached_property
    def failures(self) -> Failures:
        from shared.adapters.dynamo.operations import DynamoFailures

        self._bind_tables()
        return DynamoFailures()

    @cached_property
    def audit(self) -> AuditChain:
        from shared.adapters.dynamo.audit import DynamoAuditChain

        return DynamoAuditChain(encode_outbox, self._connection)

    @cached_property
    def _s3(self) -> Any:
        # Version 4 everywhere: in the oldest region addresses would be signed with version 2.
        return _client("s3", signature_version="s3v4")

    @cached_property
    def documents(self) -> Documents:
        from shared.adapters.s3 import S3Documents

        return S3Documents(self._s3, self.settings.document_bucket)

    @cached_property
    def bank_images(self) -> BankImages:
        from shared.adapters.s3 import S3BankImages

        return S3BankImages(self._s3, self.settings.document_bucket)

    @cached_property
    def uploads(self) -> Uploads:
        from shared.adapters.s3 import S3Uploads

        return S3Uploads(self._s3, self.settings.document_bucket)

    @cached_property
    def render(self) -> RenderCertificate:
        from shared.certificate.document import render

        return render

    @cached_property
    def render_transcript(self) -> RenderTranscript:
        from shared.certificate.transcript import render_transcript

        return render_transcript

    @cached_property
    def signer(self) -> Signer:
        from shared.adapters.kms import KmsSigner

        return KmsSigner(_client("kms"), SigningSettings.from_env().signing_key_arn)

    @cached_property
    def issuer_keys(self) -> IssuerKeys:
        from shared.adapters.dynamo.issuing import DynamoIssuerKeys

        self._bind_tables()
        return DynamoIssuerKeys(encode_outbox)

    @cached_property
    def issuer(self) -> Issuer:
        from shared.certificate.issuing import SigningIssuer

        return SigningIssuer(self.signer, self.issuer_keys, self.public_url)

    @cached_property
    def status_lists(self) -> StatusLists:
        from shared.adapters.dynamo.issuing import DynamoStatusLists

        return DynamoStatusLists(encode_outbox, self._connection)

    @cached_property
    def redrives(self) -> Redrives:
        from shared.adapters.dynamo.operations import DynamoRedrives

        self._bind_tables()
        return DynamoRedrives(encode_outbox)

    @cached_property
    def _sqs(self) -> Any:
        return _client("sqs")

    @cached_property
    def queues(self) -> Queues:
        from shared.adapters.sqs import SqsQueues

        return SqsQueues(self._sqs, QueueSettings.from_env())

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from shared.adapters.sqs import SqsDeadLetters

        return SqsDeadLetters(self._sqs, QueueSettings.from_env())

    @cached_property
    def mails(self) -> Mails:
        from shared.adapters.dynamo.operations import DynamoMails

        self._bind_tables()
        return DynamoMails(encode_outbox)

    @cached_property
    def _mail_settings(self) -> MailSettings:
        return MailSettings.from_env()

    @cached_property
    def module_url(self) -> str:
        return self._mail_settings.module_url

    @cached_property
    def mailer(self) -> Mailer:
        from shared.adapters.ses import Pace, SesMailer

        settings = self._mail_settings
        return SesMailer(_client("sesv2", tries=1), settings, Pace(settings.seconds_apart))

    @cached_property
    def word_letter(self) -> WordLetter:
        from shared.mail.wording import word_letter

        return word_letter

    @cached_property
    def schemes(self) -> Schemes:
        return PackagedSchemes()

    @cached_property
    def numbers(self) -> CertificateNumbers:
        from shared.adapters.ids import SecretCertificateNumbers

        return SecretCertificateNumbers()

    @cached_property
    def deliveries(self) -> Deliveries:
        from shared.adapters.ids import RandomDeliveries

        return RandomDeliveries()

    @cached_property
    def status_places(self) -> StatusPlaces:
        from shared.adapters.ids import SecretStatusPlaces

        return SecretStatusPlaces()

    @cached_property
    def randomness(self) -> Randomness:
        from shared.adapters.ids import SystemRandomness

        return SystemRandomness()


@cache
def deps() -> Deps:
    return Deps()


def consume(
    event: dict[str, Any],
    context: "LambdaContext",
    handlers: "Mapping[type[Any], Handler]",
    afterwards: "Callable[[], None] | None" = None,
) -> BatchAnswer:
    """Hand each message of a batch to the handler of its event type, then run ``afterwards`` once.

    See ``messaging.consumer``.
    """
    world = deps()
    consumer = Consumer(handlers, world.failures, world.clock, world.settings.max_receives)
    return consumer(event, context, afterwards)


def _client(service: str, **options: Any) -> Any:
    """See ``adapters.aws``."""
    from shared.adapters.aws import client

    return client(service, **options)
