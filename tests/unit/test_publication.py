"""An edition with gaps is not published, and its author is told all of them at once."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.edition import BankSummary
from shared.domain.publication import gaps
from tests.support.builders import SCHEMES, a_bank, as_sent

BANK = a_bank().summary()
TEXTS = (
    "title",
    "summary",
    "medium",
    "presentation_url",
    "learning_format",
    "provider.name",
    "signatory.name",
    "signatory.title",
    "zone",
)
# What a printed certificate can't show: a character without a glyph, and one that reorders text.
NOT_PRINTABLE = ("Society 😀", "Society\u202e")


def with_value(path: str, value: Any, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """A draft without gaps but for ``value`` at ``path`` (dots for fields, numbers for places)."""
    content = deepcopy(content or as_sent())
    *parents, last = (int(part) if part.isdecimal() else part for part in path.split("."))
    target: Any = content
    for parent in parents:
        target = target[parent]
    target[last] = value
    return content


def found(content: dict[str, Any], bank: BankSummary | None = BANK) -> set[str]:
    return {gap.field for gap in gaps(content, bank, SCHEMES)}


def test_an_edition_with_all_that_is_asked_has_no_gaps() -> None:
    assert gaps(as_sent(), BANK, SCHEMES) == []


def test_the_whole_list_is_told_at_once() -> None:
    fields = found({}, None)
    assert fields > set(TEXTS)
    assert fields > {
        "authors", "topics", "objectives", "faculty", "credits", "test.pools", "released_on", "reviewed_on",
        "expires_on", "slides", "minutes", "test.pass_mark", "test.attempts", "commercial_support", "members_only",
        "questions",
    }  # fmt: skip


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("blank", [None, "", "   ", "\u200b"])
def test_a_required_text_must_not_be_blank(path: str, blank: str | None) -> None:
    assert path in found(with_value(path, blank))


@pytest.mark.parametrize("path", ["provider", "signatory"])
def test_a_part_that_is_missing_altogether_misses_its_texts(path: str) -> None:
    assert f"{path}.name" in found(with_value(path, None))


@pytest.mark.parametrize("path", ["authors", "topics", "objectives", "faculty", "credits", "test.pools"])
@pytest.mark.parametrize("empty", [None, []])
def test_a_required_list_must_name_at_least_one(path: str, empty: list[str] | None) -> None:
    assert path in found(with_value(path, empty))


@pytest.mark.parametrize("path", ["authors", "topics", "objectives"])
def test_no_entry_of_a_required_list_may_be_blank(path: str) -> None:
    assert f"{path}[0]" in found(with_value(f"{path}.0", " "))


@pytest.mark.parametrize(
    "path", ["released_on", "reviewed_on", "expires_on", "slides", "minutes", "test.pass_mark", "test.attempts"]
)
def test_dates_and_numbers_must_be_given(path: str) -> None:
    assert path in found(with_value(path, None))


def test_whether_the_edition_is_for_members_must_be_stated() -> None:
    assert found(with_value("members_only", None)) == {"members_only"}
    assert found(with_value("members_only", False)) == set()


def test_commercial_support_must_be_stated() -> None:
    unstated = as_sent()
    del unstated["commercial_support"]
    assert found(unstated) == {"commercial_support"}


@pytest.mark.parametrize("none", [None, []])
@pytest.mark.parametrize("path", ["commercial_support", "prerequisites"])
def test_null_and_an_empty_list_both_mean_none(path: str, none: list[str] | None) -> None:
    assert found(with_value(path, none)) == set()


@pytest.mark.parametrize("none", [None, []])
def test_a_disclosure_may_state_that_there_are_no_relationships(none: list[str] | None) -> None:
    disclosure = {"relationships": none, "mitigated": None, "declared_on": "2026-01-10"}
    assert found(with_value("faculty.0.disclosure", disclosure)) == set()


def test_no_joint_provider_is_no_gap() -> None:
    assert found(with_value("provider.joint_provider", None)) == set()


def test_a_zone_must_be_known() -> None:
    assert found(with_value("zone", "Europe/Atlantis")) == {"zone"}


@pytest.mark.parametrize("text", NOT_PRINTABLE)
@pytest.mark.parametrize(
    "path",
    [
        "title",
        "learning_format",
        "provider.name",
        "provider.joint_provider",
        "signatory.name",
        "signatory.title",
    ],
)
def test_what_a_certificate_prints_must_be_printable(path: str, text: str) -> None:
    assert found(with_value(path, text)) == {path}


@pytest.mark.parametrize("field", ["category", "activity_id"])
@pytest.mark.parametrize("text", [None, " ", *NOT_PRINTABLE])
def test_what_a_certificate_prints_of_a_credit_must_be_there_and_printable(field: str, text: str | None) -> None:
    assert found(with_value(f"credits.0.{field}", text)) == {f"credits[0].{field}"}


def test_an_edition_must_not_expire_before_its_release() -> None:
    assert found(as_sent(expires_on="2026-01-14", reviewed_on="2026-01-14")) == {"expires_on"}
    assert found(as_sent(expires_on="2026-01-15")) == set()


def test_an_edition_must_not_be_reviewed_after_its_expiry() -> None:
    assert found(with_value("reviewed_on", "2028-01-15")) == {"reviewed_on"}
    assert found(with_value("reviewed_on", "2028-01-14")) == set()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_edition_is_valid_no_longer_than_each_of_its_schemes_allows(scheme: str) -> None:
    content = with_value("credits.0.scheme", scheme)
    longest = date(2026, 1, 15) + timedelta(days=SCHEMES[scheme].maximum_validity_days)
    assert found({**content, "expires_on": longest.isoformat()}) == set()
    assert found({**content, "expires_on": (longest + timedelta(days=1)).isoformat()}) == {"expires_on"}


@pytest.mark.parametrize(
    ("released_on", "oldest"),
    [("2026-01-15", "2024-01-15"), ("2024-02-29", "2022-02-28")],
    ids=["an ordinary day", "a leap day"],
)
def test_a_disclosure_is_at_most_24_months_old_on_the_release_date(released_on: str, oldest: str) -> None:
    content = as_sent(released_on=released_on, reviewed_on=released_on, expires_on=released_on)
    path = "faculty.0.disclosure.declared_on"
    assert found(with_value(path, oldest, content)) == set()
    too_old = (date.fromisoformat(oldest) - timedelta(days=1)).isoformat()
    assert found(with_value(path, too_old, content)) == {"faculty[0].disclosure.declared_on"}


@pytest.mark.parametrize("field", ["name", "role", "credentials"])
def test_a_person_in_control_of_content_is_named_with_role_and_credentials(field: str) -> None:
    assert found(with_value(f"faculty.0.{field}", "")) == {f"faculty[0].{field}"}


@pytest.mark.parametrize(
    "disclosure",
    [None, {}, {"relationships": []}, {"declared_on": "2026-01-10"}, {"relationships": [], "declared_on": None}],
)
def test_a_person_in_control_of_content_must_have_declared(disclosure: dict[str, Any] | None) -> None:
    assert found(with_value("faculty.0.disclosure", disclosure)) == {"faculty[0].disclosure"}


@pytest.mark.parametrize("field", ["company", "nature"])
def test_a_relationship_names_company_and_nature(field: str) -> None:
    path = f"faculty.0.disclosure.relationships.0.{field}"
    assert found(with_value(path, None)) == {f"faculty[0].disclosure.relationships[0].{field}"}


@pytest.mark.parametrize("mitigated", [None, False])
def test_relevant_relationships_must_have_been_mitigated(mitigated: bool | None) -> None:
    assert found(with_value("faculty.0.disclosure.mitigated", mitigated)) == {"faculty[0].disclosure.mitigated"}


@pytest.mark.parametrize("scheme", [None, "", "NOBODY"])
def test_credit_is_of_a_known_scheme(scheme: str | None) -> None:
    assert found(with_value("credits.0.scheme", scheme)) == {"credits[0].scheme"}


@pytest.mark.parametrize("field", ["maximum", "step"])
def test_maximum_and_step_must_be_given(field: str) -> None:
    assert found(with_value(f"credits.0.{field}", None)) == {"credits[0].maximum"}


@pytest.mark.parametrize("step", ["0.00", "0.50", "1.50"])
def test_a_step_is_a_multiple_of_the_schemes_step(step: str) -> None:
    assert found(with_value("credits.0.step", step)) == {"credits[0].step"}


@pytest.mark.parametrize("maximum", ["0.00", "0.50", "1.50"])
def test_a_maximum_is_a_positive_multiple_of_the_step(maximum: str) -> None:
    assert found(with_value("credits.0.maximum", maximum)) == {"credits[0].maximum"}


def test_each_scheme_is_named_once() -> None:
    offer = as_sent()["credits"][0]
    assert found(as_sent(credits=[offer, {**offer, "activity_id": "ACT-2"}])) == {"credits"}


def test_an_edition_without_a_bank_has_a_gap() -> None:
    assert found(as_sent(), None) == {"questions"}


def test_every_pool_must_hold_what_is_drawn_from_it() -> None:
    assert found(with_value("test.pools.0.draw", BANK.pools["biology"])) == set()
    assert found(with_value("test.pools.0.draw", BANK.pools["biology"] + 1)) == {"test.pools[0]"}
    assert found(with_value("test.pools.1.pool", "nobody's")) == {"test.pools[1]"}


def test_a_pool_named_twice_would_draw_a_question_twice() -> None:
    pools = [{"pool": "biology", "draw": 2}, {"pool": "biology", "draw": 2}]
    assert found(with_value("test.pools", pools)) == {"test.pools"}


def test_every_question_tests_an_objective_of_the_edition() -> None:
    assert found(with_value("objectives", ["Only one"])) == {"questions"}


def test_a_required_evaluation_asks_something_and_comes_before_a_claim() -> None:
    asks = {"required": True, "questions": [{"question_id": "e1", "text": "Was it useful?", "options": []}]}
    assert found(as_sent(evaluation=asks, claim="claimed")) == set()
    assert found(as_sent(evaluation={**asks, "questions": []}, claim="claimed")) == {"evaluation.questions"}
    assert found(as_sent(evaluation=asks, claim="automatic")) == {"evaluation.required"}
