"""/admin/jobs/{job}: for authors and admins; /admin/exports, /admin/queues and /admin/audit: for admins."""

from http import HTTPStatus

from functions.operations.oversee.audit import list_acts, verify_audit
from functions.operations.oversee.exports import accept_export, start_export
from functions.operations.oversee.queues import redrive, show_queues
from functions.operations.oversee.use_case import show_job
from shared.api.contract import operations as contract
from shared.api.contract import oversight
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.GET_JOB)
def get_job(call: Call[None, None]) -> Answer:
    job, delivery = show_job(call.job, deps(), by_admin=call.caller.is_admin, at=call.at)
    view = contract.JobView.of(job)
    if delivery is None:
        return Answer(HTTPStatus.OK, view)
    return Answer(HTTPStatus.OK, view.delivering(delivery.address, delivery.skips))


@api.operation(contract.POST_EXPORT)
def post_export(call: Call[contract.ExportBody, None]) -> Answer:
    terms = call.body.terms(contract.export_kind(call.path["kind"]))
    return Answer(HTTPStatus.ACCEPTED, contract.JobReceiptView(job=start_export(terms, deps(), at=call.at).job))


@api.operation(contract.PUT_ACCEPTANCE)
def put_acceptance(call: Call[None, None]) -> Answer:
    job, accepted_at = accept_export(call.job, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.AcceptanceView(job=job.job, accepted_at=accepted_at))


@api.operation(oversight.LIST_AUDIT)
def get_audit(call: Call[None, oversight.AuditQuery]) -> Answer:
    page = list_acts(call.query.first, call.query.limit, decode_cursor(call.query.cursor), deps())
    entries = [oversight.AuditEntryView.of(entry) for entry in page.entries]
    return Answer(HTTPStatus.OK, oversight.AuditView(entries=entries, next=encode_cursor(page.cursor)))


@api.operation(oversight.VERIFY_AUDIT)
def get_verification(call: Call[None, oversight.AuditVerificationQuery]) -> Answer:
    check = verify_audit(call.query.first, deps())
    return Answer(HTTPStatus.OK, oversight.AuditVerificationView.of(check.verdict, check.head, check.following))


@api.operation(oversight.LIST_QUEUES)
def get_queues(call: Call[None, None]) -> Answer:  # noqa: ARG001 - all queues, whoever asks
    states = show_queues(deps())
    views = [oversight.QueueView.of(each.queue, each.backlog, each.failures, each.redriven_at) for each in states]
    return Answer(HTTPStatus.OK, oversight.QueuesView(queues=views))


@api.operation(oversight.REDRIVE)
def post_redrive(call: Call[None, None]) -> Answer:
    sent = redrive(call.path["queue"], deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, oversight.RedriveView(queue=sent.queue, moved=sent.moved, left=sent.left))
