"""`make demo` tells the whole story, and says so when the system goes another way."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.certification.verify.use_case import verify
from functions.operations.work.use_case import PAGES
from infra.local.demo import demo
from shared.domain.form import Answers, Form
from shared.domain.job import JobKind
from shared.domain.questions import AnswerKey
from shared.domain.scoring import Score, score
from shared.events.enrolment import EnrolmentLapsedV1
from tests.support.verification import is_set, verify_jwt, verify_proof


def test_the_story_goes_as_it_should_and_leaves_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "of-an-earlier-run.pdf").touch()

    assert demo("moto", tmp_path) == 0

    told, errors = capsys.readouterr()
    assert errors == ""
    pdfs = {file.name: file.read_bytes() for file in tmp_path.glob("*.pdf")}
    assert all(pdf.startswith(b"%PDF-") for pdf in pdfs.values())
    [second] = [name for name in pdfs if name.endswith("-v2.pdf")]
    number = second.removesuffix("-v2.pdf")
    [of_another] = {name for name in pdfs if name.endswith("-v1.pdf")} - {f"{number}-v1.pdf"}
    assert set(pdfs) == {f"{number}-v1.pdf", f"{number}-v2.pdf", of_another}
    for version, status in ((1, "superseded"), (2, "valid")):
        verification = json.loads((tmp_path / f"{number}-v{version}.verification.json").read_text("utf-8"))
        assert (verification["version"], verification["status"]) == (version, status)
        assert verification["pdf_sha256"] == hashlib.sha256(pdfs[f"{number}-v{version}.pdf"]).hexdigest()
        assert number in (tmp_path / f"{number}-v{version}.verification.html").read_text("utf-8")
    issuer = json.loads((tmp_path / "did.json").read_text("utf-8"))
    entries = json.loads((tmp_path / "credentials.json").read_text("utf-8"))
    assert {(f"{entry['number']}-v{entry['version']}.pdf", entry["status"]) for entry in entries} == {
        (f"{number}-v1.pdf", "superseded"),
        (f"{number}-v2.pdf", "valid"),
        (of_another, "valid"),
    }
    for entry in entries:
        name = f"{entry['number']}-v{entry['version']}"
        credential = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
        list_id = credential["credentialStatus"]["statusListCredential"].rpartition("/")[2]
        status_list = json.loads((tmp_path / f"status-list-{list_id}.json").read_text("utf-8"))
        verify_proof(credential, issuer)
        verify_proof(status_list, issuer)
        assert is_set(credential, status_list) is (entry["status"] != "valid")
        assert verify_jwt((tmp_path / f"{name}.jwt").read_text("ascii"), issuer)["id"] == credential["id"]
        assert hashlib.sha256(pdfs[f"{name}.pdf"]).hexdigest() in credential["evidence"][0]["description"]
    for line in (
        "enrolment.requested → confirm → enrolment.confirmed",
        "attempt.failed → settle → enrolment.attempt_failed",
        "POST /modules/…/enrolment/attempts → 409 attempt-cooling-down",
        "of 3 attempts",
        "1 would now pass",
        "attempt.regrade_requested → grade → attempt.passed",
        "5/7, ",
        "the hardest is ",
        "enrolment.requested → confirm → enrolment.declined",
        "schedule → remind → job.advanced",
        "enrolment.expiring → notify",
        "schedule → retire → module.retired",
        "enrolment.retirement_reached → lapse → enrolment.lapsed",
        "PUT /modules/…/enrolment → 409 module-closed",
        "certificate.reissue_requested → certify → certificate.reissued",
        "certificate.reissued → notify",
        "Mail to Anna Kovacs (4): You are enrolled; ",
        "; A new version of your certificate\n",
        "Mail to Björn Ågren (4): You are enrolled; The result of your CME test; ",
        "Mail to Çağla Öztürk (1): Your enrolment was declined",
        "Mail to Dimitra Papadaki (2): You are enrolled; ",
        "certificate.reissued → publish_status",
        *(file.name for file in tmp_path.iterdir()),
    ):
        assert line in told


def a_fault_in_confirm(patch: pytest.MonkeyPatch) -> None:
    def fault(*_call: Any) -> None:
        raise RuntimeError("a fault of this test")

    patch.setattr("functions.enrolment.confirm.handler.confirm_enrolment", fault)


def another_event_from_confirm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("functions.enrolment.confirm.use_case.EnrolmentConfirmedV1", EnrolmentLapsedV1)


def a_grade_as_if_nothing_were_answered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("functions.assessment.grade.use_case.score", lambda form, _answers, key: score(form, {}, key))


def a_dry_run_that_voids_nothing(patch: pytest.MonkeyPatch) -> None:
    def score_with_all(form: Form, answers: Answers, key: AnswerKey) -> Score:
        entries = {question: replace(entry, voided=False) for question, entry in key.entries.items()}
        return score(form, answers, replace(key, entries=entries))

    patch.setattr("shared.domain.regrade.score", score_with_all)


def a_regrade_that_asks_for_no_grade(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(PAGES, JobKind.REGRADE, lambda *_page: None)


def nobody_is_declined(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("functions.enrolment.confirm.use_case.reason_to_decline", lambda *_facts: None)


def another_hash_from_verify(patch: pytest.MonkeyPatch) -> None:
    def of_another_document(*asked: Any) -> Any:
        found = verify(*asked)
        return found and (replace(found[0], pdf_sha256="0" * 64), found[1])

    patch.setattr("functions.certification.verify.handler.verify", of_another_document)


@dataclass(frozen=True)
class Difference:
    """What is broken, and what the demo must say of it: the step and the difference."""

    brought_about: Callable[[pytest.MonkeyPatch], None]
    step: str
    told: str


@pytest.mark.parametrize(
    "difference",
    [
        Difference(a_fault_in_confirm, "Anna Kovacs asks to enrol", "expected state confirmed, got requested"),
        Difference(
            another_event_from_confirm,
            "Anna Kovacs asks to enrol",
            "expected enrolment.requested → confirm → enrolment.confirmed; enrolment.confirmed → notify, "
            "got enrolment.requested → confirm → enrolment.lapsed",
        ),
        Difference(a_grade_as_if_nothing_were_answered, "Anna Kovacs sits the test", "expected 8, got 0.0"),
        Difference(
            a_dry_run_that_voids_nothing, "The author asks what would change", "newly passed: expected 1, got 0"
        ),
        Difference(
            a_regrade_that_asks_for_no_grade,
            "The author voids question",
            "attempt.regrade_requested → grade → attempt.passed",
        ),
        Difference(nobody_is_declined, "Çağla Öztürk asks to enrol", "expected declined, got confirmed"),
        Difference(another_hash_from_verify, "Anybody verifies version 1", f"got {'0' * 64}"),
    ],
    ids=lambda difference: difference.brought_about.__name__,
)
def test_the_demo_names_the_step_that_goes_another_way_in_one_line_and_fails(
    difference: Difference,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    difference.brought_about(monkeypatch)

    assert demo("moto", tmp_path, patience=timedelta(seconds=6)) == 1

    errors = capsys.readouterr().err
    assert errors.startswith("error: step ")
    assert difference.step in errors
    assert difference.told in errors
    assert errors.count("\n") == 1
