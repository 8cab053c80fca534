"""/admin/learners and the enrolments of an edition, to read: for admins."""

from http import HTTPStatus

from functions.enrolment.inspect.use_case import LearnersPage, find_learners, list_enrolments, show_learner
from shared.api.contract import certification, enrolment, office
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.operation import PageQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

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
