"""Documents in S3: written once, handed out by addresses that soon expire."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.domain.ids import CertificateNumber
from shared.ports import PresignedAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD_FOR = timedelta(minutes=5)


def _key(number: CertificateNumber, version: int) -> str:
    return f"certificates/{number}/v{version}.pdf"


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
