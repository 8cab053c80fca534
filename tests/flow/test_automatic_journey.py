"""The main job on the real input: from the request to the certificate, without anybody's help."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import sample
from tests.flow.journey import JSON, SAMPLE, START, Begin, Learner, World, answered, instant, problem
from tests.support.pdf import text_of

JOURNEY = [
    ("EnrolmentsQueue", "cme.enrolment.requested.v1"),
    ("NotificationsQueue", "cme.enrolment.confirmed.v1"),
    ("SubmissionsQueue", "cme.attempt.submitted.v1"),
    ("GradesQueue", "cme.attempt.passed.v1"),
    ("CertificatesQueue", "cme.credit.claimed.v1"),
    ("NotificationsQueue", "cme.enrolment.passed.v1"),
    ("NotificationsQueue", "cme.certificate.issued.v1"),
]


@dataclass(frozen=True)
class Played:
    """A journey that is over, and the enrolment as it was seen on the way."""

    world: World
    ada: Learner
    states: list[str]
    number: str
    log: str


@pytest.fixture(scope="module")
def played(begin: Begin, state: Path) -> Iterator[Played]:
    log = state / "functions.log"
    begins_at = log.stat().st_size if log.exists() else 0
    with begin() as world:
        module = world.published(SAMPLE)
        ada = world.learner("ada", name="Ada Lovelace")
        states = [answered(ada.enrol(module), 202)["state"]]
        world.deliver()
        states.append(ada.enrolment()["state"])
        answered(ada.acknowledge())
        answered(ada.introduce())
        world.wait(minutes=52)
        form = ada.begins()
        answered(ada.save(module.right(form)), 200)
        states.append(answered(ada.submit(), 202)["state"])
        world.deliver()
        enrolment = ada.enrolment()
        states.append(enrolment["state"])
        yield Played(world, ada, states, enrolment["certificate"], log.read_text()[begins_at:])


def test_a_member_passes_and_is_certified_without_any_further_call(played: Played) -> None:
    assert played.states == ["requested", "confirmed", "submitted", "certified"]


def test_the_attempt_ends_with_the_module_and_every_answer_earns_its_point(played: Played) -> None:
    [attempt] = played.ada.enrolment()["attempts"]
    drawn = sum(pool["draw"] for pool in SAMPLE.content["test"]["pools"])
    # The last instant of 4 May 2022 in Zurich, where it is summer.
    assert instant(attempt["deadline"]) == instant("2022-05-04T22:00:00Z")
    assert (attempt["points"], attempt["max_points"], attempt["passed"]) == (drawn, drawn, True)
    result = answered(played.ada.attempt())
    assert {part["objective"]: part["max_points"] for part in result["by_objective"]} == {1: 2, 2: 3, 3: 3}


def test_the_certificate_says_who_passed_what_and_when(played: Played) -> None:
    certificate = answered(played.ada.certificate(played.number))
    submitted_at = played.ada.enrolment()["attempts"][0]["submitted_at"]
    assert certificate["attested_name"] == "Ada Lovelace"
    assert certificate["title"] == SAMPLE.content["title"]
    assert certificate["credits"] == [{"scheme": "ESMO-MORA", "category": "Category 1", "amount": "1.00"}]
    assert (certificate["version"], certificate["status"]) == (1, "valid")
    assert certificate["completed_at"] == submitted_at
    assert "supersedes" not in certificate
    assert answered(played.ada.ask("GET", "/certificates"))["certificates"] == [certificate]


def test_the_transcript_holds_the_one_point_of_the_year_and_of_the_cycle(played: Played) -> None:
    transcript = answered(played.ada.ask("GET", "/transcript"))
    [entry] = transcript["entries"]
    assert (entry["scheme"], entry["amount"], entry["kind"]) == ("ESMO-MORA", "1.00", "award")
    assert entry["certificate"] == played.number
    assert entry["earned_on"] == "2022-05-01"
    assert transcript["totals"] == [{"year": 2022, "scheme": "ESMO-MORA", "amount": "1.00"}]
    assert transcript["cycle"] == [{"scheme": "ESMO-MORA", "from": "2018-01-01", "to": "2022-12-31", "amount": "1.00"}]
    assert answered(played.ada.ask("GET", "/transcript?year=2021"))["entries"] == []
    assert answered(played.ada.ask("GET", "/transcript?scheme=EACCME"))["totals"] == []


def test_the_transcript_comes_as_a_pdf_when_asked_for(played: Played) -> None:
    printed = played.ada.ask("GET", "/transcript?year=2022", accept="application/pdf", accept_language="it")
    assert printed.status == 200
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.headers["cache-control"] == "no-store"
    text = text_of(printed.body)
    assert "Riepilogo della formazione medica continua" in text
    assert "1 mag 2022" in text
    assert f"Certificato {played.number}" in text


def test_anyone_can_verify_the_pdf_but_sees_no_full_name(played: Played) -> None:
    verified = answered(played.world.public(f"/verify/{played.number}", **JSON))
    pdf = played.ada.pdf(played.number)
    assert pdf.startswith(b"%PDF-")
    assert verified["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    assert (verified["status"], verified["version"]) == ("valid", 1)
    assert verified["completed_on"] == verified["issued_on"] == "2022-05-01"
    page = played.world.public(f"/verify/{played.number}")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for text in (str(verified), page.body.decode()):
        assert "Lovelace" not in text
        assert verified["holder"] in text


def test_the_pdf_is_a_redirect_for_browsers_and_an_address_for_programs(played: Played) -> None:
    redirect = played.ada.ask("GET", f"/certificates/{played.number}/pdf")
    assert redirect.status == 303
    address = answered(played.ada.ask("GET", f"/certificates/{played.number}/pdf", **JSON))
    assert redirect.headers["location"].partition("?")[0] == address["url"].partition("?")[0]
    assert (instant(address["expires_at"]) - played.world.now).total_seconds() == 300


def test_each_event_of_the_journey_comes_to_its_queue_once(played: Played) -> None:
    came = [(message.queue, message.event["type"]) for message in played.world.messages()]
    # The author wrote a draft, its bank, the edition, its status and a notice; the office a membership.
    of_the_office = [("AuditQueue", "cme.admin.acted.v1")] * 6
    assert sorted(came) == sorted([*JOURNEY, *of_the_office])


def test_every_event_is_a_cloud_event_that_names_its_fact(played: Played) -> None:
    enrolment = f"ada/{SAMPLE.module_id}/1"
    certificate = f"certificate/{played.number}/v1"
    ids = {event["type"]: event["id"] for event in played.world.events()}
    assert ids == {
        "cme.enrolment.requested.v1": f"enrolment/{enrolment}/requested/1",
        "cme.enrolment.confirmed.v1": f"enrolment/{enrolment}/confirmed/1",
        "cme.attempt.submitted.v1": f"attempt/{enrolment}/1/submitted/1",
        "cme.attempt.passed.v1": f"attempt/{enrolment}/1/passed/1",
        "cme.credit.claimed.v1": f"{certificate}/claimed",
        "cme.enrolment.passed.v1": f"enrolment/{enrolment}/passed/1",
        "cme.certificate.issued.v1": f"{certificate}/issued",
        "cme.admin.acted.v1": "LEARNER#ada/MEMBERSHIP/acted/1",
    }
    for event in played.world.events():
        assert event["specversion"] == "1.0"
        assert event["source"] == "/cme"
        assert event["datacontenttype"] == "application/json"
        assert event["id"].startswith(event["subject"])
        assert instant(event["time"]).tzinfo


def test_one_correlation_id_leads_from_the_submission_to_the_certificate(played: Played) -> None:
    [request] = [
        invocation.event["requestContext"]["requestId"]
        for invocation in played.world.invocations
        if invocation.trigger == "http" and invocation.event["routeKey"].endswith("/submission")
    ]
    events = {event["type"]: event for event in played.world.events()}
    of_submission = [kind for _, kind in JOURNEY[2:]]
    assert {kind for kind, event in events.items() if event["correlationid"] == request} == set(of_submission)
    caused_by = {kind: events[kind]["causationid"] for kind in of_submission}
    assert caused_by == {
        "cme.attempt.submitted.v1": request,
        "cme.attempt.passed.v1": events["cme.attempt.submitted.v1"]["id"],
        "cme.credit.claimed.v1": events["cme.attempt.passed.v1"]["id"],
        "cme.enrolment.passed.v1": events["cme.attempt.passed.v1"]["id"],
        "cme.certificate.issued.v1": events["cme.credit.claimed.v1"]["id"],
    }


def test_the_confirmation_carries_the_id_of_the_request_to_enrol(played: Played) -> None:
    requested, confirmed = played.world.events("cme.enrolment.requested.v1", "cme.enrolment.confirmed.v1")
    assert requested["correlationid"] == confirmed["correlationid"] == requested["causationid"]
    assert confirmed["causationid"] == requested["id"]


def test_no_event_and_no_log_line_names_a_person_or_tells_an_answer(played: Played) -> None:
    told = [message.body for message in played.world.messages()]
    assert '"operation":"submitAttempt"' in played.log
    for text in (*told, played.log):
        for secret in ("Lovelace", "@example.org", "option_id", *SAMPLE.rationales):
            assert secret not in text


def test_nothing_fails_and_nothing_is_left_over(played: Played) -> None:
    assert not [invocation for invocation in played.world.invocations if invocation.error]
    sqs = played.world.system.aws("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        kept = {name: count for name, count in attributes.items() if name.startswith("ApproximateNumber")}
        assert set(kept.values()) == {"0"}, url
    assert [pk for pk, _ in played.world.rows("OperationsTable") if not pk.startswith("MAIL#")] == []


def test_a_repeated_call_finds_what_the_first_one_made(world: World) -> None:
    module = world.published(SAMPLE)
    ada = world.learner("ada")
    statuses = defaultdict(list)
    for _ in range(2):
        statuses["enrol"].append(ada.enrol(module).status)
    world.deliver()
    for _ in range(2):
        statuses["enrol when confirmed"].append(ada.enrol(module).status)
        statuses["acknowledge"].append(ada.acknowledge().status)
        statuses["introduce"].append(ada.introduce().status)
    started = [ada.start(), ada.start()]
    statuses["start"] = [answer.status for answer in started]
    assert answered(started[0]) == answered(started[1])
    right = module.right(answered(started[0]))
    for _ in range(2):
        statuses["save"].append(ada.save(right).status)
    for _ in range(2):
        statuses["submit"].append(ada.submit(right).status)
    assert problem(ada.start()) == (409, "grading-pending")
    world.deliver()
    statuses["submit when graded"] = [ada.submit(right).status]
    assert statuses == {
        "enrol": [202, 200],
        "enrol when confirmed": [200, 200],
        "acknowledge": [200, 200],
        "introduce": [200, 200],
        "start": [201, 200],
        "save": [200, 200],
        "submit": [202, 200],
        "submit when graded": [200],
    }
    assert len(world.facts_of(ada, "ATTEMPT")) == 1
    assert len(world.events("cme.enrolment.requested.v1")) == 1
    assert len(world.events("cme.attempt.submitted.v1")) == 1
    assert len(world.events("cme.certificate.issued.v1")) == 1


def test_the_catalogue_shows_both_editions_and_offers_the_open_one(world: World) -> None:
    sample.load(world.system)
    listed: list[dict[str, Any]] = answered(world.public("/modules"))["modules"]
    assert [(card["edition"], card["open"]) for card in listed] == [(2, False), (1, True)]
    offered: list[dict[str, Any]] = answered(world.public("/modules?open=true"))["modules"]
    assert [card["edition"] for card in offered] == [1]
    card = answered(world.public(SAMPLE.path))
    assert card["edition"] == 1
    assert card["test"]["questions"] == 8
    assert world.now == START
