"""The two ways to poll: by threads as soon as something is written, or, for tests, without threads until idle."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.queues import QueueMapping
from infra.local.streams import StreamMapping

logger = logging.getLogger(__name__)


class Watch:
    """Runs a mapping in a thread of its own whenever it is woken, and every `seconds` at the latest."""

    def __init__(self, source: str, once: Callable[[], int], seconds: float) -> None:
        self._source = source.encode()
        self._once = once
        self._seconds = seconds
        self._woken = threading.Event()
        self._working = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"watch-{source}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """It has looked since it was last woken, and found no more."""
        return not self._woken.is_set() and not self._working

    def wake(self) -> None:
        self._woken.set()

    def wake_if_named(self, body: bytes) -> None:
        """A request that writes to a table or queue has its name in the body; a chance match does no harm."""
        if self._source in body:
            self.wake()

    def stop(self) -> None:
        """Returns when the function that is running, if any, is over, or after five seconds."""
        self._stopping = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping:
            self._working = True
            self._woken.clear()
            try:
                while self._once() and not self._stopping:
                    pass
            except Exception:  # the engine's or an observer's fault must not end the watch
                logger.exception("watching %s failed", self._source.decode())
            self._working = False
            self._woken.wait(self._seconds)


@dataclass
class _Waiting:
    """A received message and how often it is still to be delivered."""

    mapping: QueueMapping
    message: dict[str, Any]
    deliveries: int


class Delivery:
    """How `drain` delivers: every message and stream batch `times` times; with a seed, messages of all queues
    in a random order, in random batches, some held back while others go ahead.

    A message is done with when its last delivery was; records of one stream keep their order, as on AWS.
    """

    def __init__(self, times: int = 1, seed: int | None = None) -> None:
        self.times = times
        self.seed = seed
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 a test's shuffle

    def order(self, streams: list[StreamMapping]) -> list[StreamMapping]:
        return streams if self._random is None else self._random.sample(streams, len(streams))

    def take(self, waiting: list[_Waiting]) -> list[list[_Waiting]]:
        """Remove from `waiting` what is to be delivered now, as batches: each of one queue, no message twice."""
        count = len(waiting)
        if self._random is not None and waiting:
            self._random.shuffle(waiting)
            count = self._random.randint(1, len(waiting))
        now = waiting[:count]
        del waiting[:count]
        batches: list[list[_Waiting]] = []
        for each in now:
            for batch in batches:
                if batch[0].mapping is each.mapping and len(batch) < each.mapping.batch_size and each not in batch:
                    batch.append(each)
                    break
            else:
                batches.append([each])
        return batches


class Stuck(Exception):
    """A stream's function keeps failing the same records; the cause is its last failure."""


class Drain:
    """Delivers everything there is, without threads: streams, then queues, until nothing moves."""

    _TRIES = 10

    def __init__(self, streams: list[StreamMapping], queues: list[QueueMapping]) -> None:
        self._streams = streams
        self._queues = queues
        self._written: set[str] | None = None
        self._looked: set[str] = set()

    def wake_named(self, body: bytes) -> None:
        """Look where something was written, which this names. Once told of a write, it is to be told of all."""
        self._written = self._written or set()
        sources = [stream.source for stream in self._streams] + [mapping.source for mapping in self._queues]
        self._written |= {source for source in sources if source.encode() in body}

    def _to_look_at(self, mapping: StreamMapping | QueueMapping) -> bool:
        """Whether there may be something: everywhere at first, then where something was written."""
        if self._written is None:
            return True
        if mapping.source in self._looked and mapping.source not in self._written:
            return False
        self._looked.add(mapping.source)
        self._written.discard(mapping.source)
        return True

    def __call__(self, delivery: Delivery) -> None:
        """A failed message is delivered again at once, until the engine moves it to the dead letters; a failed
        stream batch ten times, then Stuck is raised.

        Told of writes, it looks at a queue once for each: what a queue delays is found with what comes there next."""
        waiting: list[_Waiting] = []
        idle = False
        while not idle:
            idle = True
            for stream in delivery.order(self._streams):
                if not stream.is_pending and not self._to_look_at(stream):
                    continue
                if stream.once(delivery.times) or stream.failures:
                    idle = False
                if len(stream.failures) == self._TRIES:
                    raise Stuck(f"the stream of {stream.source} does not get on") from stream.failures[-1]
            for mapping in self._queues:
                if not self._to_look_at(mapping):
                    continue
                for message in mapping.queue.receive_all():
                    waiting += [_Waiting(mapping, message, delivery.times)] * delivery.times
            for batch in delivery.take(waiting):
                if self._deliver(batch):
                    self._looked.discard(batch[0].mapping.queue.name)
                idle = False

    @staticmethod
    def _deliver(batch: list[_Waiting]) -> set[str]:
        """The ids of the messages that failed; they are visible again."""
        mapping = batch[0].mapping
        failed = mapping.failures([each.message for each in batch])
        for each in batch:
            each.deliveries -= 1
            if each.deliveries == 0:
                settle = mapping.queue.release if each.message["MessageId"] in failed else mapping.queue.delete
                settle(each.message)
        return failed
