"""/admin/jobs/{job}: for authors and admins."""

from http import HTTPStatus

from functions.operations.oversee.use_case import show_job
from shared.api.contract import operations as contract
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.GET_JOB)
def get_job(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.JobView.of(show_job(call.job, deps())))
