"""What the local system understands of a template, and what it says of one that it does not."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra.local.errors import LocalError
from infra.local.template import Template


def template(tmp_path: Path, text: str, **parameters: str) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    return Template(path, parameters)


def lookup(name: str, attribute: str | None) -> str:
    return f"<{name}>" if attribute is None else f"<{name}.{attribute}>"


PARAMETERS = """
Parameters:
  Stage: {Type: String, Default: test}
  Tries: {Type: Number, Default: 5}
  Origins: {Type: CommaDelimitedList, Default: 'a, b'}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsLive: !Not [!Condition IsTest]
  Both: !And [!Condition IsTest, !Condition IsLive]
  Either: !Or [!Condition IsTest, !Condition IsLive]
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  LiveOnly: {Type: AWS::DynamoDB::Table, Condition: IsLive}
"""


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "Tries"}, 5),
        ({"Ref": "Origins"}, ["a", "b"]),
        ({"Ref": "Table"}, "<Table>"),
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, "<Table.StreamArn>"),
        ({"Fn::Sub": "${Stage}/${Table}/${Table.Arn}/${!kept}"}, "test/<Table>/<Table.Arn>/${kept}"),
        ({"Fn::Sub": ["${x}-${Stage}", {"x": {"Ref": "Table"}}]}, "<Table>-test"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-test"),
        ({"Fn::Join": ["", {"Ref": "Origins"}]}, "ab"),
        ({"Fn::If": ["IsTest", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsLive", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Ref": "Stage", "beside": "it"}, {"Ref": "Stage", "beside": "it"}),
    ],
)
def test_intrinsic_functions_mean_what_cloudformation_says(tmp_path: Path, value: Any, meaning: Any) -> None:
    assert template(tmp_path, PARAMETERS).resolve(value, lookup) == meaning


def test_a_given_parameter_replaces_the_default(tmp_path: Path) -> None:
    given = template(tmp_path, PARAMETERS, Stage="live", Tries="3")
    assert given.resolve([{"Ref": "Stage"}, {"Ref": "Tries"}], lookup) == ["live", 3]
    assert list(given.of_type("AWS::DynamoDB::Table")) == ["Table", "LiveOnly"]


def test_a_resource_whose_condition_fails_is_not_there(tmp_path: Path) -> None:
    assert list(template(tmp_path, PARAMETERS).of_type("AWS::DynamoDB::Table")) == ["Table"]


def test_globals_are_merged_into_every_function(tmp_path: Path) -> None:
    text = """
    Globals: {Function: {Timeout: 20, Layers: [shared], Environment: {Variables: {A: 1, B: 2}}}}
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties: {Handler: f.g, Timeout: 5, Layers: [own], Environment: {Variables: {B: 3, C: 4}}}
    """
    assert template(tmp_path, text).functions()["F"] == {
        "Handler": "f.g",
        "Timeout": 5,
        "Layers": ["shared", "own"],
        "Environment": {"Variables": {"A": 1, "B": 3, "C": 4}},
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Resources:\n  A: [1, 2\n", "template.yaml: not YAML in line 3: expected ',' or ']', but got '<stream end>'"),
        ("Resources:\n\tA: 1\n", "template.yaml: not YAML in line 2: "),
        ("- a list\n", "template.yaml: no Resources in it"),
        ("Resources: {A: {Properties: {}}}\n", "template.yaml: resource 'A' has no Type"),
        (
            "Parameters: {P: {Type: String}}\nResources: {}\n",
            "template.yaml: the parameter P has no default and no value was given",
        ),
    ],
)
def test_a_broken_template_is_one_clear_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(LocalError, match=f"^{re.escape(line)}[^\n]*$"):
        template(tmp_path, text)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"Fn::ImportValue": "x"}, "template.yaml: Fn::ImportValue is not understood by the local system"),
        ({"Fn::If": ["Unknown", 1, 2]}, "template.yaml: there is no condition 'Unknown'"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, value: Any, line: str) -> None:
    with pytest.raises(LocalError, match=f"^{re.escape(line)}$"):
        template(tmp_path, PARAMETERS).resolve(value, lookup)


def test_a_missing_template_and_an_unknown_parameter_are_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"^absent\.yaml: cannot be read: No such file or directory$"):
        Template(tmp_path / "absent.yaml", {})
    with pytest.raises(LocalError, match=r"^template\.yaml: there is no parameter Stag$"):
        template(tmp_path, PARAMETERS, Stag="x")
