"""`make run`: the system served on this machine, with the sample in it."""

import logging
import time

from infra.local import outbox, sample
from infra.local.clock import LocalClock
from infra.local.errors import LocalError
from infra.local.issuer import STATE
from infra.local.lambdas import Invocation
from infra.local.output import logging_to
from infra.local.system import LocalSystem

logger = logging.getLogger(__name__)

LOG = STATE / "run.log"


def run(port: int, engine: str) -> None:
    """Serve until KeyboardInterrupt; LocalError when it cannot start, or when the engine ends by itself."""
    began = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - began:6.2f} s  {text}", flush=True)

    # Tokens are good by the machine's clock, so that they stay good when the system's is moved ahead.
    tokens = LocalClock()
    with logging_to(LOG), LocalSystem(token_clock=tokens, port=port, engine=engine, log=LOG, progress=say) as system:
        system.observers.append(_log)
        say(f"loaded the sample: {sample.load(system)}")
        system.drain()
        system.go_live()
        say(f"delivered its events; schedules: {', '.join(system.schedules)}")
        print(_welcome(system), flush=True)
        while system.is_alive():
            time.sleep(1)
        raise LocalError(f"the engine {engine} has ended by itself; its log is in {STATE.name}/")


def _welcome(system: LocalSystem) -> str:
    learner = system.token("dr-a", name="Dr. A")
    admin = system.token("admin", name="Admin", groups=["admin", "author"])
    [first, *_] = sorted({each.module_id for each in sample.editions()})
    curl = "curl -s -w '\\n'"
    return "\n".join(
        [
            "",
            f"Serving {system.address} (Ctrl-C ends it; what the functions print is in {STATE.name}/{LOG.name})",
            "",
            "Learner dr-a, a member of the society:",
            learner,
            "",
            "Admin and author:",
            admin,
            "",
            f"Mail that was sent: {system.address}{outbox.PATH}",
            "",
            "Try:",
            f"{curl} {system.address}/modules",
            f"{curl} -X PUT {system.address}/modules/{first}/enrolment -H 'Authorization: Bearer {learner}'",
            f"{curl} {system.address}/admin/learners/dr-b/membership -H 'Authorization: Bearer {admin}'",
            "",
        ]
    )


def _log(invocation: Invocation) -> None:
    outcome = "ok" if invocation.error is None else type(invocation.error).__name__
    logger.info("%s by %s: %s in %.0f ms", invocation.function, invocation.trigger, outcome, invocation.seconds * 1000)
