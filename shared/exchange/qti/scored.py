"""Each scoring as QTI 3.0 response processing: exact steps on whole numbers, up to one last division."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Final

from lxml.builder import ElementMaker

from shared.domain.ids import OptionId
from shared.domain.questions import KeyEntry, Question, Scoring
from shared.exchange.qti.processing import SCORE
from shared.exchange.xml import Element

QTI: Final = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
RESPONSE: Final = "RESPONSE"
Q: Final = ElementMaker(namespace=QTI, nsmap={None: QTI, "xsi": "http://www.w3.org/2001/XMLSchema-instance"})

_TEMPLATES: Final = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates"
# A float keeps as many digits of any decimal.
_DIGITS_OF_A_FLOAT: Final = 15
ONE: Final = Fraction(1)
ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Response processing, and the mapping that it uses: what each option is worth, and the bounds of their sum."""

    processing: Element
    mapped: Mapping[OptionId, Fraction] = field(default_factory=dict)
    lower: Fraction | None = None
    upper: Fraction | None = None


def scored(question: Question, entry: KeyEntry) -> Scored:
    """What gives each response the points that ``entry`` gives it, an unanswered question none."""
    signed = {option.option_id: ONE if option.option_id in entry.correct else -ONE for option in question.options}
    right = len(entry.correct)
    match entry.scoring:
        case Scoring.EXACT:
            return Scored(processing=_exact(entry.points))
        case Scoring.WEIGHTS:
            return _weights(entry)
        case Scoring.EVERY_OPTION:
            judged = Q("qti-sum", _map_response(), _number(Fraction(entry.options - right)))
            processing = _unless_unanswered(_times(judged, entry.points / entry.options))
            return Scored(processing=processing, mapped=signed)
        case Scoring.HALVES:
            return Scored(processing=_halves(entry), mapped=signed)
        case Scoring.RIGHT_MINUS_WRONG:
            processing = _unless_unanswered(_times(_map_response(), entry.points / right))
            return Scored(processing=processing, mapped=signed, lower=ZERO)


def decimal(value: Fraction) -> str | None:
    """``value`` as a decimal numeral, or None when that doesn't end or is longer than a float is exact."""
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
        if decimals > _DIGITS_OF_A_FLOAT:
            return None
    digits = str(abs(value.numerator) * 10**decimals // value.denominator).rjust(decimals + 1, "0")
    if len(digits) > _DIGITS_OF_A_FLOAT:
        return None
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def _exact(points: Fraction) -> Element:
    if points == ONE:
        return Q("qti-response-processing", template=f"{_TEMPLATES}/match_correct.xml")
    return _processing(_branch("qti-response-if", _is_correct(), _number(points)), _otherwise(_number(ZERO)))


def _weights(entry: KeyEntry) -> Scored:
    worth = {option: weight * entry.points for option, weight in entry.weights.items()}
    if all(decimal(value) for value in (*worth.values(), entry.points)):
        processing = Q("qti-response-processing", template=f"{_TEMPLATES}/map_response.xml")
        return Scored(processing=processing, mapped=worth, lower=ZERO, upper=entry.points)
    whole = lcm(*(weight.denominator for weight in entry.weights.values()))
    return Scored(
        processing=_unless_unanswered(_times(_map_response(), entry.points / whole)),
        mapped={option: weight * whole for option, weight in entry.weights.items()},
        lower=ZERO,
        upper=Fraction(whole),
    )


def _halves(entry: KeyEntry) -> Element:
    """One error leaves the sum of right less wrong ones one below that of the right answer, two leave it two below."""
    right = len(entry.correct)
    branches = [
        _branch("qti-response-if", _is_unanswered(), _number(ZERO)),
        _branch("qti-response-else-if", _is_correct(), _number(entry.points)),
    ]
    for errors in (1, 2):
        # From 3 options on one error is forgiven by half, from 5 on a second one.
        if entry.options > 2 * errors:
            test = Q("qti-equal", _map_response(), _number(Fraction(right - errors)), {"tolerance-mode": "exact"})
            branches.append(_branch("qti-response-else-if", test, _number(entry.points / 2**errors)))
    return _processing(*branches, _otherwise(_number(ZERO)))


def _unless_unanswered(value: Element) -> Element:
    return _processing(_branch("qti-response-if", _is_unanswered(), _number(ZERO)), _otherwise(value))


def _processing(*branches: Element) -> Element:
    return Q("qti-response-processing", Q("qti-response-condition", *branches))


def _branch(kind: str, test: Element, value: Element) -> Element:
    return Q(kind, test, _set_score(value))


def _otherwise(value: Element) -> Element:
    return Q("qti-response-else", _set_score(value))


def _set_score(value: Element) -> Element:
    return Q("qti-set-outcome-value", value, identifier=SCORE)


def _is_unanswered() -> Element:
    return Q("qti-is-null", Q("qti-variable", identifier=RESPONSE))


def _is_correct() -> Element:
    return Q("qti-match", Q("qti-variable", identifier=RESPONSE), Q("qti-correct", identifier=RESPONSE))


def _map_response() -> Element:
    return Q("qti-map-response", identifier=RESPONSE)


def _times(value: Element, factor: Fraction) -> Element:
    if factor.numerator != 1:
        value = Q("qti-product", value, _number(Fraction(factor.numerator)))
    return Q("qti-divide", value, _number(Fraction(factor.denominator))) if factor.denominator != 1 else value


def _number(value: Fraction) -> Element:
    written = decimal(value)
    if written is not None:
        return Q("qti-base-value", written, {"base-type": "float"})
    if value.denominator == 1:
        return Q("qti-base-value", str(value), {"base-type": "float"})
    return Q("qti-divide", _number(Fraction(value.numerator)), _number(Fraction(value.denominator)))
