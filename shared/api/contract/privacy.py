"""The operations of privacy: what is held about the learner, and that it be erased."""

from http import HTTPMethod, HTTPStatus
from typing import Any, Self

from shared.api.contract.operations import JobReceiptView
from shared.api.operation import Operation
from shared.api.shapes import Instant, View
from shared.domain.holdings import ELSEWHERE, WITHHELD, Holdings


class RecordsOfKindView(View):
    kind: str
    records: int


class KeptElsewhereView(View):
    """What is kept outside of the exported records: where, why and for how long, in words."""

    what: str
    where: str
    why: str
    how_long: str


class ManifestView(View):
    """``withheld`` names the fields left out of the records: they would tell which answers were right."""

    learner_id: str
    made_at: Instant
    records: list[RecordsOfKindView]
    withheld: list[str]
    elsewhere: list[KeptElsewhereView]


class PersonalDataView(View):
    """The records of each kind in the manifest, as they are stored."""

    manifest: ManifestView
    records: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, holdings: Holdings) -> Self:
        records = {kind: [dict(facts) for facts in found] for kind, found in sorted(holdings.records.items())}
        manifest = ManifestView(
            learner_id=holdings.learner_id,
            made_at=holdings.at,
            records=[RecordsOfKindView(kind=kind, records=len(found)) for kind, found in records.items()],
            withheld=sorted(WITHHELD),
            elsewhere=[
                KeptElsewhereView(what=each.what, where=each.where, why=each.why, how_long=each.how_long)
                for each in ELSEWHERE
            ],
        )
        return cls(manifest=manifest, records=records)


EXPORT_ME = Operation(
    id="exportPersonalData",
    summary="Everything held about the learner, with a manifest",
    method=HTTPMethod.GET,
    path="/me/export",
    answers={HTTPStatus.OK: PersonalDataView},
)
ERASE_ME = Operation(
    id="erasePersonalData",
    summary="Erase the learner's personal data, as a job that waits for what is under way; asked again, the same job",
    method=HTTPMethod.DELETE,
    path="/me",
    answers={HTTPStatus.ACCEPTED: JobReceiptView},
)
OPERATIONS = (EXPORT_ME, ERASE_ME)
