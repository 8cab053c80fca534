"""An example of every body and answer, for the OpenAPI document: one learner's way through the first module."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from shared.api.contract import (
    answer_key,
    assessment,
    authoring,
    certification,
    enrolment,
    modules,
    office,
    operations,
    oversight,
    privacy,
)

MODULE = "optimal-management-of-oligometastatic-disease"
NUMBER = "CME-0QNN7-3HTFM-4P1N1-S7SQD"
TITLE = "Optimal Management of Oligometastatic Disease in Solid Tumours"
HASH = "5d1f0a8e6f3c4b7d9a2e8c1b0f4d7a6e3c9b5f2d8e1a4c7b0d3f6e9a2c5b8d1f"
OFFER = {"scheme": "ESMO-MORA", "category": "Category 1", "maximum": "1.00"}
CREDIT = {"scheme": "ESMO-MORA", "category": "Category 1", "amount": "1.00"}
EXTERNAL = {
    "earned_on": "2026-02-14",
    "title": "Congress of Thoracic Oncology",
    "scheme": "EACCME",
    "amount": "6.00",
    "provider": "Thoracic Society",
}
DISCLOSURE = {
    "relationships": [{"company": "Example Pharma", "nature": "lecture fee"}],
    "mitigated": True,
    "declared_on": "2026-01-10",
}
FACULTY = {
    "name": "Dr. Tolia",
    "role": "author",
    "credentials": "MD",
    "disclosure": DISCLOSURE,
}
EVALUATION = {
    "required": True,
    "questions": [{"question_id": "useful", "text": "Was the module useful?", "options": ["yes", "no"]}],
}
CARD = {
    "module_id": MODULE,
    "edition": 2,
    "title": TITLE,
    "authors": ["Dr. Tolia", "Dr. Tsapakidis"],
    "topics": ["metastasis", "radiotherapy"],
    "slides": 71,
    "minutes": 52,
    "credits": [OFFER],
    "members_only": True,
    "published_on": "2026-01-15",
    "expires_on": "2028-01-14",
    "open": True,
}
EDITION = {
    "title": TITLE,
    "authors": ["Dr. Tolia", "Dr. Tsapakidis"],
    "topics": ["metastasis", "radiotherapy"],
    "objectives": ["Explain the concept of oligometastatic disease"],
    "summary": "What oligometastatic disease is, and how it is treated.",
    "medium": "presentation",
    "slides": 71,
    "minutes": 52,
    "presentation_url": "https://example.org/presentations/oligometastatic-disease",
    "learning_format": "Enduring material (internet)",
    "provider": {"name": "Society of Oncology", "joint_provider": None},
    "signatory": {"name": "Education Office", "title": "Head of education"},
    "faculty": [FACULTY],
    "commercial_support": [],
    "credits": [{**OFFER, "step": "1.00", "activity_id": "ACT-2026-01"}],
    "members_only": True,
    "prerequisites": [],
    "released_on": "2026-01-15",
    "reviewed_on": "2026-01-15",
    "expires_on": "2028-01-14",
    "zone": "Europe/Zurich",
    "test": {
        "pools": [{"pool": "biology", "draw": 3}],
        "pass_mark": 70,
        "attempts": 3,
        "cooldown_hours": 24,
        "time_limit_minutes": None,
        "grace_seconds": 30,
        "review": "never",
    },
    "viewing": {"required_percent": 0},
    "evaluation": EVALUATION,
    "claim": "claimed",
    "claim_window_days": 30,
    "claim_reminder_days": 7,
}
QUESTION = {
    "question_id": "q01",
    "pool": "biology",
    "objective": 1,
    "kind": "single",
    "scoring": "exact",
    "points": 1,
    "shuffle": True,
    "stem": "How many cancer cells can colonise a second organ?",
    "rationale": "No more than a tiny proportion can.",
    "options": [
        {"option_id": "a", "text": "Most of them", "correct": False},
        {"option_id": "b", "text": "A tiny proportion", "correct": True},
    ],
}
ATTEMPT: dict[str, Any] = {
    "attempt": 1,
    "state": "in_progress",
    "started_at": "2026-03-02T09:00:00Z",
    "deadline": "2026-03-02T10:00:00Z",
    "zone": "Europe/Zurich",
    "questions": [
        {
            "question_id": "q01",
            "kind": "single",
            "stem": "How many cancer cells can colonise a second organ?",
            "options": [{"option_id": "b", "text": "A tiny proportion"}, {"option_id": "a", "text": "Most of them"}],
        }
    ],
    "answers": {"q01": ["b"]},
}
ATTEMPT_SUMMARY = {
    "attempt": 1,
    "state": "graded",
    "started_at": "2026-03-02T09:00:00Z",
    "deadline": "2026-03-02T10:00:00Z",
    "submitted_at": "2026-03-02T09:41:07Z",
    "points": 7.0,
    "max_points": 8.0,
    "passed": True,
}
CERTIFICATE = {
    "number": NUMBER,
    "version": 2,
    "status": "valid",
    "module_id": MODULE,
    "edition": 2,
    "title": TITLE,
    "attested_name": "Ada Lovelace",
    "credits": [CREDIT],
    "completed_at": "2026-03-02T09:41:07Z",
    "issued_at": "2026-04-01T08:00:00Z",
    "supersedes": 1,
    "reason": "Name corrected",
    "links": {
        "pdf": f"/certificates/{NUMBER}/pdf?version=2",
        "credential": f"/certificates/{NUMBER}/credential?version=2",
        "verify": f"https://cme.example.org/verify/{NUMBER}?version=2",
    },
}
DID = "did:web:cme.example.org"
KEY = f"{DID}#a8Nm3mBBh0PyHcOzOXKXi7WlPsBMTKBSCfHp4GAOc2U"
JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "CwJdDTVpo09V6Yg0LgtMbqnJ_f7zsp5egFC6H9x60yo",
    "y": "8ZmoKssN9G_KUj_aqJfrflI8EenYhhNG2fNscqi2eQs",
    "kid": KEY,
    "alg": "ES256",
    "use": "sig",
}
PROOF = {
    "type": "DataIntegrityProof",
    "cryptosuite": "ecdsa-rdfc-2019",
    "created": "2026-04-01T08:00:00Z",
    "verificationMethod": KEY,
    "proofPurpose": "assertionMethod",
    "proofValue": "z5Pr5mE4XoHCkNgvVhPQ9oRPzjZ3nYVkCHf1LrnJg6Jz9Zo2Jw7y5oXQdXqFh7m5LdQ",
}
PROFILE = {
    "name": "Ada Lovelace",
    "given_name": "Ada",
    "family_name": "Lovelace",
    "profession": "MD",
    "language": "en",
    "licence": "12345",
    "licence_state": "IL",
    "npi": None,
    "birth_month_day": "12-10",
    "reporting_consent": True,
}

GRANT = {
    "learner_id": "dr-a",
    "module_id": MODULE,
    "extra_minutes": 30,
    "extra_attempts": 1,
    "reason": "Impaired vision.",
    "granted_by": "admin",
    "granted_at": "2026-03-01T10:00:00Z",
}
MEMBERSHIP = {"learner_id": "dr-a", "member": True, "until": "2027-12-31"}

ENROLLED = {
    "learner_id": "dr-a",
    "name": "Ada Lovelace",
    "module_id": MODULE,
    "edition": 2,
    "state": "certified",
    "requested_at": "2026-03-01T08:00:00Z",
    "confirmed_at": "2026-03-01T08:00:00Z",
    "acknowledged_at": "2026-03-02T08:55:00Z",
    "viewed_seconds": 3120,
    "attempts": 1,
    "passed_at": "2026-03-02T09:41:07Z",
    "certificate": NUMBER,
}

TOLD: Mapping[str, Any] = {
    **CARD,
    "objectives": ["Explain the concept of oligometastatic disease"],
    "summary": "What oligometastatic disease is, and how it is treated.",
    "medium": "presentation",
    "released_on": "2026-01-15",
    "reviewed_on": "2026-01-15",
    "expires_at": "2028-01-14T23:00:00Z",
    "faculty": [FACULTY],
    "commercial_support": [],
    "test": {"questions": 3, "pass_mark": 70, "attempts": 3, "cooldown_hours": 24, "time_limit_minutes": None},
    "viewing": {"required_percent": 0},
    "evaluation": EVALUATION,
    "claim": "claimed",
    "zone": "Europe/Zurich",
    "information_hash": HASH,
}

AUDIT_ENTRY = {
    "sequence": 1024,
    "event_id": "CERTIFICATE#CME-00000-00000-00000-00000/HEAD/acted/3",
    "at": "2026-03-02T10:00:00Z",
    "actor": "office-1",
    "action": "revokeCertificate",
    "subject": "CERTIFICATE#CME-00000-00000-00000-00000/HEAD",
    "before": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "after": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "reason_code": "issued-in-error",
    "reason_digest": "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
    "request": "0b6f5a3e-7c1d-4a52-9f7e-2d1c8a4e9b10",
    "previous": "3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278",
    "hash": "8527a891e224136950ff32ca212b45bc93f69fbb801c3b1ebedac52775f99e61",
}
EXAMPLES: Mapping[type[BaseModel], Mapping[str, Any]] = {
    modules.ModulesView: {"modules": [CARD], "next": None},
    modules.ModuleView: TOLD,
    authoring.PreviewView: {"module": TOLD, "gaps": [], "questions": ATTEMPT["questions"]},
    authoring.EditionsView: {
        "modules": [
            {
                "module_id": MODULE,
                "edition": 2,
                "title": TITLE,
                "state": "published",
                "open": True,
                "released_on": "2026-01-15",
                "expires_on": "2028-01-14",
                "questions": 18,
                "published_at": "2026-01-14T12:00:00Z",
            }
        ],
        "next": None,
    },
    authoring.ErratumBody: {
        "text": "Dr. Tolia's lecture fee from Example Pharma was left out.",
        "reason": "Reported by the author",
        "name": "Dr. Tolia",
        "disclosure": DISCLOSURE,
    },
    authoring.ErrataView: {
        "errata": [
            {
                "published_at": "2026-04-01T08:00:00Z",
                "text": "Dr. Tolia's lecture fee from Example Pharma was left out.",
                "reason": "Reported by the author",
                "by": "admin",
                "name": "Dr. Tolia",
                "disclosure": DISCLOSURE,
            }
        ],
        "information_hash": HASH,
    },
    modules.OpenApiView: {"openapi": "3.1.0", "info": {"title": "This document", "version": "1.0.0"}, "paths": {}},
    modules.EditionBody: EDITION,
    modules.EditionAsSentView: EDITION,
    modules.BankBody: {"questions": [QUESTION]},
    modules.BankView: {"questions": [{**QUESTION, "points": 1.0}]},
    modules.BankReceiptView: {"questions": 12, "pools": [{"pool": "biology", "questions": 12}], "skipped": []},
    modules.PublicationView: {
        "module_id": MODULE,
        "edition": 2,
        "published_at": "2026-01-14T12:00:00Z",
        "opens_at": "2026-01-14T23:00:00Z",
        "expires_at": "2028-01-14T23:00:00Z",
    },
    modules.RetirementBody: {"reason": "A treatment it recommends was withdrawn"},
    modules.RetirementView: {"module_id": MODULE, "edition": 2, "retired_at": "2027-06-01T08:00:00Z"},
    enrolment.EnrolmentRequestView: {"module_id": MODULE, "edition": 2, "state": "requested"},
    enrolment.EnrolmentView: {
        "module_id": MODULE,
        "edition": 2,
        "state": "certified",
        "acknowledged": True,
        "viewed_seconds": 3120,
        "viewed_slides": 71,
        "zone": "Europe/Zurich",
        "expires_at": "2028-01-14T23:00:00Z",
        "attempts": [ATTEMPT_SUMMARY],
        "attempts_left": 2,
        "next_attempt_at": None,
        "claim_until": "2026-04-01T09:41:07Z",
        "certificate": NUMBER,
    },
    enrolment.AcknowledgementBody: {"information_hash": HASH},
    enrolment.AcknowledgementView: {"acknowledged": True, "acknowledged_at": "2026-03-02T08:55:00Z"},
    enrolment.ViewsBody: {"segments": [[0, 600], [590, 1200]], "slides": [1, 2, 3]},
    enrolment.ViewsView: {"viewed_seconds": 1200, "viewed_slides": 3},
    enrolment.MembershipBody: {"member": True, "until": "2027-12-31"},
    enrolment.MembershipView: MEMBERSHIP,
    enrolment.MembershipsBody: {"memberships": [MEMBERSHIP]},
    enrolment.MembershipsReceiptView: {"memberships": 4120, "changed": 37},
    enrolment.MembershipsView: {"memberships": [MEMBERSHIP], "next": None},
    enrolment.AccommodationBody: {"extra_minutes": 30, "extra_attempts": 1, "reason": "Impaired vision."},
    enrolment.AccommodationView: GRANT,
    enrolment.GrantsView: {"accommodations": [GRANT]},
    enrolment.AccommodationsView: {"accommodations": [GRANT], "next": None},
    office.LearnersView: {
        "learners": [
            {
                "learner_id": "dr-a",
                "name": "Ada Lovelace",
                "profession": "MD",
                "licence": "12345",
                "email": "ada@example.org",
            }
        ],
        "next": None,
    },
    office.LearnerView: {
        "learner_id": "dr-a",
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "profile": {"learner_id": "dr-a", **PROFILE},
        "membership": MEMBERSHIP,
        "enrolments": [
            {
                "module_id": MODULE,
                "edition": 2,
                "state": "certified",
                "requested_at": "2026-03-01T08:00:00Z",
                "passed_at": "2026-03-02T09:41:07Z",
                "viewed_seconds": 3120,
                "attempts": [ATTEMPT_SUMMARY],
                "certificate": NUMBER,
            }
        ],
        "certificates": [
            {
                "number": NUMBER,
                "version": 2,
                "status": "valid",
                "module_id": MODULE,
                "edition": 2,
                "title": TITLE,
                "earned_on": "2026-03-02",
                "credits": [CREDIT],
            }
        ],
        "accommodations": [GRANT],
        "totals": [{"year": 2026, "scheme": "ESMO-MORA", "amount": "1.00"}],
        "cycle": [{"scheme": "ESMO-MORA", "from": "2022-01-01", "to": "2026-12-31", "amount": "1.00"}],
    },
    office.EnrolledListView: {"enrolments": [ENROLLED], "next": None},
    office.SampleView: {"seed": "spring audit", "enrolled": 412, "enrolments": [ENROLLED]},
    office.EvidenceView: {
        "learner_id": "dr-a",
        "name": "Ada Lovelace",
        "module_id": MODULE,
        "edition": 2,
        "title": TITLE,
        "enrolment": ENROLLED,
        "terms": {"minutes": 52, "claim": "claimed", "claim_window_days": 30},
        "information": {
            "information_hash": HASH,
            "acknowledged_at": "2026-03-02T08:55:00Z",
            "content": {"edition": 2, "title": TITLE},
        },
        "viewed": {"seconds": 3120, "segments": [[0, 3120]], "slides": [1, 2, 3]},
        "attempts": [
            {
                "attempt": 1,
                "state": "graded",
                "started_at": "2026-03-02T09:00:00Z",
                "deadline": "2026-03-02T10:00:00Z",
                "submitted_at": "2026-03-02T09:41:07Z",
                "submitted_by": "learner",
                "pass_mark": 70,
                "bank_revision": 1,
                "questions": [
                    {**ATTEMPT["questions"][0], "answered": ["b"], "points": 1.0, "max_points": 1.0},
                ],
                "grade": {
                    "key_revision": 1,
                    "points": 1.0,
                    "max_points": 1.0,
                    "passed": True,
                    "graded_at": "2026-03-02T09:41:08Z",
                },
                "earlier_grades": [],
            }
        ],
        "evaluation": {"useful": "yes"},
        "evaluated_at": "2026-03-02T10:00:00Z",
        "certificate": NUMBER,
        "versions": [
            {
                "version": 1,
                "status": "valid",
                "issued_at": "2026-03-02T10:01:00Z",
                "attested_name": "Ada Lovelace",
                "profession": "MD",
                "completed_at": "2026-03-02T09:41:07Z",
                "credits": [
                    {
                        **CREDIT,
                        "activity_id": "ACT-2026-01",
                        "statement": "For passing the CME test of this module, a point is recorded.",
                        "statement_version": "1",
                    }
                ],
                "pdf_sha256": HASH,
            }
        ],
        "entries": [
            {
                "earned_on": "2026-03-02",
                "module_id": MODULE,
                "edition": 2,
                "title": TITLE,
                **CREDIT,
                "certificate": NUMBER,
                "kind": "award",
            }
        ],
    },
    enrolment.AwardBody: {
        "module_id": MODULE,
        "edition": 2,
        "passed_at": "2026-03-02T16:00:00Z",
        "reason": "Test sat on paper at the annual congress",
    },
    enrolment.AwardView: {
        "learner_id": "dr-a",
        "module_id": MODULE,
        "edition": 2,
        "state": "passed",
        "passed_at": "2026-03-02T16:00:00Z",
        "by_hand": {
            "reason": "Test sat on paper at the annual congress",
            "by": "admin",
            "at": "2026-03-04T08:00:00Z",
        },
    },
    enrolment.JoiningBody: {"learner_id": "dr-a-old", "reason": "Same licence; she changed hospitals"},
    enrolment.IdentitiesView: {
        "learner_id": "dr-a",
        "joined": [
            {
                "learner_id": "dr-a-old",
                "reason": "Same licence; she changed hospitals",
                "by": "admin",
                "at": "2026-03-04T08:00:00Z",
            }
        ],
    },
    answer_key.ReviewView: {
        "attempt": 1,
        "points": 1,
        "max_points": 1,
        "passed": True,
        "questions": [
            {
                "question_id": "q01",
                "kind": "single",
                "stem": "What is oligometastatic disease?",
                "options": [
                    {"option_id": "b", "text": "An intermediate state", "correct": True, "chosen": True},
                    {"option_id": "a", "text": "A local disease", "correct": False, "chosen": False},
                ],
                "points": 1,
                "max_points": 1,
                "rationale": "It lies between local and widespread disease.",
                "voided": False,
            }
        ],
    },
    answer_key.RegradeBody: {
        "question_id": "q07",
        "action": "rekey",
        "key": ["a", "c"],
        "reason": "The key left out a right option.",
        "dry_run": True,
    },
    answer_key.RegradeEffectView: {"attempts": 120, "newly_passed": 4, "points_changed": 31},
    operations.JobReceiptView: {"job": "regrade-3f0c5a1be2d94c67a1b2c3d4"},
    answer_key.StatisticsView: {
        "computed_at": "2026-03-02T10:00:00Z",
        "key_revision": 1,
        "attempts": 120,
        "questions": [
            {
                "question_id": "q01",
                "shown": 48,
                "difficulty": 0.81,
                "discrimination": 0.34,
                "suspect": False,
                "chosen": {"a": 9, "b": 39},
            }
        ],
    },
    modules.UploadBody: {"media_type": "application/x-moodle+xml"},
    modules.UploadView: {
        "job": "import-3f0c5a1be2d94c67a1b2c3d4",
        "url": "https://documents.example.org/uploads/import-3f0c5a1be2d94c67a1b2c3d4/1",
        "expires_at": "2026-03-02T10:15:00Z",
    },
    operations.JobView: {
        "job": "regrade-3f0c5a1be2d94c67a1b2c3d4",
        "kind": "regrade",
        "state": "running",
        "total": 120,
        "done": 50,
        "failed": 0,
        "started_at": "2026-03-02T10:00:00Z",
        "finished_at": None,
    },
    operations.ExportBody: {"from": "2026-01-01", "to": "2026-03-31"},
    operations.AcceptanceView: {"job": "export-3f0c5a1be2d94c67a1b2c3d4", "accepted_at": "2026-04-02T08:00:00Z"},
    oversight.QueuesView: {
        "queues": [
            {
                "queue": "certificates",
                "waiting": 0,
                "in_flight": 1,
                "delayed": 0,
                "dead_letters": 1,
                "oldest_failure_at": "2026-03-02T09:41:00Z",
                "redriven_at": None,
                "failures": [
                    {
                        "message_id": "4f1c2a0e-5b1d-4c5e-9a44-1d7f0c6f1b3e",
                        "type": "cme.credit.claimed.v1",
                        "id": f"certificate/{NUMBER}/v1/claimed",
                        "cause": "ClientError: AccessDenied",
                        "failed_at": "2026-03-02T09:41:00Z",
                    }
                ],
            }
        ]
    },
    oversight.RedriveView: {"queue": "certificates", "moved": 1, "left": 0},
    oversight.AuditView: {"entries": [AUDIT_ENTRY], "next": "MTAyNQ"},
    oversight.AuditVerificationView: {
        "intact": True,
        "checked": 1024,
        "finding": None,
        "head": {"sequence": 1024, "hash": AUDIT_ENTRY["hash"]},
        "next": None,
    },
    privacy.PersonalDataView: {
        "manifest": {
            "learner_id": "dr-a",
            "made_at": "2026-03-02T10:00:00Z",
            "records": [{"kind": "accommodations", "records": 1}],
            "withheld": ["by_question", "key_revision", "regrade_revision", "settled"],
            "elsewhere": [
                {
                    "what": "Reports to accreditors that you agreed to",
                    "where": "Files for the provider's office",
                    "why": "To be handed over",
                    "how_long": "30 days",
                }
            ],
        },
        "records": {"accommodations": [{"learner_id": "dr-a", "module_id": MODULE, "extra_minutes": 30}]},
    },
    assessment.AttemptView: ATTEMPT,
    assessment.SaveBody: {"answers": {"q01": ["b"], "q07": ["a", "c"]}},
    assessment.SavedView: {"saved_at": "2026-03-02T09:12:30Z"},
    assessment.SubmissionBody: {"answers": {"q01": ["b"]}},
    assessment.SubmissionView: {"attempt": 1, "state": "submitted"},
    certification.EvaluationBody: {"answers": {"useful": "yes"}},
    certification.EvaluationReceiptView: {"evaluated_at": "2026-03-02T10:00:00Z"},
    certification.ClaimBody: {
        "attested_name": "Ada Lovelace",
        "profession": "MD",
        "credits": [{"scheme": "ESMO-MORA", "amount": "1.00"}],
        "show_name": False,
    },
    certification.ClaimView: {"certificate": NUMBER},
    certification.ExternalCreditBody: EXTERNAL,
    certification.TranscriptEntryView: {
        **EXTERNAL,
        "module_id": None,
        "edition": None,
        "category": "",
        "certificate": None,
        "kind": "external",
    },
    certification.TranscriptView: {
        "entries": [
            {
                "earned_on": "2026-03-02",
                "module_id": MODULE,
                "edition": 2,
                "title": TITLE,
                **CREDIT,
                "certificate": NUMBER,
                "kind": "award",
            }
        ],
        "totals": [{"year": 2026, "scheme": "ESMO-MORA", "amount": "1.00"}],
        "cycle": [{"scheme": "ESMO-MORA", "from": "2022-01-01", "to": "2026-12-31", "amount": "1.00"}],
    },
    certification.CertificatesView: {"certificates": [CERTIFICATE], "next": None},
    certification.CertificateView: CERTIFICATE,
    certification.PdfAddressView: {
        "url": f"https://documents.example.org/certificates/{NUMBER}/v2.pdf?signature=abc",
        "expires_at": "2026-04-02T08:05:00Z",
    },
    certification.CredentialView: {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"https://cme.example.org/verify/{NUMBER}?version=2",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": DID, "type": ["Profile"], "name": "Society of Oncology"},
        "validFrom": "2026-04-01T08:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": "Ada Lovelace", "identityType": "name"}
            ],
            "result": [{"type": ["Result"], "value": "1.00"}],
        },
        "credentialStatus": {
            "id": "https://cme.example.org/status-lists/2026-0#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": "https://cme.example.org/status-lists/2026-0",
        },
        "proof": PROOF,
    },
    certification.DidDocumentView: {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": DID,
        "verificationMethod": [
            {
                "id": KEY,
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": "zDnaeiQFzUY2HhvYoJj4FupRVL7HDbAaeoTByY8whGE3McmUd",
                "publicKeyJwk": JWK,
            }
        ],
        "assertionMethod": [KEY],
    },
    certification.JwksView: {"keys": [JWK]},
    certification.ProfileBody: PROFILE,
    certification.ProfileView: {"learner_id": "dr-a", **PROFILE},
    certification.VerificationView: {
        "status": "valid",
        "version": 2,
        "title": TITLE,
        "credits": [CREDIT],
        "completed_on": "2026-03-02",
        "issued_on": "2026-04-01",
        "holder": "A••• L•••",
        "pdf_sha256": HASH,
    },
    certification.AdminCertificateView: {
        "number": NUMBER,
        "learner_id": "dr-a",
        "module_id": MODULE,
        "edition": 2,
        "version": 2,
        "status": "valid",
        "attested_name": "Ada Lovelace",
        "profession": "MD",
    },
    certification.ReissueBody: {"reason": "Name corrected", "attested_name": "Ada Lovelace"},
    certification.ReissueView: {"number": NUMBER, "version": 2},
    certification.RevocationBody: {"reason_code": "issued-in-error", "note": "Issued for another module"},
    certification.RevocationView: {
        "number": NUMBER,
        "status": "revoked",
        "reason_code": "issued-in-error",
        "revoked_at": "2026-04-02T08:00:00Z",
    },
    certification.RestorationBody: {"reason": "The module was the right one after all"},
    certification.EditionReissueBody: {"reason": "The signatory's title was misspelt", "notify": True},
}
