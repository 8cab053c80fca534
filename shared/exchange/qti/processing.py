"""Response processing: the rules by which a QTI item scores a response, made into a function.

Source: IMS QTI 2.1 and 3.0 information models, "Response Processing" and "Expressions".
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from math import floor
from typing import Final

from shared.exchange.bank_file import Malformed
from shared.exchange.qti.vocabulary import (
    NoCounterpart,
    attribute,
    child,
    children,
    name,
    number,
    text_of,
    within,
    written,
)
from shared.exchange.xml import Element, parse

MAX_ELEMENTS: Final = 2_000
MAX_DEPTH: Final = 40
MAX_BITS: Final = 1_024
SCORE: Final = "SCORE"

# A container is a sorted tuple, for its order means nothing; None is NULL, which an empty container is too.
Value = bool | Fraction | str | tuple[str, ...] | None
ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMap:
    """A ``mapping``: what each value of a response is worth."""

    entries: Mapping[str, Fraction]
    default: Fraction
    lower: Fraction | None
    upper: Fraction | None

    def worth(self, choice: str) -> Fraction:
        return self.entries.get(choice, self.default)

    def bounded(self, worth: Fraction) -> Fraction:
        if self.lower is not None:
            worth = max(worth, self.lower)
        return worth if self.upper is None else min(worth, self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseVariable:
    """What a learner's response is held in; ``correct`` is in the file's order."""

    line: int
    identifier: str
    multiple: bool
    correct: tuple[str, ...]
    score_map: ScoreMap | None


class Looks(Enum):
    """What a program looks at in a response, beside whether there is one."""

    WHETHER_CORRECT = "is it the correct response"
    ITS_WORTH = "the sum of its mapping"
    ITS_CHOICES = "which choices it has"


@dataclass(slots=True)
class _Session:
    response: Value
    worth: Fraction
    outcomes: dict[str, Value]


_Expression = Callable[[_Session], Value]
_Rule = Callable[[_Session], None]


class _Exit(Exception):
    """The item ends its response processing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An item's response processing, as far as the score depends on it; ``size`` is in elements."""

    variable: ResponseVariable
    rules: Sequence[_Rule]
    outcomes: Mapping[str, Value]
    looks: frozenset[Looks]
    size: int

    def score(self, choices: Iterable[str]) -> Fraction:
        """What a response is given; NULL counts 0. Raises NoCounterpart when the rules don't fit each other."""
        chosen = tuple(sorted(choices))
        score_map = self.variable.score_map if Looks.ITS_WORTH in self.looks else None
        worth = score_map.bounded(sum(map(score_map.worth, chosen), ZERO)) if score_map else ZERO
        session = _Session(_variable_value(self.variable, chosen), worth, dict(self.outcomes))
        try:
            for rule in self.rules:
                rule(session)
        except _Exit:
            pass
        score = session.outcomes.get(SCORE)
        if score is None:
            return ZERO
        return _number(score, self.variable.line)


def response_variable(declaration: Element) -> ResponseVariable:
    """Read a responseDeclaration; raises NoCounterpart for another kind of response than choices, and Malformed."""
    line = declaration.sourceline
    cardinality = attribute(declaration, "cardinality")
    base_type = attribute(declaration, "basetype", "identifier")
    if cardinality not in ("single", "multiple") or base_type not in ("identifier", "string"):
        raise NoCounterpart(line, f"a response of {cardinality or 'no'} cardinality and type {base_type} is no choice")
    if child(declaration, "defaultvalue") is not None:
        raise NoCounterpart(line, "the item starts with a response already given")
    correct = child(declaration, "correctresponse")
    return ResponseVariable(
        line=line,
        identifier=attribute(declaration, "identifier"),
        multiple=cardinality == "multiple",
        correct=tuple(dict.fromkeys(_values(correct))),
        score_map=_score_map(child(declaration, "mapping")),
    )


def outcome_defaults(declarations: Iterable[Element]) -> dict[str, Value]:
    """What each declared outcome starts with: its default, else 0 for a number and NULL for the rest."""
    outcomes: dict[str, Value] = {}
    for declaration in declarations:
        base_type = attribute(declaration, "basetype")
        given = _values(child(declaration, "defaultvalue"))
        values = [_base_value(value, base_type, declaration) for value in given]
        outcome: Value = values[0] if values else ZERO if base_type in _NUMERIC else None
        if attribute(declaration, "cardinality", "single") != "single":
            outcome = _container(values)
        outcomes[attribute(declaration, "identifier")] = outcome
    return outcomes


