"""A QTI delivery engine as small as can be, in floats, written from the specification and apart from our reader."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

MATCH_CORRECT = """<responseProcessing><responseCondition>
<responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>
<responseElse><setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue>
</responseElse></responseCondition></responseProcessing>"""
MAP_RESPONSE = """<responseProcessing><responseCondition>
<responseIf><isNull><variable identifier="RESPONSE"/></isNull>
<setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue></responseIf>
<responseElse><setOutcomeValue identifier="SCORE"><mapResponse identifier="RESPONSE"/></setOutcomeValue>
</responseElse></responseCondition></responseProcessing>"""


class Node:
    """An element of QTI 2 or 3, by the names of QTI 2."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.name = _camel(element.tag.rpartition("}")[2].removeprefix("qti-"))
        self.attributes = {_camel(key): value.strip() for key, value in element.attrib.items()}
        self.text = "".join(element.itertext()).strip()
        self.children = [Node(child) for child in element]

    def all(self, name: str) -> list["Node"]:
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Node | None":
        return next(iter(self.all(name)), None)

    def values(self, holder: str) -> list[str]:
        held = self.first(holder)
        return [value.text for value in held.all("value")] if held else []


def _camel(name: str) -> str:
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)


def score(item: str | bytes, chosen: Iterable[str]) -> float:
    """What SCORE is after ``chosen`` (identifiers of the file) was the response."""
    return _Engine(Node(ElementTree.fromstring(item)), list(chosen)).score()


class _Engine:
    def __init__(self, item: Node, chosen: Sequence[str]) -> None:
        (declaration,) = item.all("responseDeclaration")
        self.declaration = declaration
        self.multiple = declaration.attributes["cardinality"] == "multiple"
        self.rules = item.first("responseProcessing")
        self.names = {declaration.attributes["identifier"]}
        template = self.rules.attributes.get("template", "") if self.rules else ""
        if self.rules and not self.rules.children:
            self.rules = Node(ElementTree.fromstring(MAP_RESPONSE if "map_response" in template else MATCH_CORRECT))
            self.names.add("RESPONSE")
        self.response = self._held(chosen)
        self.outcomes: dict[str, Any] = {}
        for outcome in item.all("outcomeDeclaration"):
            values = outcome.values("defaultValue")
            number = outcome.attributes["baseType"] in ("float", "integer")
            default = float(values[0]) if values and number else values[0] if values else 0.0 if number else None
            self.outcomes[outcome.attributes["identifier"]] = default

    def _held(self, values: Sequence[str]) -> Any:
        if not values:
            return None
        return frozenset(values) if self.multiple else values[0]

    def score(self) -> float:
        if self.rules:
            self._run(self.rules.children)
        return float(self.outcomes["SCORE"] or 0)

    def _run(self, rules: Sequence[Node]) -> None:
        for rule in rules:
            if rule.name == "setOutcomeValue":
                self.outcomes[rule.attributes["identifier"]] = self.value(rule.children[0])
            elif rule.name == "responseCondition":
                for branch in rule.children:
                    if branch.name == "responseElse":
                        self._run(branch.children)
                        break
                    if self.value(branch.children[0]) is True:
                        self._run(branch.children[1:])
                        break
            else:
                raise NotImplementedError(rule.name)

    def value(self, node: Node) -> Any:
        if node.name in LEAVES:
            return LEAVES[node.name](self, node)
        operands = [self.value(child) for child in node.children]
        if node.name in TAKING_NULL:
            return TAKING_NULL[node.name](operands)
        return None if None in operands else OPERATORS[node.name](*operands)

    def variable(self, node: Node) -> Any:
        name = node.attributes["identifier"]
        return self.response if name in self.names else self.outcomes[name]

    def correct(self, _node: Node) -> Any:
        return self._held(self.declaration.values("correctResponse"))

    def base_value(self, node: Node) -> Any:
        return float(node.text) if node.attributes["baseType"] in ("float", "integer") else node.text

    def mapped(self, _node: Node) -> float:
        mapping = self.declaration.first("mapping")
        assert mapping is not None
        worth = {
            entry.attributes["mapKey"]: float(entry.attributes["mappedValue"]) for entry in mapping.all("mapEntry")
        }
        default = float(mapping.attributes.get("defaultValue", "0"))
        chosen = () if self.response is None else self.response if self.multiple else (self.response,)
        total = sum(worth.get(each, default) for each in chosen)
        if "lowerBound" in mapping.attributes:
            total = max(total, float(mapping.attributes["lowerBound"]))
        if "upperBound" in mapping.attributes:
            total = min(total, float(mapping.attributes["upperBound"]))
        return total


def _collected(values: Sequence[Any]) -> frozenset[str] | None:
    sets = [value if isinstance(value, frozenset) else {value} for value in values if value is not None]
    return frozenset().union(*sets) or None


LEAVES: dict[str, Callable[[_Engine, Node], Any]] = {
    "variable": _Engine.variable,
    "correct": _Engine.correct,
    "mapResponse": _Engine.mapped,
    "baseValue": _Engine.base_value,
}
TAKING_NULL: dict[str, Callable[[list[Any]], Any]] = {
    "multiple": _collected,
    "isNull": lambda values: values[0] is None,
    "and": all,
    "or": any,
}
OPERATORS: dict[str, Callable[..., Any]] = {
    "match": lambda one, other: one == other,
    "member": lambda one, many: one in many,
    "contains": lambda many, some: some <= many,
    "not": lambda value: not value,
    "equal": lambda one, other: one == other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "sum": lambda *numbers: sum(numbers),
    "product": lambda one, other: one * other,
    "subtract": lambda one, other: one - other,
    "divide": lambda one, other: one / other,
    "min": min,
    "max": max,
}
