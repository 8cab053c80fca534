"""Rehearsal: whom a regrade would change, a page of a large edition at a time; nothing is graded."""

from typing import Protocol

from shared.domain.regrade import Effect, effect_on
from shared.events.operations import RehearsalAdvancedV1
from shared.jobs import next_page
from shared.ports import AnswerKeys, Attempts, Clock, Enrolments, Jobs

PAGE = 100


class Rehearsing(Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def clock(self) -> Clock: ...


def rehearse_page(advanced: RehearsalAdvancedV1, deps: Rehearsing) -> None:
    """Look at one page, and save what it adds and where the next one starts, in one write.

    So a page counts once, however often it is delivered or broken off; a page that is done is left alone.
    """
    job = deps.jobs.find(advanced.job)
    if job is None:
        raise LookupError(f"no job for {advanced.id}")
    if job.page != advanced.page or job.cursor is None:
        return
    proposal = deps.answer_keys.proposed(job.job)
    key = deps.answer_keys.of(job.of_edition, proposal.bank_revision).amended(proposal.entry)
    page, cursor = deps.enrolments.of_edition(job.of_edition, job.cursor, PAGE)
    effect = sum((effect_on(deps.attempts.of(enrolment), key) for enrolment in page), Effect())
    done = job.rehearsed(len(page), effect, cursor, deps.clock.now())
    deps.jobs.save(done, announcing=[next_page(done)] if done.cursor else [])
