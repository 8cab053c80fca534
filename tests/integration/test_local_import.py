"""`python -m infra.local import`: what is in a bank of any format, or what is wrong with it, line by line."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import __main__ as command_line
from infra.local.sample import editions
from infra.local.system import LocalSystem
from shared.api.contract.modules import MAX_BANK_BYTES
from tests.support import bank_files as files
from tests.support.bank_files import TWO_QUESTIONS, told

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed, line by line."""

    status: int
    out: list[str]
    errors: list[str]


Import = Callable[..., Said]


@pytest.fixture
def run_import(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Import:
    """`import` with these words, in this process."""
    monkeypatch.setattr(command_line, "_end_on_signals", lambda: None)

    def run(*words: str | Path) -> Said:
        status = command_line.main(["import", *(str(word) for word in words)])
        printed, errors = capsys.readouterr()
        return Said(status, printed.splitlines(), errors.splitlines())

    return run


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@dataclass(frozen=True)
class Sample:
    """The two questions, or the first one, as a file that is known by its name."""

    kind: str
    name: str
    content: str | bytes

    @property
    def questions(self) -> list[tuple[str, set[str], set[str]]]:
        return TWO_QUESTIONS[:1] if self.kind == "qti" else TWO_QUESTIONS


OF_EACH_FORMAT = pytest.mark.parametrize(
    "sample",
    [
        Sample("json", "bank.json", files.JSON_BANK),
        Sample("gift", "bank.gift", files.GIFT),
        Sample("gift", "gift.txt", files.GIFT),
        Sample("aiken", "aiken.txt", files.AIKEN),
        Sample("moodle", "moodle.xml", files.MOODLE),
        Sample("qti", "item.xml", files.RHYTHM_ITEM),
        Sample("package", "package.zip", files.PACKAGE),
    ],
    ids=lambda sample: sample.name,
)


@OF_EACH_FORMAT
def test_a_bank_is_read_by_its_name_and_written_as_json(run_import: Import, tmp_path: Path, sample: Sample) -> None:
    file, output = written(tmp_path, sample.name, sample.content), tmp_path / "output.json"
    expected = sample.questions

    said = run_import(file, "--output", output)

    assert (said.status, said.errors) == (0, [])
    assert said.out[0] == f"{sample.name}: {len(expected)} questions, 0 images, 0 skipped"
    assert f"  scoring exact: {len(expected)}" in said.out
    assert said.out[-1] == f"written to {output}"
    assert told(json.loads(output.read_text("utf-8"))) == expected


@OF_EACH_FORMAT
def test_a_bank_whose_name_says_nothing_is_read_as_the_format_says(
    run_import: Import, tmp_path: Path, sample: Sample
) -> None:
    file, output = written(tmp_path, "bank", sample.content), tmp_path / "output.json"

    refused = run_import(file)
    said = run_import(file, "--format", sample.kind, "--output", output)

    assert refused.status == 1
    assert refused.errors == [
        "error: bank could be anything; say what it is with --format (json, gift, aiken, moodle, qti, package)"
    ]
    assert said.status == 0
    assert told(json.loads(output.read_text("utf-8"))) == sample.questions


def test_the_format_goes_before_the_name(run_import: Import, tmp_path: Path) -> None:
    assert run_import(written(tmp_path, "aiken.gift", files.AIKEN), "--format", "aiken").status == 0


def test_what_is_written_as_json_is_read_as_the_same_bank(run_import: Import, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    run_import(written(tmp_path, "bank.xml", files.MOODLE), "--output", first)
    said = run_import(first, "--output", second)

    assert said.status == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("broken.json", files.BROKEN_JSON, [5]),
        ("broken.gift", files.BROKEN_GIFT, [12]),
        ("broken.txt", files.BROKEN_AIKEN, [15, 17]),
        ("broken.xml", files.BROKEN_MOODLE, [5]),
        ("item.xml", files.BROKEN_ITEM, [12]),
        ("broken.zip", "no zip", [1]),
        ("package.zip", files.package(rhythm=files.RHYTHM_ITEM, broken=files.BROKEN_ITEM), [12]),
        ("bomb.xml", files.BOMB, [2]),
        ("utf-16.gift", files.GIFT.encode("utf-16"), [1]),
        ("empty.gift", "", [1]),
    ],
)
def test_a_malformed_bank_is_refused_whole_with_each_error_on_a_line_of_its_own(
    run_import: Import, tmp_path: Path, name: str, content: str | bytes, lines: list[int]
) -> None:
    file, output = written(tmp_path, name, content), tmp_path / "output.json"

    said = run_import(file, "--output", output)

    assert (said.status, said.out) == (1, [])
    *errors, last = said.errors
    assert [error.startswith(f"{file}:{line}: ") for line, error in zip(lines, errors, strict=True)] == [True] * len(
        lines
    )
    assert last == f"error: {file} was refused whole; nothing was imported"
    assert not output.exists()


