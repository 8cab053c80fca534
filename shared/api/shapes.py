"""What bodies and answers are made of: strict in, stable out."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from shared.domain.names import is_blank, unprintable
from shared.facts import instant

ID_PATTERN = r"^[a-z0-9-]{1,64}$"

Instant = Annotated[datetime, PlainSerializer(lambda at: instant(at).replace(".000Z", "Z"), return_type=str)]


class Body(BaseModel):
    """What a client sends: no unknown fields, no values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class View(BaseModel):
    """What a client gets: a field with a default of None is left out when it is None."""

    model_config = ConfigDict(frozen=True)

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        absent = {
            name
            for name, field in type(self).model_fields.items()
            if getattr(self, name) is None and not field.is_required()
        }
        return {name: value for name, value in handler(self).items() if name not in absent}


def number(points: Fraction) -> float:
    """Points for display."""
    return float(points)


def _two_decimals(amount: str) -> str:
    return str(Decimal(amount).quantize(Decimal("0.01")))


def _printable(text: str) -> str:
    if is_blank(text):
        raise ValueError("Must not be blank.")
    characters = unprintable(text)
    if characters:
        raise ValueError(f"A certificate can't print {', '.join(f'U+{ord(char):04X}' for char in characters)}.")
    return text


# What certificates print.
Printable = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_printable)]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,2})?$", examples=["1.00"]), AfterValidator(_two_decimals)]
Identifier = Annotated[str, Field(pattern=ID_PATTERN)]
Text = Annotated[str, Field(max_length=20_000)]
