"""A version is issued as a whole or not at all: version, head, claim, enrolment and ledger in one transaction."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.bootstrap import Deps
from shared.domain.certificate import CertificateHead, RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.ids import CertificateNumber, LearnerId
from shared.events.certification import CertificateIssuedV1
from shared.ports import ConcurrentChange, Issue
from tests.integration.conftest import Stored
from tests.support.builders import MODULE, NOW, a_certificate, a_claim, a_head, a_version, an_award, an_enrolment


def first_issue(deps: Deps, seed: int) -> tuple[Issue, CertificateIssuedV1]:
    """All that is needed to issue the first version of a certificate of a learner of its own."""
    number, learner = certificate_number(seed), LearnerId(f"learner-{seed}")
    claim = deps.claims.save(a_claim(learner_id=learner, certificate=number, content=a_certificate(number)))
    enrolment = deps.enrolments.save(an_enrolment(learner_id=learner).passed(1, 1, NOW, NOW))
    issue = Issue(
        version=a_version(number=number),
        head=a_head(number=number, learner_id=learner),
        claim=claim.entered(),
        enrolment=enrolment.certified(number),
        entries=[an_award("2026-03-02", learner_id=learner, certificate=number)],
    )
    return issue, CertificateIssuedV1(at=NOW, certificate=number, version=1)


def test_everything_is_there_after_an_issue(deps: Deps, stored: Stored) -> None:
    issue, announced = first_issue(deps, 1)
    deps.certificates.issue(issue, [announced])
    number, enrolment = issue.head.number, issue.head.enrolment
    assert deps.certificates.version(number, 1) == replace(issue.version, version=1)
    assert deps.certificates.head(number) == replace(issue.head, version=1)
    claim, enrolled = deps.claims.find(enrolment), deps.enrolments.find(enrolment)
    assert claim
    assert enrolled
    assert claim.certified
    assert (enrolled.state, enrolled.certificate, enrolled.version) == ("certified", number, 2)
    assert [entry.certificate for entry in deps.ledger.of_learner(enrolment.learner_id)] == [number]
    item = stored("CertificateTable", f"CERTIFICATE#{number}", "VERSION#0001")
    head = stored("CertificateTable", f"CERTIFICATE#{number}", "HEAD")
    assert item
    assert head
    # Announced once, by the version.
    assert [event["id"] for event in json.loads(item["outbox"])] == [announced.id]
    assert "outbox" not in head


def test_an_issue_that_is_stored_already_succeeds_again_and_changes_nothing(deps: Deps) -> None:
    issue, announced = first_issue(deps, 2)
    for _ in range(2):
        deps.certificates.issue(issue, [announced])
    head = deps.certificates.head(issue.head.number)
    assert head
    assert head.version == 1
    assert len(deps.ledger.of_learner(issue.head.learner_id)) == 1


@pytest.mark.parametrize("changed", ["enrolment", "claim", "ledger", "head", "version"])
def test_if_one_part_has_changed_nothing_is_written(deps: Deps, changed: str) -> None:
    issue, announced = first_issue(deps, 10 + len(changed) * 7 + ord(changed[0]))
    number, enrolment_id = issue.head.number, issue.head.enrolment
    enrolment, claim = deps.enrolments.find(enrolment_id), deps.claims.find(enrolment_id)
    assert enrolment
    assert claim
    match changed:
        case "enrolment":
            deps.enrolments.save(enrolment)
        case "claim":
            deps.claims.save(claim)
        case "ledger":
            deps.certificates._entries.save(replace(issue.entries[0], title="Another"))  # type: ignore[attr-defined]
        case "head":
            deps.certificates.correct(issue.head.revoked(RevocationReason.FRAUD, "", NOW), [], [])
        case "version":
            issue = replace(issue, version=replace(issue.version, version=3))
    with pytest.raises(ConcurrentChange):
        deps.certificates.issue(issue, [announced])
    assert deps.certificates.version(number, 1) is None
    after = deps.enrolments.find(enrolment_id)
    assert after
    assert after.state == "passed"
    found = deps.claims.find(enrolment_id)
    assert found
    assert not found.certified
    assert [entry.title for entry in deps.ledger.of_learner(enrolment_id.learner_id)] == (
        ["Another"] if changed == "ledger" else []
    )


def test_a_reissue_changes_only_version_and_head_and_not_after_a_revocation(deps: Deps) -> None:
    issue, announced = first_issue(deps, 3)
    deps.certificates.issue(issue, [announced])
    number = issue.head.number
    head = deps.certificates.head(number)
    assert head
    second = replace(issue.version, number_of_version=2, supersedes=1)
    following = Issue(version=second, head=replace(head, current=2), claim=None, enrolment=None, entries=[])
    deps.certificates.issue(following, [])
    found = deps.certificates.head(number)
    assert found == replace(head, current=2, version=2)
    assert deps.certificates.version(number, 1) == replace(issue.version, version=1)

    assert found
    deps.certificates.correct(found.revoked(RevocationReason.FRAUD, "note", NOW), [], [])
    third = replace(second, number_of_version=3, supersedes=2)
    with pytest.raises(ConcurrentChange):
        deps.certificates.issue(
            Issue(version=third, head=replace(found, current=3), claim=None, enrolment=None, entries=[]), []
        )
    assert deps.certificates.version(number, 3) is None


def test_heads_are_found_together_and_those_not_issued_are_left_out(deps: Deps) -> None:
    """More than one batch of a hundred, and none at all."""
    heads: dict[CertificateNumber, CertificateHead] = {}
    for seed in range(1000, 1105):
        head = a_head(number=certificate_number(seed), learner_id=LearnerId("many"), module_id=MODULE)
        deps.certificates.correct(head, [], [])
        heads[head.number] = replace(head, version=1)
    absent = certificate_number(2000)
    assert deps.certificates.heads([*heads, absent]) == heads
    assert deps.certificates.heads([absent]) == {}
    assert deps.certificates.heads([]) == {}
    assert deps.certificates.head(absent) is None


def test_the_history_is_the_head_with_every_issued_version(deps: Deps) -> None:
    issue, announced = first_issue(deps, 9)
    deps.certificates.issue(issue, [announced])
    number = issue.head.number
    first = deps.certificates.history(number)
    assert first
    assert (first.head.current, [each.number_of_version for each in first.versions]) == (1, [1])
    second = Issue(
        version=a_version(number=number, number_of_version=2, supersedes=1),
        head=replace(first.head, current=2),
        claim=None,
        enrolment=None,
        entries=[],
    )
    deps.certificates.issue(second, [])
    history = deps.certificates.history(number)
    assert history
    assert history.head == deps.certificates.head(number)
    assert history.versions == [deps.certificates.version(number, 1), deps.certificates.version(number, 2)]
    assert deps.certificates.history(certificate_number(99)) is None


@pytest.mark.parametrize("half", ["head", "version"])
def test_a_version_that_is_being_issued_is_in_the_history_as_a_whole_or_not_at_all(deps: Deps, half: str) -> None:
    issue, announced = first_issue(deps, 10 if half == "head" else 11)
    deps.certificates.issue(issue, [announced])
    number = issue.head.number
    head = deps.certificates.head(number)
    assert head
    adapter: Any = deps.certificates
    if half == "head":
        adapter._heads.save(replace(head, current=2))
    else:
        adapter._versions.save(a_version(number=number, number_of_version=2, supersedes=1))
    history = deps.certificates.history(number)
    assert history
    assert (history.head.current, [each.number_of_version for each in history.versions]) == (1, [1])