def program(rules: Element, variable: ResponseVariable, outcomes: Mapping[str, Value], *, template: bool) -> Program:
    """Compile a responseProcessing element.

    A ``template`` calls the response RESPONSE, whatever the item does. Raises NoCounterpart for what has no
    counterpart here, and Malformed for what is no QTI.
    """
    compiler = _Compiler(variable, set(outcomes), _relevant(rules), template=template)
    compiled = compiler.rules(rules)
    return Program(
        variable=variable,
        rules=compiled,
        outcomes={SCORE: ZERO, **outcomes},
        looks=frozenset(compiler.looks),
        size=compiler.size,
    )


def standard_template(address: str) -> Element | None:
    """The rules of the template that ``address`` names, in any of the spellings it was published in."""
    known = address.partition("?")[0].partition("#")[0].rpartition("/")[2]
    stem = known.lower().removesuffix(".xml").removesuffix("_xml")
    return _TEMPLATES[stem]() if stem in _TEMPLATES else None


def is_standard(address: str) -> bool:
    """Whether ``address`` belongs to the consortium that publishes QTI."""
    host = address.partition("://")[2].partition("/")[0].lower()
    return host.endswith(("imsglobal.org", "1edtech.org"))


_NUMERIC: Final = ("float", "integer")


def _values(holder: Element | None) -> list[str]:
    return [] if holder is None else [text_of(value) for value in children(holder, "value")]


def _score_map(mapping: Element | None) -> ScoreMap | None:
    if mapping is None:
        return None
    entries: dict[str, Fraction] = {}
    for entry in children(mapping, "mapentry"):
        key = attribute(entry, "mapkey")
        if key in entries:
            raise Malformed(((entry.sourceline, f"{key[:80]!r} is mapped twice"),))
        entries[key] = number(attribute(entry, "mappedvalue"), entry.sourceline, "the mapped value")
    bounds = {
        bound: number(value, mapping.sourceline, f"the {bound}") if (value := attribute(mapping, bound)) else None
        for bound in ("defaultvalue", "lowerbound", "upperbound")
    }
    return ScoreMap(
        entries=entries, default=bounds["defaultvalue"] or ZERO, lower=bounds["lowerbound"], upper=bounds["upperbound"]
    )


def _base_value(text: str, base_type: str, element: Element) -> bool | Fraction | str:
    if base_type in _NUMERIC:
        return number(text, element.sourceline, "the value")
    if base_type == "boolean":
        return text in ("true", "1")
    return text


def _container(values: Iterable[Value]) -> Value:
    return tuple(sorted(value for value in values if isinstance(value, str))) or None


def _variable_value(variable: ResponseVariable, chosen: tuple[str, ...]) -> Value:
    if not chosen:
        return None
    return chosen if variable.multiple else chosen[0]


def _relevant(rules: Element) -> set[str]:
    """The outcomes that the score can depend on: what else is set, such as feedback, needs no understanding."""
    if sum(1 for _ in rules.iter()) > MAX_ELEMENTS:
        raise NoCounterpart(rules.sourceline, f"the response processing has more than {MAX_ELEMENTS:,} elements")
    relevant = {SCORE}
    # Each round finds what the last one's outcomes depend on.
    for _ in range(MAX_DEPTH):
        found = set(relevant)
        for rule in rules.iterdescendants():
            if name(rule) in _SETTING and attribute(rule, "identifier") in relevant:
                found |= _variables_in(rule)
            elif name(rule) == "responsecondition" and _matters(rule, relevant):
                tests = (branch[0] for branch in rule if name(branch) != "responseelse" and len(branch))
                found.update(*(_variables_in(test, itself=True) for test in tests))
        if found == relevant:
            return relevant
        relevant = found
    raise NoCounterpart(rules.sourceline, "the response processing is too intricate")


_SETTING: Final = ("setoutcomevalue", "lookupoutcomevalue")


def _matters(rule: Element, relevant: set[str]) -> bool:
    kind = name(rule)
    if kind in _SETTING:
        return attribute(rule, "identifier") in relevant
    if kind in ("responsecondition", "responseprocessingfragment"):
        return any(_matters(below, relevant) for below in within(rule, (*_SETTING, "exitresponse")))
    return True


def _variables_in(element: Element, *, itself: bool = False) -> set[str]:
    found = {attribute(below, "identifier") for below in within(element, ("variable",))}
    return found | {attribute(element, "identifier")} if itself and name(element) == "variable" else found


