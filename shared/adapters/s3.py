"""S3: documents written once, pictures by their content; handed out by addresses that soon expire."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.domain.erasure import Evidence, Identity
from shared.domain.ids import CertificateNumber, EditionId, LearnerId
from shared.domain.job import Job
from shared.domain.questions import Image
from shared.domain.reporting import ExportKind, GrowingFile
from shared.facts import dump
from shared.ports import DocumentKind, PresignedAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD_FOR = timedelta(minutes=5)
UPLOAD_GOOD_FOR = timedelta(minutes=15)
# Without the right to list, S3 does not tell a missing key from a forbidden one.
ABSENT = ("NoSuchKey", "AccessDenied", "404", "403")
# What S3 calls the one version of an object where none are kept.
UNVERSIONED = "null"
# S3 takes no smaller part of an upload but the last, and no more than 10,000 of them.
PART_BYTES = 8 * 1024 * 1024
MEDIA_TYPES = {
    ExportKind.PARTICIPANTS_CSV: "text/csv; charset=utf-8",
    ExportKind.PARS_JSON: "application/json",
    ExportKind.PARS_TSV: "text/tab-separated-values; charset=utf-8",
    ExportKind.XAPI_JSON: "application/json",
}


def _key(number: CertificateNumber, version: int, kind: DocumentKind) -> str:
    return f"certificates/{number}/v{version}.{kind.suffix}"


class S3BankImages:
    """See ``ports.BankImages``."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, edition: EditionId, image: Image) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=_image_key(edition, image.name),
            Body=image.data,
            ContentType=image.media_type,
        )

    def get(self, edition: EditionId, name: str) -> Image:
        found = self._client.get_object(Bucket=self._bucket, Key=_image_key(edition, name))
        return Image(name, found["ContentType"], found["Body"].read())

    def address(self, edition: EditionId, name: str, now: datetime) -> PresignedAddress:
        key = _image_key(edition, name)
        url = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=int(GOOD_FOR.total_seconds())
        )
        return PresignedAddress(url, now + GOOD_FOR)


def _image_key(edition: EditionId, name: str) -> str:
    return f"banks/{edition}/{name}"


class S3Uploads:
    """See ``ports.Uploads``."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def address(self, job: Job, now: datetime) -> PresignedAddress:
        parameters = {"Bucket": self._bucket, "Key": _upload_key(job), "ContentType": job.media_type}
        url = self._client.generate_presigned_url(
            "put_object", Params=parameters, ExpiresIn=int(UPLOAD_GOOD_FOR.total_seconds())
        )
        return PresignedAddress(url, now + UPLOAD_GOOD_FOR)

    def fetch(self, job: Job, limit: int) -> bytes | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=_upload_key(job))
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return None
            raise
        return found["Body"].read(limit + 1)


def _upload_key(job: Job) -> str:
    return f"uploads/{job.job}/{job.started_at.timestamp():.3f}"


class S3ExportFiles:
    """See ``ports.ExportFiles``. What is too little for a part of the upload waits beside the file, page by page."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def grow(self, job: Job, page: bytes, *, is_last: bool) -> GrowingFile:
        file = job.require_export().file
        pending = (self._pending(job) if file.waiting else b"") + page
        if is_last:
            self._complete(job, file, pending)
            return file
        if len(pending) >= PART_BYTES:
            file, pending = self._uploaded(job, file, pending), b""
        if pending:
            self._client.put_object(Bucket=self._bucket, Key=_pending_key(job, job.page), Body=pending)
        return replace(file, waiting=len(pending))

    def address(self, job: Job, now: datetime) -> PresignedAddress:
        kind = job.require_export().terms.kind
        parameters = {
            "Bucket": self._bucket,
            "Key": _export_key(job),
            "ResponseContentDisposition": f'attachment; filename="{job.started_at:%Y-%m-%d}-{kind}"',
        }
        url = self._client.generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=int(GOOD_FOR.total_seconds())
        )
        return PresignedAddress(url, now + GOOD_FOR)

    def _pending(self, job: Job) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=_pending_key(job, job.page - 1))["Body"].read()

    def _uploaded(self, job: Job, file: GrowingFile, part: bytes) -> GrowingFile:
        """One part more of the upload, which the first part begins."""
        upload = file.upload or self._begun(job)
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=_export_key(job),
            UploadId=upload,
            PartNumber=len(file.parts) + 1,
            Body=part,
        )
        return GrowingFile(upload=upload, parts=(*file.parts, answer["ETag"]))

    def _begun(self, job: Job) -> str:
        media_type = MEDIA_TYPES[job.require_export().terms.kind]
        answer = self._client.create_multipart_upload(Bucket=self._bucket, Key=_export_key(job), ContentType=media_type)
        return answer["UploadId"]

    def _complete(self, job: Job, file: GrowingFile, rest: bytes) -> None:
        if file.upload is None:
            media_type = MEDIA_TYPES[job.require_export().terms.kind]
            self._client.put_object(Bucket=self._bucket, Key=_export_key(job), Body=rest, ContentType=media_type)
            return
        if self._is_whole(job):
            return  # completed before the page's first try broke off
        if rest:
            file = self._uploaded(job, file, rest)
        self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=_export_key(job),
            UploadId=file.upload or "",
            MultipartUpload={
                "Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(file.parts, 1)]
            },
        )

    def _is_whole(self, job: Job) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=_export_key(job))
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return False
            raise
        return True


