"""The template's schedules: fired at the start, then at their rate by the local clock; or on demand."""

import json
import logging
import re
import threading
import uuid
from datetime import timedelta
from typing import Any

from infra.local.clock import LocalClock
from infra.local.lambdas import Lambdas
from infra.local.resources import ACCOUNT, REGION, Resources
from infra.local.template import Template

logger = logging.getLogger(__name__)

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


class Schedules:
    """Each belongs to one function and goes by the function's logical id."""

    def __init__(self, template: Template, resources: Resources, lambdas: Lambdas, clock: LocalClock) -> None:
        """Raise LocalError for a schedule that is not `rate(n minutes|hours|days)`."""
        self._lambdas = lambdas
        self._clock = clock
        self._rates: dict[str, timedelta] = {}
        self._inputs: dict[str, str] = {}
        for function, properties in template.functions().items():
            for event in properties.get("Events", {}).values():
                if event["Type"] not in ("Schedule", "ScheduleV2"):
                    continue
                schedule = resources.resolve(event["Properties"])
                expression = str(schedule.get("ScheduleExpression", schedule.get("Schedule")))
                if (rate := _RATE.fullmatch(expression)) is None:
                    raise template.error(f"the schedule of {function} is '{expression}'; only rate(...) runs")
                self._rates[function] = timedelta(**{f"{rate[2]}s": int(rate[1])})
                if "Input" in schedule:
                    self._inputs[function] = schedule["Input"]
        self._due = dict.fromkeys(self._rates, clock.now())
        self._turn = threading.Lock()
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    @property
    def functions(self) -> list[str]:
        return list(self._rates)

    def fire(self, function: str) -> Any:
        """Call the function as its schedule does; its answer. KeyError when it has no schedule."""
        rate = self._rates[function]
        if function in self._inputs:
            return self._lambdas.invoke(function, "schedule", json.loads(self._inputs[function]))
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{function}"],
            "detail": "{}",
        }
        logger.info("schedule %s, every %s", function, rate)
        return self._lambdas.invoke(function, "schedule", event)

    def fire_all(self) -> None:
        """Call every function once, as if its time had come; what fails is logged, and its next firing is the retry."""
        with self._turn:
            for function in self._rates:
                self._fire_logged(function)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """The clock was moved: look what is due."""
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while self._due and not self._stopping:
            self._woken.clear()
            with self._turn:
                for function, at in self._due.items():
                    if at <= self._clock.now() and not self._stopping:
                        self._fire_logged(function)
            wait = min(self._due.values()) - self._clock.now()
            self._woken.wait(max(0.0, wait.total_seconds()))

    def _fire_logged(self, function: str) -> None:
        try:
            self.fire(function)
        except Exception as error:  # logged by Lambdas; the next firing is the retry
            logger.warning("the schedule of %s failed: %s", function, error)
        self._due[function] = self._clock.now() + self._rates[function]