def test_json_of_another_shape_is_refused_with_the_place_of_each_error(run_import: Import, tmp_path: Path) -> None:
    bank = {"questions": [*files.JSON_QUESTIONS, files.JSON_QUESTIONS[0] | {"kind": "essay", "options": []}]}

    lines = (text := json.dumps(bank, indent=1)).splitlines()
    said = run_import(file := written(tmp_path, "bank.json", text))

    assert said.status == 1
    wrong = [lines.index(each) + 1 for each in ('   "kind": "essay",', '   "options": []')]
    assert [error.split(":")[1] for error in said.errors[:-1]] == [str(line) for line in wrong]
    assert [error.split(": ")[1] for error in said.errors[:-1]] == ["questions[2].kind", "questions[2].options"]
    assert said.errors[-1] == f"error: {file} was refused whole; nothing was imported"


def test_a_bank_that_contradicts_itself_is_refused_as_the_api_would(run_import: Import, tmp_path: Path) -> None:
    twice = "\n".join(['{"questions": [', *[json.dumps(files.JSON_QUESTIONS[0])] * 2, "]}"]).replace("}\n{", "},\n{")
    output = tmp_path / "output.json"

    said = run_import(file := written(tmp_path, "bank.json", twice), "--output", output)

    assert said.status == 1
    assert said.errors[0] == f"{file}:3: question 2: question_id 'rhythm' is used twice"
    assert said.errors[1] == f"error: {file} was refused whole; nothing was imported"
    assert not output.exists()


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("essay.gift", files.GIFT_WITH_ESSAY, 12),
        ("essay.xml", files.MOODLE_WITH_ESSAY, 5),
        ("essay.zip", files.package(rhythm=files.RHYTHM_ITEM, valve=files.VALVE_ITEM, essay=files.ESSAY_ITEM), 2),
    ],
)
def test_what_a_bank_cannot_hold_is_listed_with_its_line_and_the_rest_is_read(
    run_import: Import, tmp_path: Path, name: str, content: str | bytes, line: int
) -> None:
    said = run_import(written(tmp_path, name, content))

    assert said.status == 0
    assert said.out[0] == f"{name}: 2 questions, 0 images, 1 skipped"
    assert [row for row in said.out if row.startswith(f"  skipped, line {line}: ")] == said.out[-1:]


def test_pools_and_scorings_are_counted(run_import: Import, tmp_path: Path) -> None:
    weighted = "::w::Which two? {\n~%50%This\n~%50%That\n~%-50%Neither\n}\n"
    bank = f"$CATEGORY: top/Rhythm\n\n{files.GIFT}\n$CATEGORY: top/Weights\n\n{weighted}"

    said = run_import(written(tmp_path, "bank.gift", bank))

    assert said.out[1:] == ["  pool Rhythm: 2", "  pool Weights: 1", "  scoring exact: 2", "  scoring weights: 1"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.xml", files.MOODLE_WITH_IMAGE),
        ("picture.zip", files.PACKAGE_WITH_IMAGE),
        ("picture.json", files.JSON_WITH_IMAGE),
    ],
)
def test_images_are_counted_and_said_to_be_left_out_of_the_json(
    run_import: Import, tmp_path: Path, name: str, content: str | bytes
) -> None:
    output = tmp_path / "output.json"

    said = run_import(written(tmp_path, name, content), "--output", output)

    assert said.out[0] == f"{name}: 1 questions, 1 images, 0 skipped"
    assert said.out[-1] == f"written to {output}, without its images"
    assert f'src=\\"asset:{files.PNG.name}\\"' in output.read_text("utf-8")


