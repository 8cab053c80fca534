"""Import: an uploaded bank is attached once it has come; until then the job looks again, and says what went wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.modules.author.use_case import UPLOAD_WINDOW, await_upload, keep_draft
from functions.modules.import_bank.use_case import import_upload
from shared.api.bank import read_bank
from shared.domain.job import Job, Remark
from shared.domain.refusals import AlreadyPublished, NotFound
from shared.events.modules import UploadAwaitedV1
from shared.ports import ConcurrentChange
from tests.support.builders import EDITION, MINUTE, NOW
from tests.support.fakes import BrokenOff, World

GIFT = "text/x-gift"
FILE = b"::One:: Which? {=this ~that}\n\nWrite! {}\n"


def a_world() -> World:
    """With a draft."""
    world = World()
    keep_draft(EDITION, {"title": "New"}, None, world)
    return world


def awaiting(world: World, media_type: str = GIFT) -> Job:
    job, address = await_upload(EDITION, media_type, world, at=NOW)
    assert address.url.endswith(job.job)
    return job


def look(world: World, place: int = -1) -> Job:
    """Deliver the last (or another) look that was announced; the job afterwards."""
    awaited = world.told(UploadAwaitedV1)[place]
    import_upload(awaited, read_bank, world)
    job = world.jobs.find(awaited.job)
    assert job is not None
    return job


def test_an_uploaded_bank_is_attached_and_what_it_left_out_is_told() -> None:
    world = a_world()
    job = awaiting(world)
    world.uploads.files[job.job] = FILE
    done = look(world)
    assert (done.total, done.done, done.errors, done.finished_at) == (1, 1, (), NOW)
    assert [remark.line for remark in done.skipped] == [3]
    draft = world.catalogue.draft(EDITION)
    assert draft is not None
    assert draft.bank is not None
    assert draft.bank.pools == {"default": 1}


def test_before_the_file_has_come_the_job_looks_again() -> None:
    world = a_world()
    job = awaiting(world)
    assert look(world).finished_at is None
    assert look(world).page == 2
    assert len({event.id for event in world.told(UploadAwaitedV1)}) == 3
    world.uploads.files[job.job] = FILE
    assert look(world).finished_at == NOW


def test_a_look_delivered_again_changes_nothing() -> None:
    world = a_world()
    awaiting(world)
    look(world)
    announced = list(world.announced)
    look(world, 0)
    assert world.announced == announced


def test_a_file_that_never_comes_ends_the_wait() -> None:
    world = a_world()
    awaiting(world)
    world.clock.at = NOW + UPLOAD_WINDOW - timedelta(milliseconds=1)
    assert look(world).finished_at is None
    world.clock.at = NOW + UPLOAD_WINDOW
    ended = look(world)
    assert ended.errors == (Remark(1, "no file was uploaded in time"),)
    assert len(world.told(UploadAwaitedV1)) == 2


@pytest.mark.parametrize(
    ("media_type", "file"),
    [(GIFT, b"Which? {=this ~that\n"), ("application/json", b'{"questions": []}'), ("application/zip", b"no zip")],
)
def test_a_malformed_file_fails_the_job_with_its_lines_and_attaches_nothing(media_type: str, file: bytes) -> None:
    world = a_world()
    job = awaiting(world, media_type)
    world.uploads.files[job.job] = file
    failed = look(world)
    assert failed.finished_at == NOW
    assert failed.errors
    assert all(remark.line >= 1 for remark in failed.errors)
    draft = world.catalogue.draft(EDITION)
    assert draft is not None
    assert draft.bank is None


def test_a_draft_that_was_published_meanwhile_keeps_its_bank() -> None:
    world = a_world()
    job = awaiting(world)
    world.uploads.files[job.job] = FILE
    draft = world.catalogue.draft(EDITION)
    assert draft is not None
    world.catalogue.save_draft(replace(draft, published_at=NOW))
    assert look(world).errors


def test_broken_off_after_the_bank_the_import_is_done_again() -> None:
    world = a_world()
    job = awaiting(world)
    world.uploads.files[job.job] = FILE

    def end() -> None:
        raise BrokenOff

    world.jobs.meanwhile = end
    with pytest.raises(BrokenOff):
        look(world)
    assert look(world).done == 1


def test_asked_again_the_import_that_waits_is_found() -> None:
    world = a_world()
    job = awaiting(world)
    again, _ = await_upload(EDITION, GIFT, world, at=NOW + MINUTE)
    assert again == job
    assert len(world.told(UploadAwaitedV1)) == 1


def test_after_an_import_the_next_file_gets_a_run_of_its_own() -> None:
    world = a_world()
    job = awaiting(world)
    world.uploads.files[job.job] = FILE
    look(world)
    again, _ = await_upload(EDITION, GIFT, world, at=NOW + MINUTE)
    assert (again.job, again.started_at, again.finished_at, again.skipped) == (job.job, NOW + MINUTE, None, ())


def test_another_kind_of_file_takes_the_place_of_the_one_that_was_awaited() -> None:
    world = a_world()
    awaiting(world)
    again, _ = await_upload(EDITION, "text/x-aiken", world, at=NOW + MINUTE)
    assert again.media_type == "text/x-aiken"


def test_only_a_draft_takes_an_upload() -> None:
    with pytest.raises(NotFound):
        await_upload(EDITION, GIFT, World(), at=NOW)
    world = a_world()
    draft = world.catalogue.draft(EDITION)
    assert draft is not None
    world.catalogue.save_draft(replace(draft, published_at=NOW))
    with pytest.raises(AlreadyPublished):
        await_upload(EDITION, GIFT, world, at=NOW)


def test_two_who_ask_at_once_open_one_import() -> None:
    world = a_world()
    world.jobs.meanwhile = lambda: await_upload(EDITION, GIFT, world, at=NOW + MINUTE)
    with pytest.raises(ConcurrentChange):
        await_upload(EDITION, GIFT, world, at=NOW)
    assert len(world.told(UploadAwaitedV1)) == 1
