"""The file of an export grows page by page, in parts that S3 takes, and is handed out for five minutes."""

import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.local.system import LocalSystem
from shared.adapters import s3
from shared.bootstrap import Deps
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.job import Job
from shared.domain.reporting import (
    Change,
    ExportKind,
    GrowingFile,
    Kept,
    LatestRun,
    Report,
    Reported,
    Skip,
    Terms,
)
from shared.ports import ConcurrentChange
from tests.support.builders import DAY, MODULE, NOW

TERMS = Terms(kind=ExportKind.XAPI_JSON, module_id=MODULE, edition=1)
MIB = 1024 * 1024


def an_export(number: int, kind: ExportKind = ExportKind.XAPI_JSON) -> Job:
    return Job.exporting(LatestRun(terms=Terms(kind=kind), number=number), NOW)


def onward(job: Job, file: GrowingFile) -> Job:
    """The job at its next page."""
    return replace(job, page=job.page + 1, export=replace(job.require_export(), file=file))


def fetched(deps: Deps, job: Job) -> tuple[bytes, str, str]:
    with urllib.request.urlopen(deps.export_files.address(job, NOW).url) as answer:
        return answer.read(), answer.headers["content-type"], answer.headers["content-disposition"]


def written(deps: Deps, job: Job, *pages: bytes) -> Job:
    for number, page in enumerate(pages, 1):
        job = onward(job, deps.export_files.grow(job, page, is_last=number == len(pages)))
    return job


def test_a_short_file_is_written_in_one_piece(deps: Deps) -> None:
    job = written(deps, an_export(1), b"[\n", b"1", b",\n2", b"\n]\n")
    assert fetched(deps, job) == (
        b"[\n1,\n2\n]\n",
        "application/json",
        'attachment; filename="2026-03-02-xapi.json"',
    )
    assert deps.export_files.address(job, NOW).expires_at == NOW + timedelta(minutes=5)


def test_a_long_file_is_uploaded_in_parts_and_no_page_holds_it_all(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 5 * MIB)
    pages = [bytes([65 + number]) * (3 * MIB) for number in range(6)] + [b"end"]
    job = written(deps, an_export(2), *pages)
    assert fetched(deps, job)[0] == b"".join(pages)
    assert len(job.require_export().file.parts) == 3


def test_a_page_done_again_takes_the_place_of_its_first_try(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 5 * MIB)
    job = an_export(3)
    for page in (b"a" * 3 * MIB, b"b" * 3 * MIB, b"c"):
        deps.export_files.grow(job, b"x" * len(page), is_last=False)
        job = onward(job, deps.export_files.grow(job, page, is_last=False))
    for _ in range(2):
        deps.export_files.grow(job, b"d", is_last=True)
    assert fetched(deps, job)[0] == b"a" * 3 * MIB + b"b" * 3 * MIB + b"cd"


def test_a_file_whose_last_part_is_full_needs_no_more(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 5 * MIB)
    job = written(deps, an_export(4, ExportKind.PARTICIPANTS_CSV), b"a" * 6 * MIB, b"")
    assert fetched(deps, job)[:2] == (b"a" * 6 * MIB, "text/csv; charset=utf-8")


def test_without_the_signature_a_file_can_not_be_had(deps: Deps) -> None:
    job = written(deps, an_export(5), b"secret")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(deps.export_files.address(job, NOW).url.partition("?")[0])
    assert refused.value.code == 403
    refused.value.close()


def test_a_fault_is_no_finished_file(deps: Deps, engine: LocalSystem) -> None:
    files = type(deps.export_files)(engine.aws("s3"), "no-such-bucket")  # type: ignore[call-arg]
    with pytest.raises(engine.aws("s3").exceptions.NoSuchBucket):
        files.grow(an_export(6), b"x", is_last=True)


def test_what_was_reported_is_kept_beside_the_learners_ledger(deps: Deps, engine: LocalSystem) -> None:
    enrolment = EnrolmentId(LearnerId("reported"), MODULE, 1)
    assert deps.reported.find(enrolment, Report.PARS) is None
    kept = Kept(on=NOW.date(), facts={"credit": "1.00", "npi": None, "permission": True})
    line = Change(action="add", key="CME-1:2", kept=kept, facts=kept.facts)
    stored = deps.reported.save(Reported.nothing(enrolment, Report.PARS).proposed("export-1", [line], NOW))
    assert deps.reported.find(enrolment, Report.PARS) == stored
    assert deps.reported.find(enrolment, Report.XAPI) is None
    assert deps.reported.find(replace(enrolment, edition=2), Report.PARS) is None
    with pytest.raises(ConcurrentChange):
        deps.reported.save(Reported.nothing(enrolment, Report.PARS))
    item = engine.aws("dynamodb").get_item(
        TableName=engine.reference("LearningTable"),
        Key={"pk": {"S": "LEARNER#reported"}, "sk": {"S": f"REPORTED#{MODULE}#0001#pars"}},
    )["Item"]
    assert "expires" not in item


def test_the_latest_run_is_that_of_the_same_terms(deps: Deps) -> None:
    assert deps.export_runs.latest(TERMS) is None
    first = deps.export_runs.save(LatestRun(terms=TERMS, number=1))
    assert deps.export_runs.latest(TERMS) == first
    assert deps.export_runs.latest(replace(TERMS, everything=True)) is None
    with pytest.raises(ConcurrentChange):
        deps.export_runs.save(LatestRun(terms=TERMS, number=7))


def test_who_was_left_out_is_kept_by_page_and_forgotten_in_time(deps: Deps, engine: LocalSystem) -> None:
    job = an_export(7)
    ada, ben = Skip(learner=LearnerId("ada"), reason="no-consent"), Skip(learner=LearnerId("ben"), reason="no-consent")
    deps.export_runs.keep_skips(job, [ben], NOW + DAY)
    deps.export_runs.keep_skips(job, [ada], NOW + DAY)
    deps.export_runs.keep_skips(replace(job, page=1), [ben], NOW + DAY)
    deps.export_runs.keep_skips(replace(job, page=2), [], NOW + DAY)
    assert deps.export_runs.skips(job, 10) == [ada, ben]
    assert deps.export_runs.skips(job, 1) == [ada]
    assert deps.export_runs.skips(an_export(8), 10) == []
    item = engine.aws("dynamodb").get_item(
        TableName=engine.reference("OperationsTable"),
        Key={"pk": {"S": f"JOB#{job.job}"}, "sk": {"S": "SKIPS#000000"}},
    )["Item"]
    assert int(item["expires"]["N"]) == int((NOW + DAY).timestamp())


def test_a_job_of_an_export_is_read_as_it_was_stored(deps: Deps) -> None:
    export = replace(an_export(9), page=1)
    stored = deps.jobs.save(export, announcing=[])
    assert deps.jobs.find(export.job) == stored