class _Compiler:
    """Turns rules into functions, and notes what they look at."""

    def __init__(self, variable: ResponseVariable, declared: set[str], relevant: set[str], *, template: bool) -> None:
        self.looks: set[Looks] = set()
        self.size = 0
        self._variable = variable
        self._names = {variable.identifier, "RESPONSE"} if template else {variable.identifier}
        self._declared = declared | {SCORE}
        self._relevant = relevant
        self._depth = 0

    def rules(self, parent: Element, start: int = 0) -> list[_Rule]:
        return [self._rule(rule) for rule in parent[start:] if _matters(rule, self._relevant)]

    def expression(self, element: Element) -> _Expression:
        self._depth += 1
        self.size += 1
        if self._depth > MAX_DEPTH:
            raise NoCounterpart(element.sourceline, "the response processing is nested too deep")
        make = _EXPRESSIONS.get(name(element))
        if make is None:
            raise _not_understood(element)
        made = make(self, element)
        self._depth -= 1
        return made

    def operands(self, element: Element, least: int, most: int | None = None) -> list[_Expression]:
        if not least <= len(element) <= (len(element) if most is None else most):
            raise Malformed(((element.sourceline, f"<{written(element)}> has {len(element)} operands"),))
        return [self.expression(operand) for operand in element]

    def is_response(self, element: Element) -> bool:
        return name(element) == "variable" and attribute(element, "identifier") in self._names

    def is_correct(self, element: Element) -> bool:
        return name(element) == "correct" and attribute(element, "identifier") in self._names

    def outcome(self, element: Element) -> str:
        identifier = attribute(element, "identifier")
        if identifier not in self._declared:
            raise NoCounterpart(element.sourceline, f"the variable {identifier[:80]!r} is not one of the item's own")
        return identifier

    @property
    def variable(self) -> ResponseVariable:
        return self._variable

    def _rule(self, element: Element) -> _Rule:
        self.size += 1
        kind = name(element)
        if kind == "responsecondition":
            return self._condition(element)
        if kind == "setoutcomevalue":
            identifier = attribute(element, "identifier")
            (value,) = self.operands(element, 1, 1)

            def assign(session: _Session) -> None:
                session.outcomes[identifier] = value(session)

            return assign
        if kind == "responseprocessingfragment":
            rules = self.rules(element)

            def run(session: _Session) -> None:
                for rule in rules:
                    rule(session)

            return run
        if kind == "exitresponse":
            return _exit
        raise _not_understood(element)

    def _condition(self, element: Element) -> _Rule:
        self._depth += 1
        branches: list[tuple[_Expression | None, list[_Rule]]] = []
        for branch in element:
            if name(branch) in ("responseif", "responseelseif") and len(branch):
                branches.append((self.expression(branch[0]), self.rules(branch, 1)))
            elif name(branch) == "responseelse":
                branches.append((None, self.rules(branch)))
            else:
                raise Malformed(((branch.sourceline, f"<{written(branch)}> is no branch of a condition"),))
        self._depth -= 1

        def decide(session: _Session) -> None:
            for test, rules in branches:
                if test is None or test(session) is True:
                    for rule in rules:
                        rule(session)
                    return

        return decide


def _exit(_session: _Session) -> None:
    raise _Exit


def _not_understood(element: Element) -> NoCounterpart:
    return NoCounterpart(
        element.sourceline, f"the response processing uses <{written(element)}>, which has no counterpart"
    )


def _misfit(line: int) -> NoCounterpart:
    return NoCounterpart(line, "the response processing applies an operator to values of another kind")


def _number(value: Value, line: int) -> Fraction:
    # Not isinstance, which asks the abstract base classes of Fraction each time.
    if type(value) is Fraction:
        return value
    raise _misfit(line)


def _variable(compiler: _Compiler, element: Element) -> _Expression:
    if compiler.is_response(element):
        compiler.looks.add(Looks.ITS_CHOICES)
        return lambda session: session.response
    identifier = compiler.outcome(element)
    return lambda session: session.outcomes[identifier]


def _correct(compiler: _Compiler, element: Element) -> _Expression:
    if not compiler.is_correct(element):
        raise NoCounterpart(element.sourceline, "the response processing names a response that the item has not")
    compiler.looks.add(Looks.WHETHER_CORRECT)
    variable = compiler.variable
    correct = _variable_value(variable, tuple(sorted(variable.correct)))
    return lambda _session: correct


