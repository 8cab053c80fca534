"""Builders: a valid thing of each kind, so that a test says only what it is about."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from shared.domain.attempt import Attempt
from shared.domain.availability import EditionStatus
from shared.domain.certificate import (
    CertificateContent,
    CertificateHead,
    CertificateVersion,
    CreditLine,
    Order,
    Reissue,
)
from shared.domain.certificate_number import certificate_number
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.edition import BankSummary, CreditOffer, Draft, Edition, EditionContent, PoolDraw, TestTerms
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.form import Answers, Form, FormQuestion
from shared.domain.ids import (
    CertificateNumber,
    EditionId,
    EnrolmentId,
    EnrolmentReference,
    LearnerId,
    ModuleId,
    OptionId,
    QuestionId,
)
from shared.domain.learner import Contact, Profile
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Kind, Option, Question, Scoring
from shared.domain.schemes import Scheme
from shared.domain.scoring import Score
from shared.domain.status_list import LIST_BITS, StatusPlace, status_place
from shared.facts import from_facts

LEARNER = LearnerId("dr-a")
MODULE = ModuleId("oligometastatic-disease")
EDITION = EditionId(MODULE, 1)
ENROLMENT = EnrolmentId(LEARNER, MODULE, 1)
REFERENCE = EnrolmentReference(LEARNER, MODULE, None)
NUMBER = certificate_number(1)
PUBLIC_URL = "https://cme.example.org"
MODULE_URL = "https://learn.example.org/{module_id}/{edition}"

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PUBLISHED_AT = datetime(2026, 1, 14, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)

# An edition as its author sends it: without gaps, the test drawing 2 of 3 questions and 1 of 1.
AS_SENT: Mapping[str, Any] = {
    "title": "Oligometastatic Disease",
    "authors": ["Dr. Tolia"],
    "topics": ["metastasis"],
    "objectives": ["Define it", "Treat it"],
    "summary": "What it is and how it is treated.",
    "medium": "presentation",
    "slides": 71,
    "minutes": 52,
    "presentation_url": "https://example.org/slides",
    "learning_format": "Enduring material (internet)",
    "provider": {"name": "Society of Oncology", "joint_provider": None},
    "signatory": {"name": "Prof. Signatory", "title": "Head of Education"},
    "faculty": [
        {
            "name": "Dr. Tolia",
            "role": "author",
            "credentials": "MD",
            "disclosure": {
                "relationships": [{"company": "Pharma Ltd", "nature": "speaker"}],
                "mitigated": True,
                "declared_on": "2026-01-10",
            },
        }
    ],
    "commercial_support": [],
    "credits": [
        {
            "scheme": "ESMO-MORA",
            "category": "Category 1",
            "maximum": "1.00",
            "step": "1.00",
            "activity_id": "ACT-1",
        }
    ],
    "members_only": True,
    "prerequisites": [],
    "released_on": "2026-01-15",
    "reviewed_on": "2026-01-15",
    "expires_on": "2028-01-14",
    "zone": "Europe/Zurich",
    "test": {
        "pools": [{"pool": "biology", "draw": 2}, {"pool": "treatment", "draw": 1}],
        "pass_mark": 70,
        "attempts": 3,
        "cooldown_hours": 24,
        "time_limit_minutes": 60,
        "grace_seconds": 30,
        "review": "never",
    },
    "viewing": {"required_percent": 0},
    "evaluation": {"required": False, "questions": []},
    "claim": "automatic",
    "claim_window_days": 30,
}


def as_sent(**changes: Any) -> dict[str, Any]:
    """An author's draft with some of its fields changed."""
    return {**deepcopy(dict(AS_SENT)), **changes}


def without_nulls(content: Any) -> Any:
    """What an author sent, a null meaning the same as nothing."""
    if isinstance(content, Mapping):
        return {name: without_nulls(value) for name, value in content.items() if value is not None}
    return [without_nulls(entry) for entry in content] if isinstance(content, list) else content


def a_content(**changes: Any) -> EditionContent:
    """A published edition's content; ``changes`` are of its fields, as domain values."""
    return replace(from_facts(without_nulls(AS_SENT), EditionContent), **changes)


def an_edition(edition: int = 1, **changes: Any) -> Edition:
    """A published edition; ``changes`` are of its content."""
    return Edition(
        module_id=MODULE,
        edition=edition,
        content=a_content(**changes),
        information_hash="hash-of-the-information",
        bank_revision=1,
    )


def the_terms(**changes: Any) -> TestTerms:
    """3 attempts, a day's cool-down, an hour, 30 s of grace, pass mark 70."""
    return replace(a_content().test, **changes)


def a_status(edition: int = 1, **changes: Any) -> EditionStatus:
    """The status of an edition that is open from 15 January 2026 to 14 January 2028 in Zurich."""
    return replace(an_edition(edition).status(PUBLISHED_AT), **changes)


