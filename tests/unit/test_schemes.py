"""Accreditation schemes are data: what each allows, whom it admits, and that a file is enough for another."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from shared.adapters.schemes import PackagedSchemes, schemes_in
from shared.domain.claim import ClaimedCredit, full_credit, require_claimable
from shared.domain.publication import gaps
from shared.domain.refusals import CreditNotAllowed
from tests.support.builders import a_bank, a_content, an_offer, as_sent

FOLDER = Path(__file__).parents[2] / "shared/schemes"
ANOTHER = {
    "scheme": "DFP",
    "name": "Diplom-Fortbildungs-Programm",
    "category": "E-learning",
    "step": "0.50",
    "maximum_validity_days": 365,
    "statement": "{provider} records points: {amount}.",
    "statement_version": "1",
    "professions": ["MD"],
}


@pytest.mark.parametrize(
    ("scheme", "step", "days", "admits_a_nurse"),
    [
        ("ESMO-MORA", "1.00", 730, True),
        ("EACCME", "0.50", 730, True),
        ("AMA-PRA", "0.25", 1095, False),
        ("ACCME", "0.25", 1095, True),
    ],
)
def test_each_accreditor_has_its_step_its_validity_and_its_audience(
    scheme: str, step: str, days: int, admits_a_nurse: bool
) -> None:
    found = PackagedSchemes().all()[scheme]
    assert (found.step, found.maximum_validity_days) == (Decimal(step), days)
    assert found.admits("MD")
    assert found.admits("Nurse") is admits_a_nurse
    assert found.statement_version
    assert "1.00" in found.statement.format(provider="Society", amount="1.00")


def test_a_scheme_is_added_by_adding_a_file(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    content = as_sent(
        credits=[{"scheme": "DFP", "category": "E-learning", "maximum": "1.50", "step": "0.50", "activity_id": "1"}]
    )
    assert {gap.field for gap in gaps(content, a_bank().summary(), schemes_in(tmp_path))} == {"credits[0].scheme"}
    (tmp_path / "dfp.json").write_text(json.dumps(ANOTHER), "utf-8")
    schemes = schemes_in(tmp_path)
    # Its own rules hold at once, that of a year's validity too.
    assert {gap.field for gap in gaps(content, a_bank().summary(), schemes)} == {"expires_on"}
    assert gaps(content | {"expires_on": "2027-01-14"}, a_bank().summary(), schemes) == []
    offer = an_offer(scheme="DFP", maximum=Decimal("1.50"), step=Decimal("0.50"))
    edition = a_content(credits=(offer,))
    assert [credit.amount for credit in full_credit(edition, "MD", schemes)] == [Decimal("1.50")]
    assert full_credit(edition, "Nurse", schemes) == []
    require_claimable([ClaimedCredit(scheme="DFP", amount=Decimal("0.50"))], edition, "MD", schemes)
    for amount, profession in (("0.75", "MD"), ("2.00", "MD"), ("0.50", "Nurse")):
        with pytest.raises(CreditNotAllowed):
            require_claimable([ClaimedCredit(scheme="DFP", amount=Decimal(amount))], edition, profession, schemes)
