"""/admin/learners, the enrolments of an edition, and evidence for auditors, to read: for admins."""

from http import HTTPStatus

from functions.enrolment.inspect.evidence import Evidence, draw_sample, gather_evidence
from functions.enrolment.inspect.use_case import LearnersPage, find_learners, list_enrolments, show_learner
from shared.api.contract import certification, enrolment, office
from shared.api.contract.modules import EditionQuery
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.operation import PageQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.ids import EnrolmentReference
from shared.facts import to_facts

lambda_handler = api = Api()


@api.operation(office.LIST_LEARNERS)
def get_learners(call: Call[None, office.LearnersQuery]) -> Answer:
    page = find_learners(call.query.q, call.query.limit, decode_cursor(call.query.cursor), deps())
    views = [office.FoundLearnerView.of(person) for person in page.entries]
    return Answer(HTTPStatus.OK, office.LearnersView(learners=views, next=encode_cursor(page.cursor)))


@api.operation(office.GET_LEARNER)
def get_learner(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, _view(show_learner(call.learner_id, deps(), at=call.at)))


def _view(page: LearnersPage) -> office.LearnerView:
    summary = certification.TranscriptView.of(page.transcript)
    return office.LearnerView(
        learner_id=page.learner_id,
        joined=[enrolment.JoinedView.of(other) for other in page.joined] or None,
        name=page.person.name,
        email=page.person.contact.email if page.person.contact else None,
        profile=certification.ProfileView.of(page.person.profile) if page.person.profile else None,
        membership=enrolment.MembershipView.of(page.membership) if page.membership else None,
        enrolments=[office.LearnersEnrolmentView.of(one, page.attempts.get(one.id, [])) for one in page.enrolments],
        certificates=[
            office.LearnersCertificateView.of(head, page.entries.get(head.number, [])) for head in page.heads
        ],
        accommodations=[enrolment.AccommodationView.of(granted) for granted in page.accommodations],
        totals=summary.totals,
        cycle=summary.cycle,
    )


@api.operation(office.LIST_ENROLMENTS)
def get_enrolments(call: Call[None, PageQuery]) -> Answer:
    page, people = list_enrolments(call.edition_id, call.query.limit, decode_cursor(call.query.cursor), deps())
    return Answer(HTTPStatus.OK, office.EnrolledListView.of(page.entries, people, encode_cursor(page.cursor)))


@api.operation(office.SAMPLE_ENROLMENTS)
def get_sample(call: Call[None, office.SampleQuery]) -> Answer:
    sample = draw_sample(call.edition_id, call.query.n, call.query.seed, deps())
    views = [office.EnrolledView.of(one, sample.people[one.learner_id].name) for one in sample.enrolments]
    return Answer(HTTPStatus.OK, office.SampleView(seed=sample.seed, enrolled=sample.enrolled, enrolments=views))


@api.operation(office.GET_EVIDENCE)
def get_evidence(call: Call[None, EditionQuery]) -> Answer:
    reference = EnrolmentReference(call.learner_id, call.module_id, call.query.edition)
    return Answer(HTTPStatus.OK, _bundle(gather_evidence(reference, deps())))


def _bundle(found: Evidence) -> office.EvidenceView:
    enrolment, head = found.enrolment, found.head
    told = enrolment.acknowledged_hash and office.AcknowledgedView(
        information_hash=enrolment.acknowledged_hash,
        acknowledged_at=enrolment.acknowledged_at,
        content=dict(found.information) if found.information else None,
    )
    return office.EvidenceView(
        learner_id=enrolment.learner_id,
        name=found.person.name,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
        title=found.edition.content.title,
        enrolment=office.EnrolledView.of(enrolment, found.person.name),
        terms=to_facts(enrolment.terms) if enrolment.terms else None,
        information=told or None,
        viewed=office.ViewedView(
            seconds=enrolment.viewing.seconds,
            segments=list(enrolment.viewing.segments),
            slides=list(enrolment.viewing.slides),
        ),
        attempts=[
            office.AuditedAttemptView.of(attempt, found.banks[attempt.form.bank_revision]) for attempt in found.attempts
        ],
        evaluation=dict(enrolment.evaluation) if enrolment.evaluation is not None else None,
        evaluated_at=enrolment.evaluated_at,
        certificate=enrolment.certificate,
        versions=[
            office.AuditedVersionView.of(version.order.content, head, version.record)
            for version in found.versions
            if head
        ],
        entries=[certification.TranscriptEntryView.of(entry) for entry in found.entries],
    )