def _map_response(compiler: _Compiler, element: Element) -> _Expression:
    if attribute(element, "identifier") not in compiler._names:
        raise NoCounterpart(element.sourceline, "the response processing maps a response that the item has not")
    if compiler.variable.score_map is None:
        raise NoCounterpart(element.sourceline, "the response processing maps the response, but there is no mapping")
    compiler.looks.add(Looks.ITS_WORTH)
    return lambda session: session.worth


def _constant(_compiler: _Compiler, element: Element) -> _Expression:
    value = _base_value(text_of(element), attribute(element, "basetype"), element)
    return lambda _session: value


def _null(_compiler: _Compiler, _element: Element) -> _Expression:
    return lambda _session: None


def _is_null(compiler: _Compiler, element: Element) -> _Expression:
    if len(element) == 1 and compiler.is_response(element[0]):
        return lambda session: session.response is None
    (value,) = compiler.operands(element, 1, 1)
    return lambda session: value(session) in (None, "")


def _match(compiler: _Compiler, element: Element) -> _Expression:
    sides = list(element)
    if len(sides) == 2 and any(map(compiler.is_response, sides)) and any(map(compiler.is_correct, sides)):
        correct = _correct(compiler, next(filter(compiler.is_correct, sides)))
        return lambda session: _same(session.response, correct(session), element.sourceline)
    one, other = compiler.operands(element, 2, 2)
    return lambda session: _same(one(session), other(session), element.sourceline)


def _same(one: Value, other: Value, line: int) -> Value:
    if one is None or other is None:
        return None
    if type(one) is not type(other):
        raise _misfit(line)
    return one == other


def _member(compiler: _Compiler, element: Element) -> _Expression:
    one, all_ = compiler.operands(element, 2, 2)

    def decide(session: _Session) -> Value:
        value, container = one(session), all_(session)
        if value is None or container is None:
            return None
        if isinstance(container, str):  # Of a single choice; some exporters ask so all the same.
            container = (container,)
        if not isinstance(value, str) or not isinstance(container, tuple):
            raise _misfit(element.sourceline)
        return value in container

    return decide


def _contains(compiler: _Compiler, element: Element) -> _Expression:
    all_, some = compiler.operands(element, 2, 2)

    def decide(session: _Session) -> Value:
        whole, part = all_(session), some(session)
        if whole is None or part is None:
            return None
        if not isinstance(whole, tuple) or not isinstance(part, tuple):
            raise _misfit(element.sourceline)
        return not Counter(part) - Counter(whole)

    return decide


def _delete(compiler: _Compiler, element: Element) -> _Expression:
    one, all_ = compiler.operands(element, 2, 2)

    def compute(session: _Session) -> Value:
        value, container = one(session), all_(session)
        if value is None or container is None:
            return None
        if not isinstance(value, str) or not isinstance(container, tuple):
            raise _misfit(element.sourceline)
        return _container(kept for kept in container if kept != value)

    return compute


def _multiple(compiler: _Compiler, element: Element) -> _Expression:
    operands = compiler.operands(element, 0)

    def compute(session: _Session) -> Value:
        values: list[str] = []
        for operand in operands:
            value = operand(session)
            if isinstance(value, str):
                values.append(value)
            elif isinstance(value, tuple):
                values.extend(value)
            elif value is not None:
                raise _misfit(element.sourceline)
        return _container(values)

    return compute


def _container_size(compiler: _Compiler, element: Element) -> _Expression:
    (operand,) = compiler.operands(element, 1, 1)

    def compute(session: _Session) -> Value:
        container = operand(session)
        if container is None:
            return ZERO
        if not isinstance(container, tuple):
            raise _misfit(element.sourceline)
        return Fraction(len(container))

    return compute


def _logic(decide: Callable[[list[Value]], Value], most: int | None = None) -> "_Make":
    def make(compiler: _Compiler, element: Element) -> _Expression:
        operands = compiler.operands(element, 1, most)

        def compute(session: _Session) -> Value:
            values = [operand(session) for operand in operands]
            if any(value is not None and not isinstance(value, bool) for value in values):
                raise _misfit(element.sourceline)
            return decide(values)

        return compute

    return make


def _all(values: list[Value]) -> Value:
    return False if False in values else None if None in values else True


def _any(values: list[Value]) -> Value:
    return True if True in values else None if None in values else False


def _not(values: list[Value]) -> Value:
    return None if values[0] is None else not values[0]