def a_draft(edition: int = 1, *, bank: BankSummary | None = None, **changes: Any) -> Draft:
    """A draft with a bank; ``changes`` are of its content, as sent."""
    return Draft(module_id=MODULE, edition=edition, content=as_sent(**changes), bank=bank or a_bank().summary())


def an_offer(**changes: Any) -> CreditOffer:
    return replace(a_content().credits[0], **changes)


def a_scheme(**changes: Any) -> Scheme:
    scheme = Scheme(
        scheme="ESMO-MORA",
        name="ESMO Medical Oncologist's Recertification Approval",
        category="Category 1",
        step=Decimal("1.00"),
        maximum_validity_days=730,
        statement="{provider} records points: {amount}.",
        statement_version="1",
        professions=None,
    )
    return replace(scheme, **changes)


SCHEMES: Mapping[str, Scheme] = {
    scheme.scheme: scheme
    for scheme in (
        a_scheme(),
        a_scheme(scheme="EACCME", category="ECMEC", step=Decimal("0.50")),
        a_scheme(scheme="AMA-PRA", step=Decimal("0.25"), maximum_validity_days=1095, professions=("MD", "DO")),
    )
}


def a_question(question_id: str = "q1", pool: str = "biology", **changes: Any) -> Question:
    """A single-answer question about objective 1, with options a to d."""
    question = Question(
        question_id=QuestionId(question_id),
        pool=pool,
        objective=1,
        kind=Kind.SINGLE,
        shuffle=True,
        stem=f"What about {question_id}?",
        options=tuple(Option(option_id=OptionId(letter), text=f"Text {letter}") for letter in "abcd"),
    )
    return replace(question, **changes)


def an_entry(question_id: str = "q1", correct: str = "a", **changes: Any) -> KeyEntry:
    """The key to one question; ``correct`` names its right options by their letters."""
    entry = KeyEntry(
        question_id=QuestionId(question_id),
        objective=1,
        scoring=Scoring.EXACT,
        points=Fraction(1),
        options=4,
        correct=frozenset(OptionId(letter) for letter in correct),
        rationale="Because.",
    )
    return replace(entry, **changes)


def a_bank(revision: int = 1) -> Bank:
    """Pool biology with q1 to q3, pool treatment with q4, which takes several answers."""
    treatment = a_question("q4", "treatment", kind=Kind.MULTIPLE, objective=2)
    return Bank(revision=revision, questions=(a_question("q1"), a_question("q2"), a_question("q3"), treatment))


def a_key(revision: int = 1) -> AnswerKey:
    """Right are a, b and c of q1 to q3, and a with b of q4."""
    entries = [an_entry("q1", "a"), an_entry("q2", "b"), an_entry("q3", "c"), an_entry("q4", "ab", objective=2)]
    return AnswerKey(bank_revision=1, revision=revision, entries={entry.question_id: entry for entry in entries})


def a_form() -> Form:
    """q1 and q2 of pool biology, q4 of pool treatment."""
    asked = (("q1", Kind.SINGLE), ("q2", Kind.SINGLE), ("q4", Kind.MULTIPLE))
    options = tuple(OptionId(letter) for letter in "abcd")
    return Form(
        bank_revision=1,
        questions=tuple(
            FormQuestion(question_id=QuestionId(question), kind=kind, option_ids=options) for question, kind in asked
        ),
    )


def answers(**chosen: str) -> Answers:
    """Answers by question, the options by their letters: ``answers(q1="a", q4="ab")``."""
    return {QuestionId(question): tuple(OptionId(letter) for letter in letters) for question, letters in chosen.items()}


RIGHT = answers(q1="a", q2="b", q4="ab")
WRONG = answers(q1="b", q2="b", q4="a")


def a_score(points: int = 3, max_points: int = 3) -> Score:
    return Score(points=Fraction(points), max_points=Fraction(max_points), by_objective=())


def an_enrolment(state: EnrolmentState = EnrolmentState.CONFIRMED, **changes: Any) -> Enrolment:
    """Requested and confirmed a day ago, the information acknowledged."""
    enrolment = replace(
        Enrolment.requested(ENROLMENT, NOW - DAY),
        state=state,
        confirmed_at=NOW - DAY,
        acknowledged_hash=an_edition().information_hash,
        acknowledged_at=NOW - HOUR,
    )
    return replace(enrolment, **changes)


def an_attempt(number: int = 1, **changes: Any) -> Attempt:
    """An attempt in progress, started now, with an hour and 30 s of grace."""
    attempt = Attempt(
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        number=number,
        form=a_form(),
        started_at=NOW,
        ends_at=NOW + HOUR,
        grace_seconds=30,
        pass_mark=70,
    )
    return replace(attempt, **changes)


