"""Each handler imports with only its layers and its code on the path, as Lambda has them."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "layers"
RESOURCES: dict[str, dict[str, Any]] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
# What every function gets, by the template's Globals, then what it adds.
SHARED_LAYER = "SharedLayer"
# Bytes. Source: AWS Lambda quotas, a function's code with all its layers, unzipped.
LARGEST_UNZIPPED = 250 * 1024 * 1024

PROBE = """
import sys
sys.path[:0] = {path!r}
import importlib
getattr(importlib.import_module({module!r}), {function!r})
print(*sorted(name for name in ("babel", "jinja2", "pydantic", "typst") if name in sys.modules))
"""


def build_layer(name: str) -> Path:
    """The layer's folder as `sam build` lays it out; made anew when its requirements have changed."""
    source = ROOT / RESOURCES[name]["Properties"]["ContentUri"]
    requirements = source / "requirements.txt"
    built = BUILD / name
    stamp = built / ".requirements"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(built, ignore_errors=True)
        install = ["install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
        subprocess.run(
            [sys.executable, "-m", "pip", *install, "--target", str(built / "python"), "-r", str(requirements)],
            check=True,
        )
        stamp.write_text(digest)
    if name == SHARED_LAYER:
        copy_code(source, built / "python" / source.name)
    return built / "python"


def copy_code(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="session")
def layers() -> dict[str, Path]:
    names = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Serverless::LayerVersion"]
    return {name: build_layer(name) for name in names}


def imported_by(function: str, layers: dict[str, Path], tmp_path: Path) -> set[str]:
    """Import the function's handler in a bare interpreter; say which of the heavy packages that loaded."""
    properties = FUNCTIONS[function]
    code = Path(properties["CodeUri"])
    copy_code(ROOT / code, tmp_path / code)
    own = [layer["Ref"] for layer in properties.get("Layers", [])]
    path = [str(tmp_path), *(str(layers[name]) for name in (*own, SHARED_LAYER))]
    module, _, name = properties["Handler"].rpartition(".")
    probe = PROBE.format(path=path, module=module, function=name)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_imports_with_only_its_layers_and_code(
    function: str, layers: dict[str, Path], tmp_path: Path
) -> None:
    loaded = imported_by(function, layers, tmp_path)
    sources = {event["Type"] for event in FUNCTIONS[function].get("Events", {}).values()}
    if sources:
        assert not loaded & {"pydantic", "typst"}, "what no HTTP request calls pays for no validation at its start"
    else:
        assert loaded <= {"pydantic"}, "an answer to a program doesn't pay for pages or typesetting"


RENDER = """
import sys
sys.path[:0] = {path!r}
from datetime import UTC, date, datetime
from shared.certificate.document import render
from shared.domain.certificate import CertificateContent

pdf = render(CertificateContent(
    number="CME-TEST", version=1, supersedes=None, reason=None, attested_name="Zoë Łukasz 山田", profession="MD",
    provider="Society", joint_provider=None, module_id="module", title="Title", edition=1, learning_format="Online",
    completed_at=datetime(2022, 5, 1, tzinfo=UTC), zone="Europe/Zurich", released_on=date(2020, 5, 5),
    reviewed_on=date(2020, 5, 5), expires_on=date(2022, 5, 4), credits=(), verification_url="https://example.org/v",
    issued_at=datetime(2022, 5, 1, tzinfo=UTC), signatory_name="Office", signatory_title="Education",
))
sys.stdout.buffer.write(pdf[:5])
"""


WORD = """
import sys
sys.path[:0] = {path!r}
from datetime import date
from shared.domain.mail import Letter
from shared.mail.wording import word_letter

facts = {{"title": "Title", "last_day": date(2028, 1, 14)}}
letter = Letter(kind="enrolment_lapsed", paragraphs=("too_late",), link="L", provider="P", zone="UTC", facts=facts)
sys.stdout.buffer.write(word_letter(letter, "山田", "de-CH").html.encode())
"""


def test_the_layers_alone_word_a_mail_formats_and_all(layers: dict[str, Path], tmp_path: Path) -> None:
    path = [str(layers["PagesLayer"]), str(layers[SHARED_LAYER])]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WORD.format(path=path)], capture_output=True, check=False, cwd=tmp_path
    )
    assert "14. Januar 2028" in done.stdout.decode(), done.stderr.decode()


def test_the_layers_alone_render_a_certificate_fonts_and_all(layers: dict[str, Path], tmp_path: Path) -> None:
    path = [str(layers["DocumentLayer"]), str(layers[SHARED_LAYER])]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RENDER.format(path=path)], capture_output=True, check=False, cwd=tmp_path
    )
    assert done.stdout == b"%PDF-", done.stderr.decode()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_and_its_layers_are_as_small_as_lambda_demands(function: str, layers: dict[str, Path]) -> None:
    own = [layer["Ref"] for layer in FUNCTIONS[function].get("Layers", [])]
    folders = [ROOT / FUNCTIONS[function]["CodeUri"], *(layers[name] for name in (*own, SHARED_LAYER))]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.suffix != ".pyc") < LARGEST_UNZIPPED
