"""What a function reports of a batch that it did only in part."""

from typing import Any


def reported_failures(mapping: dict[str, Any], result: Any) -> set[str]:
    """The ids of the failed items in a function's answer; none when the mapping does not ask for them."""
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return set()
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    return {str(failure["itemIdentifier"]) for failure in failures or ()}