def a_graded_attempt(number: int = 1, *, passed: bool, at: datetime = NOW, **changes: Any) -> Attempt:
    """An attempt handed in at ``at``, a minute after its start, and graded a minute later."""
    attempt = an_attempt(number, started_at=at - MINUTE, ends_at=at + HOUR - MINUTE).submitted(
        RIGHT if passed else WRONG, at
    )
    return replace(attempt.graded(a_score(3 if passed else 1), 1, at + MINUTE), **changes)


def a_profile(**changes: Any) -> Profile:
    return replace(Profile(learner_id=LEARNER, name="Ada Lovelace", profession="MD"), **changes)


def a_contact(**changes: Any) -> Contact:
    """As the id token has it, before anything was said in the profile."""
    return replace(Contact(learner_id=LEARNER, email="ada@example.org", name="Dr. A. Lovelace"), **changes)


def a_credit_line(**changes: Any) -> CreditLine:
    line = CreditLine(
        scheme="ESMO-MORA",
        category="Category 1",
        amount=Decimal("1.00"),
        activity_id="ACT-1",
        statement="Society of Oncology records points: 1.00.",
        statement_version="1",
    )
    return replace(line, **changes)


def a_certificate(number: CertificateNumber = NUMBER, **changes: Any) -> CertificateContent:
    """What version 1 says, completed and issued now."""
    content = CertificateContent(
        number=number,
        version=1,
        supersedes=None,
        reason=None,
        attested_name="Ada Lovelace",
        profession="MD",
        provider="Society of Oncology",
        joint_provider=None,
        module_id=MODULE,
        title="Oligometastatic Disease",
        edition=1,
        learning_format="Enduring material (internet)",
        completed_at=NOW,
        zone="Europe/Zurich",
        released_on=date(2026, 1, 15),
        reviewed_on=date(2026, 1, 15),
        expires_on=date(2028, 1, 14),
        credits=(a_credit_line(),),
        verification_url=f"{PUBLIC_URL}/verify/{number}?version=1",
        issued_at=NOW,
        signatory_name="Prof. Signatory",
        signatory_title="Head of Education",
    )
    return replace(content, **changes)


def a_claim(**changes: Any) -> Claim:
    """A claim whose place is that of its learner and edition."""
    key = f"{changes.get('learner_id', LEARNER)}/{changes.get('edition', 1)}"
    claim = Claim(
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        certificate=NUMBER,
        content=a_certificate(),
        show_name=False,
        status=a_place(crc32(key.encode()) % LIST_BITS),
    )
    return replace(claim, **changes)


def a_place(index: int, year: int = 2026) -> StatusPlace:
    """A place on the first list of a year."""
    return status_place(year, index)


def an_order(**changes: Any) -> Order:
    """What version 1 is to say; ``changes`` are of the content."""
    return Order(content=a_certificate(**changes), show_name=False, status=a_place(1))


def a_head(**changes: Any) -> CertificateHead:
    head = CertificateHead(number=NUMBER, learner_id=LEARNER, module_id=MODULE, edition=1, current=1)
    return replace(head, **changes)


def a_reissue(head: CertificateHead | None = None, latest: Order | None = None, **correction: Any) -> Reissue:
    """The order for the version after ``latest``; the first version unless another is given."""
    latest = latest or an_order()
    given = {"reason": "Name corrected", "requested_by": "admin", "public_url": PUBLIC_URL, "at": NOW, **correction}
    place = a_place(latest.status.index + 1)
    return (head or a_head()).reissue(latest, **{"status": place, **given})


def a_version(**changes: Any) -> CertificateVersion:
    digests = {"pdf_sha256": "ab" * 32, "credential_sha256": "cd" * 32, "jwt_sha256": "ef" * 32}
    return replace(CertificateVersion.of(an_order(), **digests), **changes)


def an_award(earned_on: str, amount: str = "1.00", **changes: Any) -> LedgerEntry:
    entry = LedgerEntry(
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        title="Oligometastatic Disease",
        scheme="ESMO-MORA",
        category="Category 1",
        amount=Decimal(amount),
        certificate=NUMBER,
        earned_on=earned_on,
    )
    return replace(entry, **changes)


def some_pools(**draws: int) -> tuple[PoolDraw, ...]:
    """``some_pools(biology=2)``: draw 2 from pool biology."""
    return tuple(PoolDraw(pool=pool, draw=draw) for pool, draw in draws.items())


def a_context(function: str = "step") -> Any:
    """What Lambda tells a function about the function itself."""
    return SimpleNamespace(
        function_name=function,
        memory_limit_in_mb=256,
        invoked_function_arn=f"arn:aws:lambda:eu-central-1:1:function:{function}",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: 5000,
    )
