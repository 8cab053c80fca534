"""Erasure: what a learner takes back, what must stay as evidence and until when, and what is left under a pseudonym."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.certificate import CertificateContent, CertificateHead, CertificateHistory, Reissue
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber, LearnerId
from shared.domain.learner import Contact, Membership, Profile, SearchTerm
from shared.domain.reporting import Kept, Reported

# Whoever asked before the mark was set is answered by then: no request takes half a minute.
GRACE = timedelta(minutes=5)
# What is under way is looked at again after this time.
RECHECK = timedelta(hours=1)
# Source: ACCME, participation is verified for six years from completion.
YEARS_KEPT = 6


def kept_until(completed_at: datetime) -> datetime:
    """Six years after completion; of 29 February the day after."""
    try:
        return completed_at.replace(year=completed_at.year + YEARS_KEPT)
    except ValueError:
        return completed_at.replace(year=completed_at.year + YEARS_KEPT, month=3, day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A document that was put into the evidence store, and until when it is kept there.

    ``original`` names the very copy it was made of, which goes.
    """

    certificate: CertificateNumber
    version: int
    document: str
    original: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedName:
    """The name on one version of a certificate."""

    certificate: CertificateNumber
    version: int
    name: str
    profession: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the pseudonym ``learner_id`` is: kept in the evidence store alone."""

    learner_id: LearnerId
    profile: Profile | None
    contact: Contact | None
    attested: tuple[AttestedName, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A learner's erasure, from the mark on, after which nothing new begins, to the last of the evidence.

    ``person`` are all identities that are erased together, the primary first. ``kept_at`` is when the evidence was put
    aside, ``erased_at`` when everything else was done. ``evidence`` and ``identity_until`` are what is still kept.
    """

    learner_id: LearnerId
    requested_at: datetime
    marked_at: datetime
    person: tuple[LearnerId, ...] = ()
    kept_at: datetime | None = None
    erased_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    identity_until: datetime | None = None
    version: int = 0

    @property
    def erases_from(self) -> datetime:
        return self.marked_at + GRACE

    def kept(self, evidence: Sequence[Evidence], identity: Identity | None, at: datetime) -> Self:
        return replace(self, evidence=tuple(evidence), identity_until=identity.until if identity else None, kept_at=at)

    def erased(self, at: datetime) -> Self:
        return replace(self, erased_at=at)

    @property
    def destroys_at(self) -> datetime | None:
        """When the first of what is kept is to be destroyed; None where nothing is, or before the erasure is done."""
        ends = [each.until for each in self.evidence] + ([self.identity_until] if self.identity_until else [])
        return min(ends, default=None) if self.erased_at else None

    def outdated(self, at: datetime) -> Sequence[Evidence]:
        return [each for each in self.evidence if each.until <= at]

    def identity_is_outdated(self, at: datetime) -> bool:
        return self.identity_until is not None and self.identity_until <= at

    def destroyed(self, at: datetime) -> Self:
        """Without what is outdated."""
        return replace(
            self,
            evidence=tuple(each for each in self.evidence if each.until > at),
            identity_until=None if self.identity_is_outdated(at) else self.identity_until,
        )


def identity_of(learner_id: LearnerId, records: Sequence[object], profile: Profile | None) -> Identity | None:
    """Who the learner is, for six years from the last completion; None where nothing was ever completed.

    ``profile`` is the person's: that of their primary identity.
    """
    completions = [one.passed_at for one in records if isinstance(one, Enrolment) and one.passed_at]
    contents = contents_of(records)
    completions += [content.completed_at for content in contents]
    if not completions:
        return None
    return Identity(
        learner_id=learner_id,
        profile=profile,
        contact=next((one for one in records if isinstance(one, Contact)), None),
        attested=tuple(
            AttestedName(
                certificate=content.number,
                version=content.version,
                name=content.attested_name,
                profession=content.profession,
            )
            for content in contents
        ),
        until=kept_until(max(completions)),
    )


def contents_of(records: Sequence[object]) -> Sequence[CertificateContent]:
    """What each version of each certificate among ``records`` says."""
    return [one.content for one in records if isinstance(one, (Claim, Reissue))]


# Why an erasure waits.
ATTEMPT = "attempt-under-way"
REGRADE = "regrade-under-way"
CERTIFICATE = "certificate-not-issued"
REPORT = "report-not-accepted"


def under_way(
    records: Sequence[object],
    heads: Mapping[CertificateNumber, CertificateHead],
    accepted_at: Mapping[str, datetime | None],
    now: datetime,
) -> Sequence[str]:
    """What of the learner has to end first. What was ordered of a revoked certificate is never issued: it ends nothing.

    ``accepted_at`` has the job of each proposal.
    """
    found = set()
    for one in records:
        match one:
            case Attempt() if one.is_open or one.is_pending:
                found.add(ATTEMPT)
            case Attempt() if one.regrade_asked_at:
                found.add(REGRADE)
            case Claim() if not one.certified:
                found.add(CERTIFICATE)
            case Reissue() if not one.issued and not _is_revoked(heads.get(one.certificate)):
                found.add(CERTIFICATE)
            case Reported() if one.settled(accepted_at, now).proposals:
                found.add(REPORT)
    return sorted(found)


def _is_revoked(head: CertificateHead | None) -> bool:
    return head is not None and head.revoked_for is not None


def anonymous(history: CertificateHistory) -> CertificateHistory:
    """A certificate's public record without its holder's name, and without what was noted in free words."""
    return CertificateHistory(
        replace(history.head, revocation_note=None, restoration_reason=None),
        [replace(version, holder="") for version in history.versions],
    )


def pseudonymised(record: object, at: datetime) -> Any:
    """What is left of a record at the erasure: itself without anything that names the learner; None where nothing is.

    Raise TypeError for a kind of record that nobody thought of.
    """
    match record:
        # What was entered by hand was never anybody's evidence.
        case Profile() | Contact() | SearchTerm() | Membership() | LedgerEntry(is_self_reported=True):
            return None
        case Attempt() | LedgerEntry() | Erasure():
            return record  # ids, times, points: no words of the learner's
        case Accommodation():
            return replace(record, reason="")  # it may tell of an illness
        case Enrolment():
            return _without_words(record.withdrawn(at) if record.is_open else record)
        case Claim() | Reissue():
            return replace(record, content=_without_name(record.content), show_name=False)
        case Reported():
            return replace(record, accepted={key: _unsaid(kept) for key, kept in record.accepted.items()}, proposals=())
    raise TypeError(f"nobody said what is left of a {type(record).__name__}")


def _without_words(enrolment: Enrolment) -> Enrolment:
    """An evaluation, and why a pass was entered by hand, may say anything: that they were given is kept."""
    return replace(
        enrolment,
        evaluation={} if enrolment.evaluation else enrolment.evaluation,
        by_hand=replace(enrolment.by_hand, reason="") if enrolment.by_hand else None,
    )


def _without_name(content: CertificateContent) -> CertificateContent:
    """A reissue's reason often says how the name was spelt."""
    return replace(content, attested_name="", reason="" if content.reason else content.reason)


def _unsaid(kept: Kept) -> Kept:
    """That something was reported, and of which day; not what it said."""
    return Kept(on=kept.on, facts={})
