"""Ten thousand questions: read in a process of their own, within the time and the memory that an import has."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import bank_files as files

ROOT = Path(__file__).parents[2]
QUESTIONS = 10_000
CPU_SECONDS = 20
MEGABYTES = 500
STEM = "Which of these statements holds, as far as is known, of the treatment of oligometastatic disease, number {}?"
OPTIONS = tuple(f"An option as long as options are, number {number}, to be read" for number in range(5))
# The most memory in use: on Linux getrusage counts that of the process which started this one, on a Mac it tells bytes.
READ = r"""
import json, re, resource, sys, time
from pathlib import Path
from shared.api.bank import read_bank
media_type, file = sys.argv[1:]
with open(file, "rb") as opened:
    bank = read_bank(media_type, opened.read())
status = Path("/proc/self/status")
peak = (
    int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    if status.exists()
    else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
)
print(json.dumps([len(bank.questions), time.process_time(), peak]))
"""


def moodle() -> str:
    return files.quiz(
        *(
            files.question_xml(f"q{number}", f"<p>{STEM.format(number)}</p>", OPTIONS, OPTIONS[0])
            for number in range(QUESTIONS)
        )
    )


def as_json() -> str:
    questions = [
        files.question_json(f"q{number}", STEM.format(number), OPTIONS, OPTIONS[0]) for number in range(QUESTIONS)
    ]
    return json.dumps({"questions": questions}, indent=1)


@pytest.mark.parametrize(
    ("media_type", "written"),
    [("application/x-moodle+xml", moodle), ("application/json", as_json)],
    ids=["Moodle XML", "JSON"],
)
def test_ten_thousand_questions_are_read_within_time_and_memory(
    media_type: str, written: Callable[[], str], tmp_path: Path
) -> None:
    file = tmp_path / "bank"
    file.write_text(written(), encoding="utf-8")
    command = [sys.executable, "-c", READ, media_type, str(file)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    questions, seconds, megabytes = json.loads(answer.stdout)
    assert questions == QUESTIONS
    assert seconds < CPU_SECONDS
    assert megabytes < MEGABYTES
