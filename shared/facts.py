"""Domain objects as JSON and back: exact, sortable, and strict about types."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from cattrs import Converter

T = TypeVar("T")

PLAIN = (str, int, bool)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that text sorts as time; a naive instant is an error."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """The instant that ``text`` names, in UTC; one without a time zone is an error."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def _exactly(value: Any, kind: Callable[[Any], T]) -> T:
    """Text, a whole number or a truth value as it is; an enum's member, being one of these, by its value."""
    if kind in PLAIN and type(value) is not kind:
        raise TypeError(f"expected {kind}, not {type(value).__name__}")
    return kind(value)


def _number(value: Any, _: type[float]) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    return float(value)


def _exact_number(text: Any, kind: Callable[[str], T]) -> T:
    """A Decimal or Fraction from text alone: a JSON number has been a float."""
    if type(text) is not str:
        raise TypeError(f"expected text, not {type(text).__name__}")
    return kind(text)


def _converter() -> Converter:
    converter = Converter()
    for kind in PLAIN:
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(float, _number)
    converter.register_unstructure_hook(datetime, instant)
    converter.register_structure_hook(datetime, lambda text, _: parse_instant(text))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    for exact in (Decimal, Fraction):
        converter.register_unstructure_hook(exact, str)
        converter.register_structure_hook(exact, _exact_number)
    converter.register_unstructure_hook_func(lambda kind: getattr(kind, "__origin__", None) is frozenset, sorted)
    return converter


_CONVERTER = _converter()


def to_facts(value: object) -> Any:
    """``value`` as what JSON can hold: dicts, lists, text, numbers."""
    return _CONVERTER.unstructure(value)


def from_facts(facts: object, kind: type[T]) -> T:
    """The ``kind`` that ``facts`` describe; unknown fields are ignored, wrong types raise."""
    return _CONVERTER.structure(facts, kind)


def dump(value: object) -> str:
    """``value`` as compact JSON text; the same value gives the same text."""
    return json.dumps(to_facts(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def load(text: str, kind: type[T]) -> T:
    return from_facts(json.loads(text), kind)
