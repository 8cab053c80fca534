"""Logs and metrics, the same everywhere: facts as JSON, one success and one failure count per step."""

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger()


def count(name: str, value: float = 1, unit: MetricUnit = MetricUnit.Count) -> None:
    """Add ``value`` to the metric ``name`` of the step that runs."""
    with single_metric(name=name, unit=unit, value=value) as metric:
        metric.add_dimension(name="service", value=os.environ.get("POWERTOOLS_SERVICE_NAME", "local"))
