"""/admin/modules/{module_id}/editions/{edition}: drafts, banks, publication, retirement."""

from http import HTTPStatus

from functions.modules.author.use_case import (
    attach,
    await_upload,
    bank_images,
    correct,
    keep_draft,
    list_editions,
    preview,
    publish,
    retire_early,
    show_bank,
    show_draft,
    show_published,
)
from shared.api.bank import read_bank
from shared.api.contract import authoring, modules
from shared.api.contract.assessment import questions_of
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.etag import etag, version_in
from shared.api.operation import PageQuery
from shared.api.resolver import Answer, Api, Call, File
from shared.bootstrap import deps
from shared.domain.edition import Draft
from shared.domain.refusals import ImportFailed
from shared.exchange.bank_file import BankFile, Malformed
from shared.exchange.formats import write

lambda_handler = api = Api()


def _read(file: File) -> BankFile:
    """The bank in a file; raise ImportFailed with every error and its line."""
    try:
        return read_bank(file.media_type, file.data)
    except Malformed as malformed:
        errors = [{"line": line, "msg": message} for line, message in malformed.errors]
        raise ImportFailed(errors=errors) from None


def _as_sent(status: HTTPStatus, draft: Draft) -> Answer:
    return Answer(status, modules.EditionAsSentView(**draft.content), {"ETag": etag(draft.version)})


@api.operation(modules.GET_EDITION)
def get_edition(call: Call[None, None]) -> Answer:
    return _as_sent(HTTPStatus.OK, show_draft(call.edition_id, deps()))


@api.operation(authoring.LIST_EDITIONS)
def get_editions(call: Call[None, PageQuery]) -> Answer:
    page = list_editions(call.query.limit, decode_cursor(call.query.cursor), deps())
    views = [authoring.EditionSummaryView.of(draft, status, call.at) for draft, status in page.entries]
    return Answer(HTTPStatus.OK, authoring.EditionsView(modules=views, next=encode_cursor(page.cursor)))


@api.operation(modules.PUT_EDITION)
def put_edition(call: Call[modules.EditionBody, modules.CopyQuery]) -> Answer:
    content = call.body.model_dump(mode="json", exclude_unset=True)
    seen = version_in(call.headers)
    draft, created = keep_draft(call.edition_id, content, seen, deps(), source=call.query.source)
    return _as_sent(HTTPStatus.CREATED if created else HTTPStatus.OK, draft)


@api.operation(authoring.PREVIEW_EDITION)
def get_preview(call: Call[None, None]) -> Answer:
    shown = preview(call.edition_id, deps(), at=call.at)

    def link(name: str) -> str:
        return deps().bank_images.address(call.edition_id, name, call.at).url

    view = authoring.PreviewView(
        module=modules.ModuleView.of_edition(shown.edition, shown.status, is_open=shown.status.is_open(call.at))
        if shown.edition and shown.status
        else None,
        gaps=[modules.GapView.of(gap) for gap in shown.gaps],
        questions=questions_of(shown.form, shown.bank, link) if shown.form and shown.bank else [],
    )
    return Answer(HTTPStatus.OK, view)


@api.operation(authoring.PUBLISH_ERRATUM)
def post_erratum(call: Call[authoring.ErratumBody, None]) -> Answer:
    edition, added = correct(call.edition_id, call.body.erratum(call.caller.learner_id, call.at), deps())
    return Answer(HTTPStatus.CREATED if added else HTTPStatus.OK, authoring.ErrataView.of(edition))


@api.operation(authoring.LIST_ERRATA)
def get_errata(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, authoring.ErrataView.of(show_published(call.edition_id, deps())))


@api.operation(modules.PUT_QUESTIONS)
def put_questions(call: Call[File, None]) -> Answer:
    file = _read(call.body)
    bank = attach(call.edition_id, file, deps())
    pools = [modules.PoolView(pool=pool, questions=held) for pool, held in sorted(bank.summary().pools.items())]
    skipped = [modules.SkippedView(line=part.line, reason=part.reason) for part in file.skipped]
    receipt = modules.BankReceiptView(questions=len(bank.questions), pools=pools, skipped=skipped)
    return Answer(HTTPStatus.OK, receipt)


@api.operation(modules.UPLOAD_QUESTIONS)
def post_upload(call: Call[modules.UploadBody, None]) -> Answer:
    job, address = await_upload(call.edition_id, call.body.media_type, deps(), at=call.at)
    view = modules.UploadView(job=job.job, url=address.url, expires_at=address.expires_at)
    return Answer(HTTPStatus.ACCEPTED, view)


@api.operation(modules.GET_QUESTIONS)
def get_questions(call: Call[None, None]) -> Answer:
    bank, key = show_bank(call.edition_id, deps())
    media_type = next((each for each in modules.EXPORTS if call.accepts(each)), None)
    if media_type is None:
        return Answer(HTTPStatus.OK, modules.BankView.of(bank, key))
    exported = write(media_type, bank, key, bank_images(call.edition_id, bank, key.entries.values(), deps()))
    return Answer(HTTPStatus.OK, exported, media_type=media_type)


@api.operation(modules.PUBLISH_EDITION)
def post_publication(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, modules.PublicationView.of(publish(call.edition_id, deps(), at=call.at)))


@api.operation(modules.RETIRE_EDITION)
def post_retirement(call: Call[modules.RetirementBody, None]) -> Answer:
    status = retire_early(call.edition_id, call.body.reason, deps(), at=call.at)
    view = modules.RetirementView(module_id=status.module_id, edition=status.edition, retired_at=status.terminates_at)
    return Answer(HTTPStatus.OK, view)
