"""`python -m infra.local` and `make`, as one types them."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest

from infra.local.issuer import AUDIENCE, ISSUER, STATE, Issuer

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "infra.local"]


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A served system and what it printed until it was ready."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    # A script that began the tests in the background would hand down that Ctrl-C is ignored.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    signal.signal(signal.SIGINT, inherited)
    assert process.stdout is not None
    printed = ""
    try:
        while printed.count("\ncurl ") < 3:
            line = process.stdout.readline()
            assert line, f"it ended: {printed}"
            printed += line
        yield process, printed
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def processor_seconds() -> float:
    """Of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_last_line_of_token_is_a_token_of_the_local_issuer() -> None:
    answer = command("token", "--sub", "dr-a", "--name", "Dr. A", "--group", "admin", "--group", "author")
    assert answer.returncode == 0, answer.stderr
    token = answer.stdout.splitlines()[-1]
    claims = Issuer(STATE).claims(token, issuer=ISSUER, audience=[AUDIENCE], at=datetime.now(UTC))
    assert (claims["sub"], claims["name"], claims["token_use"]) == ("dr-a", "Dr. A", "id")
    assert claims["email"] == "dr-a@example.org"
    assert claims["cognito:groups"] == ["admin", "author"]


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["run", "--engine", "aws", "--port", "0"], 1, "error: there is no engine 'aws'; take moto or ministack"),
        (["run", "--port", "80000"], 2, "argument --port: '80000' is not a port (0 to 65535)"),
        (["token"], 2, "the following arguments are required: --sub"),
    ],
)
def test_a_wrong_word_is_told_without_a_traceback(words: list[str], status: int, line: str) -> None:
    answer = command(*words)
    assert answer.returncode == status
    assert answer.stderr.splitlines()[-1].endswith(line)
    assert "Traceback" not in answer.stderr


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = command("run", "--port", port)
    assert answer.returncode == 1
    assert answer.stderr == f"error: port {port} is in use; take another one (PORT= or --port)\n"


def test_a_missing_package_is_told_in_one_line() -> None:
    bare = [sys.executable, "-S", *COMMAND[1:], "run"]  # -S: without site-packages
    answer = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert re.fullmatch(
        r"error: the package '\w+' is not installed here; `make run` sets up .venv, .*\n", answer.stderr
    )


def test_run_is_ready_in_time_and_its_curl_lines_work_when_pasted() -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    before = processor_seconds()
    with running(*COMMAND, "run", "--port", free_port()) as (process, printed):
        lines = [line for line in printed.splitlines() if line.startswith("curl ")]
        answers = [
            json.loads(subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout)
            for line in lines
        ]
        [address] = re.findall(r"^Mail that was sent: (http://127\.0\.0\.1:\d+/dev/outbox)$", printed, re.MULTILINE)
        with urlopen(address) as page:
            assert page.headers["content-type"] == "text/html; charset=utf-8"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    # A processor's, so that what else the machine does decides nothing.
    assert processor_seconds() - before < 5
    modules, enrolment, membership = answers
    assert {(each["edition"], each["open"]) for each in modules["modules"]} == {(1, False), (2, True)}
    assert enrolment["state"] == "requested"
    assert membership["member"] is True


def test_ctrl_c_ends_run_cleanly() -> None:
    with running(*COMMAND, "run", "--port", "0") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_sigterm_ends_run_cleanly_where_a_script_ignores_sigint() -> None:
    with running("sh", "-c", f"trap '' INT; exec {' '.join(COMMAND)} run --port 0") as (process, _):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_make_alone_lists_what_there_is(tmp_path: Path) -> None:
    answer = make(tmp_path)
    assert answer.returncode == 0
    for target in ("run", "demo", "test", "build"):
        assert re.search(rf"^make {target} +\w", answer.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "PYTHON=false"], "error: no Python 3.11 to 3.13 with venv was found; "),
        ([".venv-ministack/.ready", "PYTHON313=false"], "error: the engine ministack needs Python 3.13 and none was "),
        (
            ["build", "PYTHON313=false"],
            "error: sam build needs Python 3.13, the deployed runtime, and none was found; ",
        ),
    ],
)
def test_make_says_in_one_line_that_no_python_fits(tmp_path: Path, words: list[str], line: str) -> None:
    """`false` stands for a version manager's shim: it is on the path and fails."""
    answer = make(tmp_path, *words)
    assert answer.returncode == 2
    assert answer.stderr.startswith(line)
    assert not list(tmp_path.glob(".venv*"))