def _export_key(job: Job) -> str:
    return f"exports/{job.job}/{job.require_export().terms.kind}"


def _pending_key(job: Job, page: int) -> str:
    return f"exports/{job.job}/part-{page:06d}"


class S3Documents:
    """See ``ports.Documents``."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store_once(self, number: CertificateNumber, version: int, kind: DocumentKind, data: bytes) -> bytes:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(number, version, kind),
                Body=data,
                ContentType=kind.media_type,
                IfNoneMatch="*",
            )
        except ClientError as error:
            # 409: another write of the same key is under way; it is read, or fails and is tried again.
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            return self.fetch(number, version, kind)
        return data

    def fetch(self, number: CertificateNumber, version: int, kind: DocumentKind) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=_key(number, version, kind))["Body"].read()

    def address(self, number: CertificateNumber, version: int, now: datetime) -> PresignedAddress:
        url = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": _key(number, version, DocumentKind.PDF),
                "ResponseContentDisposition": f'inline; filename="{number}-v{version}.pdf"',
            },
            ExpiresIn=int(GOOD_FOR.total_seconds()),
        )
        return PresignedAddress(url, now + GOOD_FOR)


class S3EvidenceStore:
    """See ``ports.EvidenceStore``: a bucket of its own, whose objects have no earlier versions that could outlive them.

    Of documents, what ``store_once`` wrote is the only version, so that its removal leaves none.
    """

    def __init__(self, client: "S3Client", documents: str, bucket: str) -> None:
        self._client = client
        self._documents = documents
        self._bucket = bucket

    def keep_identity(self, identity: Identity) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=_identity_key(identity.learner_id),
            Body=dump(identity).encode(),
            ContentType="application/json",
        )

    def keep_documents(
        self, learner_id: LearnerId, certificate: CertificateNumber, version: int, until: datetime
    ) -> Sequence[Evidence]:
        kept = []
        for key in (_key(certificate, version, kind) for kind in DocumentKind):
            found = self._client.get_object(Bucket=self._documents, Key=key)
            evidence = Evidence(
                certificate=certificate,
                version=version,
                document=key,
                original=found.get("VersionId", UNVERSIONED),
                until=until,
            )
            self._client.put_object(
                Bucket=self._bucket,
                Key=_evidence_key(learner_id, evidence),
                Body=found["Body"].read(),
                ContentType=found["ContentType"],
            )
            kept.append(evidence)
        return kept

    def remove_original(self, evidence: Evidence) -> None:
        self._client.delete_object(Bucket=self._documents, Key=evidence.document, VersionId=evidence.original)

    def destroy(self, learner_id: LearnerId, evidence: Evidence) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=_evidence_key(learner_id, evidence))

    def destroy_identity(self, learner_id: LearnerId) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=_identity_key(learner_id))


def _identity_key(learner_id: LearnerId) -> str:
    return f"learners/{learner_id}/identity.json"


def _evidence_key(learner_id: LearnerId, evidence: Evidence) -> str:
    return f"learners/{learner_id}/{evidence.document}"
