"""Clients of AWS: what passes is tried again after a random pause, and all of it within the function's time."""

from typing import Any

import boto3
from botocore.config import Config

from shared.deadline import require_time

# Seconds for a connection, and for each part of an answer.
CONNECT, READ = 2, 3
# In all. The pauses between grow from 25 or 50 ms, after throttling from a second, each times a random share.
TRIES = 4
# A try takes at most as long as connection and answer do, and a pause after throttling no longer.
NEEDED = CONNECT + READ + 1


def client(service: str, *, tries: int = TRIES, **options: Any) -> Any:
    """A client of one service. Throttling, time-outs and faults (5xx) are tried ``tries`` times in all.

    A try that could outlast the function is not begun: OutOfTime is raised in its place.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": tries}, connect_timeout=CONNECT, read_timeout=READ, **options
    )
    made = boto3.client(service, config=config)
    made.meta.events.register_first("before-send", _require_time)
    return made


def _require_time(**_: Any) -> None:
    require_time(NEEDED)
