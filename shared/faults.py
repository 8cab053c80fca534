"""Which faults pass by themselves, and which need somebody."""

from collections.abc import Iterator

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from shared.deadline import OutOfTime
from shared.ports import ConcurrentChange

# What AWS says when the same call will do later, beside statuses that say so by themselves.
PASSING_FAULTS = {
    "InternalServerError", "LimitExceededException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "RequestThrottled", "RequestTimeout", "ServiceUnavailable", "SlowDown", "ThrottledException", "Throttling",
    "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
}  # fmt: skip
PASSING_STATUSES = {429, 500, 502, 503, 504}


def is_passing_fault(error: BaseException) -> bool:
    """Whether the same request will do later: throttling, time-outs, lost races."""
    for cause in _causes(error):
        if isinstance(cause, (ConcurrentChange, OutOfTime, HTTPClientError, NoConnection)):
            return True
        if isinstance(cause, ClientError) and _is_passing(cause):
            return True
    return False


def _is_passing(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error.response["Error"]["Code"] in PASSING_FAULTS or status in PASSING_STATUSES


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or getattr(error, "cause", None)
