"""What a process keeps of what never changes, so that it need not be read again."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, with a weight each: those asked for last, as many as there is room for, but always the last."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._found: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        if key not in self._found:
            return None
        value, weight = self._found.pop(key)
        self._found[key] = value, weight
        return value

    def put(self, key: K, value: V, weight: int) -> V:
        self._found.pop(key, None)
        self._found[key] = value, weight
        while len(self._found) > 1 and sum(each for _, each in self._found.values()) > self._room:
            del self._found[next(iter(self._found))]
        return value

    def items(self) -> list[tuple[K, V]]:
        return [(key, value) for key, (value, _) in self._found.items()]
