"""Every alarm has its line in the runbook, and the runbook names no alarm that there is not."""

import json
import re

from tests.contract.test_template import ALARMS, DEAD_LETTERS, QUEUES, RESOURCES, ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def test_every_alarm_has_its_line_and_there_is_no_other() -> None:
    lines = re.findall(r"^\| (\w+Alarm) \| .*\S \|$", RUNBOOK, re.MULTILINE)
    assert sorted(lines) == sorted(ALARMS)


def test_alarms_named_elsewhere_in_the_runbook_exist() -> None:
    assert set(re.findall(r"\w+Alarm\b", RUNBOOK)) == set(ALARMS)


def test_every_alarm_says_in_a_sentence_what_is_wrong() -> None:
    for name, alarm in ALARMS.items():
        assert alarm["AlarmDescription"].endswith("."), name


def test_the_dashboard_shows_every_queue_and_its_dead_letters() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[\w:]+}", "name", body.replace("${AWS::Region}", "eu-central-1")))["widgets"]
    assert len(widgets) == len({widget["properties"]["title"] for widget in widgets})
    shown = set(re.findall(r"\$\{(\w+)\.QueueName}", body))
    assert shown == set(QUEUES) | DEAD_LETTERS


def test_the_dashboard_overlaps_nowhere() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[\w:.]+}", "name", body))["widgets"]
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_check_of_the_template_that_is_left_out_has_its_reason() -> None:
    left_out = (ROOT / ".checkov.yaml").read_text(encoding="utf-8").partition("skip-check:\n")[2].splitlines()
    assert left_out
    for line in left_out:
        assert re.fullmatch(r"  - CKV_AWS_\d+  # .{20,}", line), line
    for name, resource in RESOURCES.items():
        for skipped in resource.get("Metadata", {}).get("checkov", {}).get("skip", ()):
            assert skipped["comment"], name
