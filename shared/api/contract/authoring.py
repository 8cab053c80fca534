"""The authors' operations about editions as a whole: all of them, one as a learner will see it, and errata."""

from datetime import date, datetime
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Literal, Self

from pydantic import Field

from shared.api.contract.assessment import QuestionView
from shared.api.contract.modules import AUTHORS, EDITION, Day, ErratumView, GapView, ModuleView
from shared.api.operation import Operation, PageQuery
from shared.api.shapes import Body, Instant, Text, View
from shared.domain.availability import EditionStatus
from shared.domain.edition import Disclosure, Draft, Edition, Erratum, Relationship


class EditionSummaryView(View):
    """``questions`` is how many the attached bank holds; the instants come once there are any."""

    module_id: str
    edition: int
    title: str | None
    state: Literal["draft", "published", "retired"]
    open: bool
    released_on: date | None
    expires_on: date | None
    questions: int
    published_at: Instant | None = None
    retired_at: Instant | None = None

    @classmethod
    def of(cls, draft: Draft, status: EditionStatus | None, at: datetime) -> Self:
        retired_at = status.terminates_at if status and at >= status.terminates_at else None
        return cls(
            module_id=draft.module_id,
            edition=draft.edition,
            title=draft.content.get("title"),
            state="retired" if retired_at else "published" if status else "draft",
            open=bool(status and status.is_open(at)),
            released_on=draft.content.get("released_on"),
            expires_on=draft.content.get("expires_on"),
            questions=sum(draft.bank.pools.values()) if draft.bank else 0,
            published_at=status.published_at if status else None,
            retired_at=retired_at,
        )


class EditionsView(View):
    modules: list[EditionSummaryView]
    next: str | None


class PreviewView(View):
    """``module`` comes once the draft has no gaps; ``questions`` are one form, drawn anew each time."""

    module: ModuleView | None = None
    gaps: list[GapView]
    questions: list[QuestionView]


class DeclaredRelationshipBody(Body):
    company: Annotated[str, Field(min_length=1, max_length=1000)]
    nature: Annotated[str, Field(min_length=1, max_length=1000)]


class CorrectedDisclosureBody(Body):
    relationships: list[DeclaredRelationshipBody]
    mitigated: bool = True
    declared_on: Day

    def disclosure(self) -> Disclosure:
        return Disclosure(
            declared_on=self.declared_on,
            relationships=tuple(
                Relationship(company=relationship.company, nature=relationship.nature)
                for relationship in self.relationships
            ),
            mitigated=self.mitigated,
        )


class ErratumBody(Body):
    """What was wrong, in words for learners. With ``name`` (one of the faculty), what they disclose instead."""

    text: Annotated[Text, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    name: Text | None = None
    disclosure: CorrectedDisclosureBody | None = None

    def erratum(self, by: str, at: datetime) -> Erratum:
        return Erratum(
            text=self.text,
            reason=self.reason,
            by=by,
            published_at=at,
            name=self.name,
            disclosure=self.disclosure.disclosure() if self.disclosure else None,
        )


class PublishedErratumView(ErratumView):
    """What learners are told, and why and by whom."""

    reason: str
    by: str

    @classmethod
    def of(cls, erratum: Erratum) -> Self:
        return cls(**dict(ErratumView.of(erratum)), reason=erratum.reason, by=erratum.by)


class ErrataView(View):
    """All errata of an edition, the first first, and the hash that learners have to acknowledge now."""

    errata: list[PublishedErratumView]
    information_hash: str

    @classmethod
    def of(cls, edition: Edition) -> Self:
        views = [PublishedErratumView.of(erratum) for erratum in edition.errata]
        return cls(errata=views, information_hash=edition.information_hash)


LIST_EDITIONS = Operation(
    id="listEditions",
    summary="All editions of all modules, drafts too",
    method=HTTPMethod.GET,
    path="/admin/modules",
    query=PageQuery,
    answers={HTTPStatus.OK: EditionsView},
    groups=AUTHORS,
)
PREVIEW_EDITION = Operation(
    id="previewEdition",
    summary="What the learner will see, a drawn form, and what is still missing",
    method=HTTPMethod.GET,
    path=f"{EDITION}/preview",
    answers={HTTPStatus.OK: PreviewView},
    problems=("not-found",),
    groups=AUTHORS,
)
PUBLISH_ERRATUM = Operation(
    id="publishErratum",
    summary="Correct the information of a published edition; learners acknowledge it anew before the next attempt",
    method=HTTPMethod.POST,
    path=f"{EDITION}/errata",
    body=ErratumBody,
    answers={HTTPStatus.CREATED: ErrataView, HTTPStatus.OK: ErrataView},
    problems=("not-found",),
    groups=AUTHORS,
)
LIST_ERRATA = Operation(
    id="listErrata",
    summary="What was corrected in the information of a published edition, when, why and by whom",
    method=HTTPMethod.GET,
    path=f"{EDITION}/errata",
    answers={HTTPStatus.OK: ErrataView},
    problems=("not-found",),
    groups=AUTHORS,
)
OPERATIONS = (LIST_EDITIONS, PREVIEW_EDITION, PUBLISH_ERRATUM, LIST_ERRATA)
