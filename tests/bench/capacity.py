"""What DynamoDB charges for a call: its rules about the sizes of items, for engines that don't report it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]

READ_BYTES, WRITE_BYTES = 4096, 1024


@dataclass(frozen=True)
class Index:
    """A global secondary index: its name, its keys, and whether it copies whole items."""

    name: str
    keys: tuple[str, ...]
    copies_all: bool

    def entry(self, item: Attributes | None) -> Attributes | None:
        """What the index holds of an item: nothing without the index's keys."""
        if item is None or not all(key in item for key in self.keys):
            return None
        if self.copies_all:
            return item
        return {name: value for name, value in item.items() if name in (*self.keys, "pk", "sk")}

    def write_units(self, before: Attributes | None, after: Attributes | None) -> int:
        """An entry that moves is one that goes and one that comes; one that stays as it was costs nothing."""
        gone, come = self.entry(before), self.entry(after)
        if gone == come:
            return 0
        if gone and come and all(gone[key] == come[key] for key in self.keys):
            return _write_units(max(size(gone), size(come)))
        return sum(_write_units(size(entry)) for entry in (gone, come) if entry)


def size(item: Attributes) -> int:
    """Bytes of an item: of the names and the values of its attributes."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            # Two digits a byte, and one more for the exponent and sign.
            return ceil(len(content.lstrip("-0").replace(".", "")) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"no item of ours has an attribute of type {kind}")


def _write_units(size_of_item: int) -> int:
    return max(1, ceil(size_of_item / WRITE_BYTES))


def write_units(
    before: Attributes | None, after: Attributes | None, indexes: Iterable[Index], *, in_transaction: bool = False
) -> int:
    """Of one item: by the larger of what was and what is; twice in a transaction, but for the indexes."""
    of_table = _write_units(max(size(item) if item else 0 for item in (before, after)))
    return of_table * (1 + in_transaction) + sum(index.write_units(before, after) for index in indexes)


def read_units(items: Sequence[Attributes], *, is_consistent: bool) -> float:
    """Of items that are read together, as a query does; of nothing as well."""
    return max(1, ceil(sum(size(item) for item in items) / READ_BYTES)) * (1.0 if is_consistent else 0.5)
