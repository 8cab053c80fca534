"""Runs the template's functions in this process, as Lambda would: handler, environment, context, one at a time."""

import importlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from infra.local.errors import LocalError
from infra.local.resources import ACCOUNT, REGION, Resources
from infra.local.template import Template

logger = logging.getLogger(__name__)

_OWN_TO_EACH = "POWERTOOLS_SERVICE_NAME"


class StepName(logging.Filter):
    """Gives each of the functions' log records the name of the step that runs: their logger, made once for the whole
    process, knows only the name that it found then.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = os.environ.get(_OWN_TO_EACH, "local")
        return True


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a handler may ask of its invocation."""

    function_name: str
    aws_request_id: str
    deadline: float  # on the monotonic clock, seconds
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 256

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function that is over."""

    function: str
    """Its logical id in the template."""
    trigger: str
    """http, queue, stream or schedule."""
    event: dict[str, Any]
    result: Any
    error: Exception | None
    """What the function raised; then `result` is None."""
    seconds: float

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The CloudEvents of the queue messages it was called with; empty for other triggers."""
        if self.trigger != "queue":
            return []
        return [json.loads(record["body"]) for record in self.event["Records"]]


Observer = Callable[[Invocation], None]


class Lambdas:
    """Invocations take turns, of all functions: a Powertools resolver keeps the current event on its class, its
    metrics are one set per process, and on Lambda a process never sees two events at once.
    """

    def __init__(
        self, template: Template, resources: Resources, aside: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Handlers run within `aside()`, which says where their output goes."""
        self._template = template
        self._functions = template.functions()
        self._resources = resources
        self._aside = aside
        self._turn = threading.Lock()
        self.observers: list[Observer] = []
        self.invocations = 0
        """How many calls of functions are over."""

    def environment(self) -> dict[str, str]:
        """All functions' variables; LocalError when two functions give one name two values.

        The exception is POWERTOOLS_SERVICE_NAME, which each function gets for itself.
        """
        merged: dict[str, str] = {}
        for function, properties in self._functions.items():
            variables = self._resources.resolve(properties.get("Environment", {}).get("Variables", {}))
            for name, value in variables.items():
                if name != _OWN_TO_EACH and merged.setdefault(name, str(value)) != str(value):
                    raise self._template.error(
                        f"{name} is '{merged[name]}' for one function and '{value}' for {function}; "
                        "one process has one environment"
                    )
        return merged

    def invoke(self, function: str, trigger: str, event: dict[str, Any]) -> Any:
        """The handler's answer; what it raises is logged with its traceback and goes on to the caller."""
        properties = self._functions[function]
        context = LambdaContext(
            function_name=function,
            aws_request_id=str(uuid.uuid4()),
            deadline=time.monotonic() + float(properties.get("Timeout", 3)),
        )
        began = time.perf_counter()
        result, failure = None, None
        with self._turn, self._aside():
            own = properties.get("Environment", {}).get("Variables", {})
            os.environ[_OWN_TO_EACH] = str(self._resources.resolve(own.get(_OWN_TO_EACH, function)))
            try:
                result = self._handler(function)(event, context)
            except Exception as error:  # whatever a function raises is an answer of that function
                logger.exception("%s failed", function)
                failure = error
        invocation = Invocation(function, trigger, event, result, failure, time.perf_counter() - began)
        for observer in [*self.observers]:
            observer(invocation)
        self.invocations += 1
        if failure is not None:
            raise failure
        return result

    def _handler(self, function: str) -> Callable[[dict[str, Any], LambdaContext], Any]:
        """Imported on first use; Python keeps it."""
        path = str(self._functions[function].get("Handler", ""))
        module, _, name = path.rpartition(".")
        try:
            handler: Callable[[dict[str, Any], LambdaContext], Any] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise LocalError(f"the handler of {function} cannot be loaded: {path}: {error}") from error
        return handler
