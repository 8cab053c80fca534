"""All that is held about a learner comes in one read; what goes is gone, and what has changed since is left alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from infra.local.system import LocalSystem
from shared.adapters.dynamo.tables import LearningItem
from shared.bootstrap import Deps
from shared.domain.certificate_number import certificate_number
from shared.domain.erasure import Erasure, Identity
from shared.domain.ids import LearnerId
from shared.domain.learner import Membership, Profile, SearchTerm
from shared.ports import ConcurrentChange, DocumentKind
from tests.integration.conftest import Stored
from tests.support.builders import NOW, a_profile, an_attempt, an_enrolment


def named(deps: Deps, learner: str) -> Profile:
    return deps.profiles.save(a_profile(learner_id=LearnerId(learner), name="Ada Lovelace"))


def test_records_of_every_kind_come_as_they_were_stored(deps: Deps) -> None:
    ada = LearnerId("all-of-it")
    profile = named(deps, ada)
    membership = deps.memberships.save(Membership(learner_id=ada, member=True))
    enrolment = deps.enrolments.save(replace(an_enrolment(), learner_id=ada))
    attempt = deps.attempts.save(an_attempt(learner_id=ada))
    erasure = deps.erasures.save(Erasure(learner_id=ada, requested_at=NOW, marked_at=NOW))
    found = deps.personal_records.all(ada)
    for record in (profile, membership, enrolment, attempt, erasure):
        assert record in found
    assert {one.term for one in found if isinstance(one, SearchTerm)} == set(profile.terms)


def test_of_a_kind_that_is_not_known_nothing_is_made_up(deps: Deps) -> None:
    named(deps, "strange")
    LearningItem("LEARNER#strange", "DIARY#1", facts="{}").save()
    with pytest.raises(KeyError, match="DIARY"):
        deps.personal_records.all(LearnerId("strange"))


def test_a_record_that_is_removed_is_gone_with_what_it_was_found_by(deps: Deps, stored: Stored) -> None:
    ada = LearnerId("gone")
    named(deps, ada)
    for record in deps.personal_records.all(ada):
        deps.personal_records.remove(record)
        deps.personal_records.remove(record)
    assert deps.personal_records.all(ada) == []
    assert stored("LearningTable", "LEARNER#gone", "PROFILE") is None
    assert ada not in {hit.learner_id for hit in deps.directory.found_by("lovelace", 50, None).entries}


def test_a_record_that_was_changed_meanwhile_is_not_removed(deps: Deps) -> None:
    profile = named(deps, "quick")
    changed = deps.profiles.save(replace(profile, profession="RN"))
    with pytest.raises(ConcurrentChange):
        deps.personal_records.remove(profile)
    assert deps.profiles.find(LearnerId("quick")) == changed


def test_who_read_a_profile_before_it_went_can_not_bring_it_back(deps: Deps) -> None:
    profile = named(deps, "back")
    deps.personal_records.remove(profile)
    with pytest.raises(ConcurrentChange):
        deps.profiles.save(replace(profile, profession="RN"))
    assert deps.profiles.find(LearnerId("back")) is None


def test_an_erasure_is_due_when_the_first_of_its_evidence_is(deps: Deps) -> None:
    ada = LearnerId("due")
    marked = deps.erasures.save(Erasure(learner_id=ada, requested_at=NOW, marked_at=NOW))
    identity = Identity(learner_id=ada, profile=None, contact=None, attested=(), until=NOW + timedelta(days=2))
    kept = deps.erasures.save(marked.kept([], identity, NOW))
    assert ada not in deps.erasures.due(NOW + timedelta(days=9))
    deps.erasures.save(kept.erased(NOW))
    assert ada not in deps.erasures.due(NOW + timedelta(days=1))
    assert ada in deps.erasures.due(NOW + timedelta(days=2))


def test_documents_are_copied_byte_by_byte_then_removed_with_all_their_versions(
    deps: Deps, engine: LocalSystem
) -> None:
    number, ada = certificate_number(77), LearnerId("files")
    for kind in DocumentKind:
        deps.documents.store_once(number, 1, kind, f"{kind.suffix} of Ada".encode())
    s3, documents, bucket = engine.aws("s3"), engine.reference("DocumentBucket"), engine.reference("EvidenceBucket")
    kept = deps.evidence.keep_documents(ada, number, 1, NOW)
    for kind in DocumentKind:
        key = f"learners/files/certificates/{number}/v1.{kind.suffix}"
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == f"{kind.suffix} of Ada".encode()
    for evidence in (*kept, *kept):
        deps.evidence.remove_original(evidence)
    left = s3.list_object_versions(Bucket=documents, Prefix=f"certificates/{number}/")
    assert (left.get("Versions"), left.get("DeleteMarkers")) == (None, None)
    for evidence in (*kept, *kept):
        deps.evidence.destroy(ada, evidence)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="learners/files/")


def test_an_original_that_is_missing_is_no_evidence(deps: Deps) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        deps.evidence.keep_documents(LearnerId("none"), certificate_number(78), 1, NOW)
