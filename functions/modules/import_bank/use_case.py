"""Import: a question bank that was too large for a request, once it is uploaded."""

from collections.abc import Callable
from typing import Protocol

from shared.announcements import upload_awaited
from shared.banks import Attaching, attach_bank
from shared.domain.job import Job, Remark
from shared.domain.refusals import AlreadyPublished
from shared.events.modules import UploadAwaitedV1
from shared.exchange.bank_file import MAX_FILE_BYTES, BankFile, Malformed
from shared.ports import Clock, Jobs, Uploads

ReadBank = Callable[[str, bytes], BankFile]


class Importing(Attaching, Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def clock(self) -> Clock: ...


def import_upload(awaited: UploadAwaitedV1, read_bank: ReadBank, deps: Importing) -> None:
    """Attach the uploaded bank to its draft, or look again later; the queue's delay is the time between looks.

    The bank comes first, the job last: broken off in between, the file is imported again under the
    next revision. A message that is behind the job changes nothing.
    """
    job = deps.jobs.find(awaited.job)
    if job is None:
        raise LookupError(f"no job for {awaited.id}")
    if job.page != awaited.page or job.finished_at:
        return
    data = deps.uploads.fetch(job, MAX_FILE_BYTES)
    if data is not None:
        deps.jobs.save(_imported(job, data, read_bank, deps), announcing=[])
    elif job.expires_at and deps.clock.now() >= job.expires_at:
        late = Remark(1, "no file was uploaded in time")
        deps.jobs.save(job.failed((late,), deps.clock.now()), announcing=[])
    else:
        waited = job.waited(deps.clock.now())
        deps.jobs.save(waited, announcing=[upload_awaited(waited)])


def _imported(job: Job, data: bytes, read_bank: ReadBank, deps: Importing) -> Job:
    """The job with its outcome; what is wrong with the file, or with attaching it now, is told in it."""
    now = deps.clock.now()
    draft = deps.catalogue.draft(job.of_edition)
    if draft is None or job.media_type is None:
        raise LookupError(f"no draft or media type for {job.job}")
    try:
        file = read_bank(job.media_type, data)
        attach_bank(draft, file, deps)
    except Malformed as malformed:
        return job.failed(tuple(Remark(line, message) for line, message in malformed.errors), now)
    except AlreadyPublished as published:
        return job.failed((Remark(1, published.detail),), now)
    return job.imported(len(file.questions), tuple(Remark(part.line, part.reason) for part in file.skipped), now)
