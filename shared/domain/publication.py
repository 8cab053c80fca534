"""What keeps an edition from being published: the whole list of gaps, not the first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from shared.domain.edition import BankSummary
from shared.domain.names import is_blank, unprintable
from shared.domain.schemes import Scheme


@dataclass(frozen=True, slots=True)
class Gap:
    """A field that breaks a rule, addressed as ``faculty[0].disclosure``."""

    field: str
    rule: str


# Source: ACCME, information for learners before the activity, and what every certificate must say.
REQUIRED_TEXT = (
    "title", "summary", "medium", "presentation_url", "learning_format", "provider.name", "signatory.name",
    "signatory.title", "zone",
)  # fmt: skip
# What a certificate prints of the edition, beside its credits.
PRINTED = (
    "title", "learning_format", "provider.name", "provider.joint_provider", "signatory.name", "signatory.title",
)  # fmt: skip
REQUIRED_LISTS = ("authors", "topics", "objectives", "faculty", "credits", "test.pools")
UNPRINTABLE = "has characters that a certificate can't print"
REQUIRED_DATES = ("released_on", "reviewed_on", "expires_on")
REQUIRED_NUMBERS = ("slides", "minutes", "test.pass_mark", "test.attempts")


def gaps(content: Mapping[str, Any], bank: BankSummary | None, schemes: Mapping[str, Scheme]) -> list[Gap]:
    """Every gap of a draft, in the order of its fields; an empty list means that it can be published."""
    return [
        *_blanks(content),
        *_unprintable(content),
        *_dates(content, schemes),
        *_faculty(content),
        *_credits(content, schemes),
        *_test(content, bank),
        *_evaluation(content),
    ]


def _at(content: Mapping[str, Any], path: str) -> Any:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and is_blank(value))


def _blanks(content: Mapping[str, Any]) -> Iterator[Gap]:
    for path in REQUIRED_TEXT:
        if _is_blank(_at(content, path)):
            yield Gap(path, "must not be blank")
    for path in REQUIRED_LISTS:
        entries = _at(content, path) or []
        if not entries:
            yield Gap(path, "must name at least one")
        for place, entry in enumerate(entries):
            if isinstance(entry, str) and _is_blank(entry):
                yield Gap(f"{path}[{place}]", "must not be blank")
    for path in (*REQUIRED_DATES, *REQUIRED_NUMBERS):
        if _at(content, path) is None:
            yield Gap(path, "must be given")
    if "commercial_support" not in content:
        yield Gap("commercial_support", "must be stated; an empty list means none")
    if content.get("members_only") is None:
        yield Gap("members_only", "must be stated")
    if content.get("zone") and content["zone"] not in available_timezones():
        yield Gap("zone", "must be an IANA time zone")


def _unprintable(content: Mapping[str, Any]) -> Iterator[Gap]:
    for path in PRINTED:
        if unprintable(_at(content, path) or ""):
            yield Gap(path, UNPRINTABLE)


def _day(content: Mapping[str, Any], path: str) -> date | None:
    value = _at(content, path)
    return date.fromisoformat(value) if value else None


def _dates(content: Mapping[str, Any], schemes: Mapping[str, Scheme]) -> Iterator[Gap]:
    released, reviewed, expires = (_day(content, path) for path in REQUIRED_DATES)
    if released is None or expires is None:
        return
    if expires < released:
        yield Gap("expires_on", "must not be before released_on")
    if reviewed and reviewed > expires:
        yield Gap("reviewed_on", "must not be after expires_on")
    for offer in content.get("credits") or []:
        scheme = schemes.get(offer.get("scheme") or "")
        if scheme and (expires - released).days > scheme.maximum_validity_days:
            yield Gap("expires_on", f"{scheme.scheme} allows at most {scheme.maximum_validity_days} days")


def _two_years_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 2)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 2, day=28)


def _faculty(content: Mapping[str, Any]) -> Iterator[Gap]:
    released = _day(content, "released_on")
    for place, member in enumerate(content.get("faculty") or []):
        where = f"faculty[{place}]"
        for name in ("name", "role", "credentials"):
            if _is_blank(member.get(name)):
                yield Gap(f"{where}.{name}", "must not be blank")
        disclosure = member.get("disclosure")
        if not disclosure or not disclosure.get("declared_on") or "relationships" not in disclosure:
            yield Gap(f"{where}.disclosure", "must be declared; an empty list of relationships means none")
            continue
        for number, relationship in enumerate(disclosure["relationships"] or []):
            for name in ("company", "nature"):
                if _is_blank(relationship.get(name)):
                    yield Gap(f"{where}.disclosure.relationships[{number}].{name}", "must not be blank")
        if disclosure["relationships"] and not disclosure.get("mitigated"):
            yield Gap(f"{where}.disclosure.mitigated", "relevant relationships must have been mitigated")
        declared = date.fromisoformat(disclosure["declared_on"])
        if released and declared < _two_years_before(released):
            yield Gap(f"{where}.disclosure.declared_on", "must be at most 24 months old on released_on")


def _credits(content: Mapping[str, Any], schemes: Mapping[str, Scheme]) -> Iterator[Gap]:
    for place, offer in enumerate(content.get("credits") or []):
        where = f"credits[{place}]"
        for name in ("category", "activity_id"):
            if _is_blank(offer.get(name)):
                yield Gap(f"{where}.{name}", "must not be blank")
            elif unprintable(offer[name]):
                yield Gap(f"{where}.{name}", UNPRINTABLE)
        scheme = schemes.get(offer.get("scheme") or "")
        if scheme is None:
            yield Gap(f"{where}.scheme", f"must be one of {', '.join(sorted(schemes))}")
            continue
        if offer.get("maximum") is None or offer.get("step") is None:
            yield Gap(f"{where}.maximum", "maximum and step must be given")
            continue
        maximum, step = Decimal(offer["maximum"]), Decimal(offer["step"])
        if step <= 0 or step % scheme.step:
            yield Gap(f"{where}.step", f"must be a multiple of the scheme's step of {scheme.step}")
        elif maximum <= 0 or maximum % step:
            yield Gap(f"{where}.maximum", "must be a positive multiple of the step")
    named = [offer.get("scheme") for offer in content.get("credits") or []]
    if len(named) != len(set(named)):
        yield Gap("credits", "must name each scheme once")


def _test(content: Mapping[str, Any], bank: BankSummary | None) -> Iterator[Gap]:
    if bank is None:
        yield Gap("questions", "the edition has no question bank")
        return
    for place, pool in enumerate(_at(content, "test.pools") or []):
        held = bank.pools.get(pool["pool"], 0)
        if pool["draw"] > held:
            yield Gap(f"test.pools[{place}]", f"draws {pool['draw']} from pool {pool['pool']!r} that holds {held}")
    named = [pool["pool"] for pool in _at(content, "test.pools") or []]
    if len(named) != len(set(named)):
        yield Gap("test.pools", "must name each pool once")
    if bank.highest_objective > len(content.get("objectives") or []):
        yield Gap("questions", f"a question tests objective {bank.highest_objective}, which is not listed")


def _evaluation(content: Mapping[str, Any]) -> Iterator[Gap]:
    if _at(content, "evaluation.required") and not _at(content, "evaluation.questions"):
        yield Gap("evaluation.questions", "a required evaluation must ask something")
    if _at(content, "evaluation.required") and content.get("claim") != "claimed":
        yield Gap("evaluation.required", "only claimed credit can wait for an evaluation")
