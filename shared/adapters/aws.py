"""Clients of AWS: what passes is tried again after a random pause, and all of it within the function's time."""

from typing import Any

import boto3
from botocore.config import Config

from shared.deadline import require_time

# Seconds for a connection, and for each part of an answer.
CONNECT, READ = 2, 3
# In all. The pauses between grow from 25 or 50 ms, after throttling from a second, each times a random share.
TRIES = 4
# Said as it is: what the SDK says of itself it puts together anew for each call, a sixth of the call's CPU.
USER_AGENT = f"cme-backend Boto3/{boto3.__version__}"
# A try takes at most as long as connection and answer do, and a pause after throttling no longer.
NEEDED = CONNECT + READ + 1


def client(service: str, *, tries: int = TRIES, **options: Any) -> Any:
    """A client of one service. Throttling, time-outs and faults (5xx) are tried ``tries`` times in all.

    A try that could outlast the function is not begun: OutOfTime is raised in its place.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": tries},
        connect_timeout=CONNECT,
        read_timeout=READ,
        user_agent=USER_AGENT,
        **options,
    )
    made = boto3.client(service, config=config)
    made.meta.events.register_first("before-send", _require_time)
    return made


def _require_time(**_: Any) -> None:
    require_time(NEEDED)