def _numeric(compute: Callable[[list[Fraction]], Value], least: int, most: int | None = None) -> "_Make":
    """An operator on numbers, NULL when one of them is."""

    def make(compiler: _Compiler, element: Element) -> _Expression:
        operands = compiler.operands(element, least, most)
        line = element.sourceline

        def computed(session: _Session) -> Value:
            numbers = []
            for operand in operands:
                value = operand(session)
                if value is None:
                    return None
                numbers.append(_number(value, line))
            result = compute(numbers)
            if type(result) is Fraction and _bits(result) > MAX_BITS:
                raise NoCounterpart(line, "the response processing computes with numbers that are too long")
            return result

        return computed

    return make


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _equal(compiler: _Compiler, element: Element) -> _Expression:
    if attribute(element, "tolerancemode", "exact") != "exact":
        raise NoCounterpart(element.sourceline, "the response processing compares with a tolerance")
    return _numeric(lambda numbers: numbers[0] == numbers[1], 2, 2)(compiler, element)


def _product(numbers: list[Fraction]) -> Fraction:
    product = Fraction(1)
    for factor in numbers:
        product *= factor
    return product


_Make = Callable[[_Compiler, Element], _Expression]
_EXPRESSIONS: Final[Mapping[str, _Make]] = {
    "variable": _variable,
    "correct": _correct,
    "mapresponse": _map_response,
    "basevalue": _constant,
    "null": _null,
    "isnull": _is_null,
    "match": _match,
    "member": _member,
    "contains": _contains,
    "delete": _delete,
    "multiple": _multiple,
    "containersize": _container_size,
    "and": _logic(_all),
    "or": _logic(_any),
    "not": _logic(_not, 1),
    "equal": _equal,
    "gt": _numeric(lambda numbers: numbers[0] > numbers[1], 2, 2),
    "gte": _numeric(lambda numbers: numbers[0] >= numbers[1], 2, 2),
    "lt": _numeric(lambda numbers: numbers[0] < numbers[1], 2, 2),
    "lte": _numeric(lambda numbers: numbers[0] <= numbers[1], 2, 2),
    "sum": _numeric(lambda numbers: sum(numbers[1:], numbers[0]), 1),
    "subtract": _numeric(lambda numbers: numbers[0] - numbers[1], 2, 2),
    "product": _numeric(_product, 1),
    "divide": _numeric(lambda numbers: numbers[0] / numbers[1] if numbers[1] else None, 2, 2),
    "min": _numeric(min, 1),
    "max": _numeric(max, 1),
    "truncate": _numeric(lambda numbers: Fraction(int(numbers[0])), 1, 1),
    "round": _numeric(lambda numbers: Fraction(floor(numbers[0] + Fraction(1, 2))), 1, 1),
    "integertofloat": _numeric(lambda numbers: numbers[0], 1, 1),
}


@cache
def _match_correct() -> Element:
    return _rules(_if(_IS_CORRECT, _BASE_VALUE.format(1), _BASE_VALUE.format(0)))


@cache
def _mapped() -> Element:
    return _rules(_if('<isNull><variable identifier="RESPONSE"/></isNull>', _BASE_VALUE.format(0), _MAPPED))


@cache
def _match_for_all() -> Element:
    """The score of Common Cartridge's templates for matching; they also set feedback."""
    return _rules(_if(_IS_CORRECT, '<variable identifier="MAXSCORE"/>', '<variable identifier="SCORE"/>'))


_IS_CORRECT: Final = '<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
_BASE_VALUE: Final = '<baseValue baseType="float">{}</baseValue>'
_MAPPED: Final = '<mapResponse identifier="RESPONSE"/>'


def _if(test: str, then: str, otherwise: str) -> str:
    return (
        f"<responseCondition><responseIf>{test}{_score_of(then)}</responseIf>"
        f"<responseElse>{_score_of(otherwise)}</responseElse></responseCondition>"
    )


def _score_of(value: str) -> str:
    return f'<setOutcomeValue identifier="{SCORE}">{value}</setOutcomeValue>'


def _rules(rules: str) -> Element:
    return parse(f"<responseProcessing>{rules}</responseProcessing>".encode())


# Source: the templates that IMS publishes with QTI 2.0, 2.1, 2.2, 3.0 and Common Cartridge.
_TEMPLATES: Final[Mapping[str, Callable[[], Element]]] = {
    "match_correct": _match_correct,
    "map_response": _mapped,
    "cc2_match": _match_for_all,
    "cc2_match_basic": _match_for_all,
    "cc2_map_response": _mapped,
}
