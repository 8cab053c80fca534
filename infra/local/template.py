"""The wiring as template.yaml says it: what there is, and what its intrinsic functions stand for."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse

from infra.local.errors import LocalError

FUNCTION = "AWS::Serverless::Function"

Lookup = Callable[[str, str | None], str]
"""Answers a Ref (attribute None) or a GetAtt of a resource, by its logical id."""

_ABSENT = object()  # what `AWS::NoValue` stands for
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class Template:
    """A parsed template; `parameters` and the pseudo parameters are known, resources are asked of a `Lookup`."""

    def __init__(self, path: Path, parameters: Mapping[str, str], assumed: Mapping[str, str] | None = None) -> None:
        """`assumed` are values for the parameters that there are.

        Raise LocalError with one line when the file is missing, is no template, or lacks a parameter's value.
        """
        self.path = path
        document = _read(path)
        self._resources: dict[str, dict[str, Any]] = document["Resources"]
        self._conditions: dict[str, Any] = document.get("Conditions") or {}
        self._globals: dict[str, Any] = (document.get("Globals") or {}).get("Function") or {}
        declared = document.get("Parameters") or {}
        known = {name: value for name, value in (assumed or {}).items() if name in declared}
        self._parameters = self._values(declared, known | dict(parameters))

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of this type whose condition holds, by logical id, in file order."""
        return {
            name: resource.get("Properties") or {}
            for name, resource in self._resources.items()
            if resource["Type"] == kind and self._holds(resource.get("Condition"))
        }

    def functions(self) -> dict[str, dict[str, Any]]:
        """Like `of_type`, with what Globals give every function."""
        return {name: _merged(self._globals, own) for name, own in self.of_type(FUNCTION).items()}

    def type_of(self, name: str) -> str:
        """Raise LocalError for a logical id that the template does not have."""
        if name not in self._resources:
            raise self.error(f"'{name}' is referred to, but is neither a parameter nor a resource")
        return str(self._resources[name]["Type"])

    def properties_of(self, name: str) -> dict[str, Any]:
        return self._resources[name].get("Properties") or {}

    def error(self, text: str) -> LocalError:
        return LocalError(f"{self.path.name}: {text}")

    def resolve(self, value: Any, lookup: Lookup) -> Any:
        """`value` with every intrinsic function replaced; a property that is `AWS::NoValue` is left out."""
        if isinstance(value, list):
            return [item for each in value if (item := self.resolve(each, lookup)) is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument, lookup)
        return {name: item for name, each in value.items() if (item := self.resolve(each, lookup)) is not _ABSENT}

    def _call(self, name: str, argument: Any, lookup: Lookup) -> Any:
        match name:
            case "Ref":
                return self._ref(argument, lookup)
            case "Fn::GetAtt":
                resource, attribute = argument
                return lookup(resource, attribute)
            case "Fn::Sub":
                return self._sub(argument, lookup)
            case "Fn::Join":
                separator, parts = argument
                return separator.join(str(part) for part in self.resolve(parts, lookup))
            case "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self._holds(condition) else otherwise, lookup)
        raise self.error(f"{name} is not understood by the local system")

    def _ref(self, name: str, lookup: Lookup) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        return self._parameters[name] if name in self._parameters else lookup(name, None)

    def _sub(self, argument: Any, lookup: Lookup) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return str(self.resolve(own[name], lookup))
            resource, _, attribute = name.partition(".")
            return str(lookup(resource, attribute) if attribute else self._ref(name, lookup))

        return _PLACEHOLDER.sub(value, text)

    def _holds(self, condition: str | None) -> bool:
        if condition is None:
            return True
        if condition not in self._conditions:
            raise self.error(f"there is no condition '{condition}'")
        return self._true(self._conditions[condition])

    def _true(self, rule: dict[str, Any]) -> bool:
        [(name, argument)] = rule.items()
        match name:
            case "Condition":
                return self._holds(argument)
            case "Fn::Equals":
                left, right = self.resolve(argument, self._no_resource)
                return bool(left == right)
            case "Fn::Not":
                return not self._true(argument[0])
            case "Fn::And":
                return all(self._true(each) for each in argument)
            case "Fn::Or":
                return any(self._true(each) for each in argument)
        raise self.error(f"{name} is not understood in a condition")

    def _no_resource(self, name: str, _attribute: str | None) -> str:
        raise self.error(f"a condition refers to '{name}', which is not a parameter")

    def _values(self, declared: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {
            "AWS::StackName": "cme-local",
            "AWS::Region": "eu-central-1",
            "AWS::AccountId": "123456789012",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        if unknown := sorted(set(given) - set(declared)):
            raise self.error(f"there is no parameter {', '.join(unknown)}")
        for name, declaration in declared.items():
            if name not in given and "Default" not in declaration:
                raise self.error(f"the parameter {name} has no default and no value was given")
            values[name] = _typed(given.get(name, declaration.get("Default")), declaration["Type"])
        return values


@lru_cache(maxsize=4)
def _parsed(text: str) -> Any:
    """Kept, as each test makes a system of its own: a quarter of a second each time."""
    return yaml_parse(text)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = _parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"{path.name}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise LocalError(f"{path.name}: not YAML{line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise LocalError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise LocalError(f"{path.name}: no Resources in it")
    for name, resource in document["Resources"].items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise LocalError(f"{path.name}: resource '{name}' has no Type")
    return document


def _typed(value: Any, kind: str) -> Any:
    match kind:
        case "CommaDelimitedList":
            return [each.strip() for each in str(value).split(",")]
        case "Number":
            return int(value)
    return value


def _merged(base: Any, own: Any) -> Any:
    """Globals under a function's own words: mappings are merged, lists are added up, anything else is replaced."""
    if isinstance(base, dict) and isinstance(own, dict):
        return base | {name: _merged(base[name], own[name]) if name in base else own[name] for name in own}
    if isinstance(base, list) and isinstance(own, list):
        return base + own
    return own