def test_a_file_that_cannot_be_read_is_told_in_one_line(run_import: Import, tmp_path: Path) -> None:
    missing = run_import(tmp_path / "missing.gift")
    folder = run_import(tmp_path)

    assert missing == Said(1, [], [f"error: {tmp_path / 'missing.gift'} can't be read: No such file or directory"])
    assert folder == Said(1, [], [f"error: {tmp_path} can't be read: Is a directory"])


def test_an_output_that_cannot_be_written_is_told_in_one_line(run_import: Import, tmp_path: Path) -> None:
    said = run_import(written(tmp_path, "bank.gift", files.GIFT), "--output", tmp_path)

    assert (said.status, said.errors) == (1, [f"error: {tmp_path} can't be written: Is a directory"])


def test_an_unknown_format_is_told_with_those_that_are_known(run_import: Import, tmp_path: Path) -> None:
    said = run_import(written(tmp_path, "bank.gift", files.GIFT), "--format", "word")

    assert (said.status, said.out) == (1, [])
    assert said.errors == ["error: there is no format 'word'; take one of json, gift, aiken, moodle, qti, package"]


def test_it_works_as_one_types_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.local", "import", str(written(tmp_path, "broken.txt", files.BROKEN_AIKEN))]

    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert [line.rpartition("broken.txt")[2].partition(" ")[0] for line in answer.stderr.splitlines()] == [
        ":15:",
        ":17:",
        "",
    ]
    assert "Traceback" not in answer.stderr


# Attaching it to a draft


@pytest.fixture(scope="module")
def served() -> Iterator[LocalSystem]:
    """A running server; its tokens are those of every server on this machine, as the command takes them."""
    with LocalSystem(port=0, parameters={"ImportDelay": "0"}) as system:
        system.go_live()
        yield system


def a_draft(system: LocalSystem, module_id: str) -> None:
    [sample, *_] = editions()
    path = f"/admin/modules/{module_id}/editions/1"
    assert system.request("PUT", path, system.token("author", groups=["author"]), sample.card).status == 201


def bank_of(system: LocalSystem, module_id: str) -> tuple[int, Any]:
    path = f"/admin/modules/{module_id}/editions/1/questions"
    answer = system.request("GET", path, system.token("author", groups=["author"]))
    return answer.status, answer.json()


@OF_EACH_FORMAT
def test_module_attaches_the_file_to_a_draft_at_a_running_server(
    run_import: Import, served: LocalSystem, tmp_path: Path, sample: Sample
) -> None:
    module = f"attached-{sample.name.replace('.', '-')}"
    a_draft(served, module)

    said = run_import(
        written(tmp_path, sample.name, sample.content), "--module", module, "--server", f"{served.address}/"
    )

    assert (said.status, said.errors) == (0, [])
    assert said.out[-1] == f"attached to {module}/1: {len(sample.questions)} questions"
    status, bank = bank_of(served, module)
    assert (status, told(bank)) == (200, sample.questions)


def test_the_json_that_is_written_is_what_the_api_takes(
    run_import: Import, served: LocalSystem, tmp_path: Path
) -> None:
    output = tmp_path / "output.json"
    a_draft(served, "as-json")
    path = "/admin/modules/as-json/editions/1/questions"

    run_import(written(tmp_path, "bank.gift", files.GIFT), "--output", output)
    token = served.token("author", groups=["author"])
    taken = served.request("PUT", path, token, output.read_bytes(), {"Content-Type": "application/json"})

    assert (taken.status, taken.json()["questions"]) == (200, 2)
    assert bank_of(served, "as-json") == (200, json.loads(output.read_text("utf-8")))


