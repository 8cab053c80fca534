"""jobs, rests queues: module.retired | job.advanced | job.rested -> job.advanced, job.rested, and what a job tells."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.work.use_case import do_page, tell_enrolments
from shared.bootstrap import consume, deps
from shared.events.modules import ModuleRetiredV1
from shared.events.operations import JobAdvancedV1, JobRestedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(
        event,
        context,
        {
            ModuleRetiredV1: lambda retired: tell_enrolments(retired, deps()),
            JobAdvancedV1: lambda advanced: do_page(advanced, deps()),
            JobRestedV1: lambda rested: do_page(rested, deps()),
        },
    )
