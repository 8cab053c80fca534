"""S3: documents written once, pictures by their content; handed out by addresses that soon expire."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.domain.ids import CertificateNumber, EditionId
from shared.domain.job import Job
from shared.domain.questions import Image
from shared.ports import PresignedAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD_FOR = timedelta(minutes=5)
UPLOAD_GOOD_FOR = timedelta(minutes=15)


def _key(number: CertificateNumber, version: int) -> str:
    return f"certificates/{number}/v{version}.pdf"


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
            # Without the right to list, S3 does not tell a missing key from a forbidden one.
            if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied", "404", "403"):
                return None
            raise
        return found["Body"].read(limit + 1)


def _upload_key(job: Job) -> str:
    return f"uploads/{job.job}/{job.started_at.timestamp():.3f}"


class S3Documents:
    """See ``ports.Documents``."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store_once(self, number: CertificateNumber, version: int, pdf: bytes) -> bytes:
        key = _key(number, version)
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=pdf, ContentType="application/pdf", IfNoneMatch="*"
            )
        except ClientError as error:
            # 409: another write of the same key is under way; it is read, or fails and is tried again.
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return pdf

    def address(self, number: CertificateNumber, version: int, now: datetime) -> PresignedAddress:
        url = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": _key(number, version),
                "ResponseContentDisposition": f'inline; filename="{number}-v{version}.pdf"',
            },
            ExpiresIn=int(GOOD_FOR.total_seconds()),
        )
        return PresignedAddress(url, now + GOOD_FOR)