def test_a_malformed_bank_is_not_sent(run_import: Import, served: LocalSystem, tmp_path: Path) -> None:
    a_draft(served, "unsent")

    said = run_import(
        written(tmp_path, "bank.gift", files.BROKEN_GIFT), "--module", "unsent", "--server", served.address
    )

    assert said.status == 1
    assert bank_of(served, "unsent")[0] == 404


# Of more than a request may have: each question's line is longer than 4 KiB.
LARGE = "\n".join(f"::q{n}::{n} {'and so on ' * 400}? {{=Yes ~No}}\n" for n in range(MAX_BANK_BYTES // 4_000 + 1))


def test_a_bank_that_is_too_large_for_a_request_is_uploaded_and_waited_for(
    run_import: Import, served: LocalSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_draft(served, "large")
    monkeypatch.setattr("infra.local.bank_import.LOOK_EVERY", 0.2)
    monkeypatch.setattr("infra.local.bank_import.TELL_EVERY", 0.4)
    monkeypatch.setenv("CME_TOKEN", served.token("another-author", groups=["author"]))
    bank = f"{LARGE}\n\n::essay::Describe the heart. {{}}\n"

    said = run_import(written(tmp_path, "bank.gift", bank), "--module", "large", "--server", served.address)

    questions = LARGE.count("::") // 2
    assert (said.status, said.errors) == (0, [])
    # The server writes to the same terminal.
    uploaded, attached = [row for row in said.out if row.startswith(("uploaded", "attached"))]
    assert uploaded.startswith(f"uploaded {len(bank) / 2**20:.1f} MiB; waiting for the job import-")
    assert attached == f"attached to large/1: {questions} questions, 1 skipped"
    assert len(bank_of(served, "large")[1]["questions"]) == questions


def test_an_upload_that_the_server_refuses_is_told_line_by_line(
    run_import: Import, served: LocalSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it knows another version of the format than this side does."""
    a_draft(served, "refused")
    monkeypatch.setattr("infra.local.bank_import.LOOK_EVERY", 0.2)
    monkeypatch.setattr("infra.local.bank_import.import_bank", lambda *_: 0)
    file = written(tmp_path, "bank.gift", f"{LARGE}\nNever ended {{=a\n")

    said = run_import(file, "--module", "refused", "--server", served.address)

    assert said.status == 1
    line = LARGE.count("\n") + 2
    assert said.errors == [
        f"{file}:{line}: the '{{' on this line is never closed",
        f"error: {file} was refused whole; nothing was imported",
    ]
    assert bank_of(served, "refused")[0] == 404


def test_an_import_that_takes_too_long_is_told_with_where_to_look(
    run_import: Import, served: LocalSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_draft(served, "slow")
    monkeypatch.setattr("infra.local.bank_import.LONGEST_WAIT", -1.0)
    monkeypatch.setattr("infra.local.bank_import.upload", lambda *_: None)

    said = run_import(written(tmp_path, "bank.gift", LARGE), "--module", "slow", "--server", served.address)

    assert said.status == 1
    [error] = said.errors
    assert error.startswith(f"error: {served.address} has not finished the import after ")
    assert error.rpartition("/")[2].startswith("import-")


@pytest.mark.parametrize("module", ["no-such-module", "no such/module"])
def test_what_the_server_refuses_is_told_in_one_line(
    run_import: Import, served: LocalSystem, tmp_path: Path, module: str
) -> None:
    said = run_import(written(tmp_path, "bank.gift", files.GIFT), "--module", module, "--server", served.address)

    assert said.status == 1
    [error] = said.errors
    assert error.startswith(f"error: {served.address} answers 404: ")


def test_a_server_that_is_not_there_is_told_in_one_line(run_import: Import, tmp_path: Path) -> None:
    file = written(tmp_path, "bank.gift", files.GIFT)
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{unserved.getsockname()[1]}"
        refused = run_import(file, "--module", "module", "--server", server)
    no_address = run_import(file, "--module", "module", "--server", "localhost")

    assert refused.status == no_address.status == 1
    assert len(refused.errors) == 1
    assert refused.errors[0].startswith(f"error: {server} can't be reached: ")
    assert no_address.errors == ["error: 'localhost' is no address of a server; it starts with http:// or https://"]
