"""Who is asking: the holder of an id token, in groups as the HTTP API tells them."""

import pytest

from shared.api.caller import Caller, groups_in
from shared.api.problems import Forbidden
from shared.domain.ids import LearnerId
from shared.domain.learner import Contact


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[author admin]", {"author", "admin"}),
        ("[author]", {"author"}),
        ("author", {"author"}),
        ("[]", set()),
        ("", set()),
        (None, set()),
        (["author", "admin"], {"author", "admin"}),
        ([], set()),
        (5, set()),
    ],
)
def test_groups_are_read_however_they_are_handed_over(claim: object, groups: set[str]) -> None:
    assert groups_in(claim) == groups


def test_a_group_is_not_part_of_another_groups_name() -> None:
    with pytest.raises(Forbidden):
        Caller.of({"token_use": "id", "sub": "x", "cognito:groups": "[administrators]"}).require_any(
            frozenset({"author"})
        )


@pytest.mark.parametrize("token_use", ["access", "refresh", "", None])
def test_only_an_id_token_names_a_caller(token_use: str | None) -> None:
    with pytest.raises(Forbidden):
        Caller.of({"token_use": token_use, "sub": "dr-a"})


def test_claims_that_say_nothing_name_nobody() -> None:
    with pytest.raises(Forbidden):
        Caller.of({})


@pytest.mark.parametrize(
    ("of_caller", "wanted", "allowed"),
    [
        ("[author]", {"author"}, True),
        ("[admin]", {"author"}, True),
        ("[admin]", {"admin"}, True),
        ("[author]", {"admin"}, False),
        ("[]", {"author"}, False),
        ("[]", set(), True),
    ],
)
def test_an_admin_may_do_everything_and_others_what_their_groups_may(
    of_caller: str, wanted: set[str], allowed: bool
) -> None:
    caller = Caller.of({"token_use": "id", "sub": "dr-a", "cognito:groups": of_caller})
    if allowed:
        caller.require_any(frozenset(wanted))
        return
    with pytest.raises(Forbidden):
        caller.require_any(frozenset(wanted))


CLAIMS = {
    "token_use": "id",
    "sub": "dr-a",
    "email": "ada@example.org",
    "email_verified": "true",
    "name": "Ada Lovelace",
    "locale": "de-CH",
}


def test_a_verified_address_is_where_a_caller_is_written_to() -> None:
    assert Caller.of(CLAIMS).contact == Contact(
        learner_id=LearnerId("dr-a"), email="ada@example.org", name="Ada Lovelace", language="de-CH"
    )


@pytest.mark.parametrize(("locale", "language"), [("de_CH", "de-CH"), ("fr", "fr"), ("", None), (None, None)])
def test_a_locale_is_read_in_either_spelling(locale: str | None, language: str | None) -> None:
    contact = Caller.of({**CLAIMS, "locale": locale}).contact
    assert contact
    assert contact.language == language


@pytest.mark.parametrize("verified", [True, "true", "True"])
def test_that_an_address_is_verified_is_read_however_it_is_handed_over(verified: object) -> None:
    assert Caller.of({**CLAIMS, "email_verified": verified}).contact


@pytest.mark.parametrize(
    "claims", [{"email_verified": "false"}, {"email_verified": False}, {"email_verified": None}, {"email": ""}]
)
def test_an_address_that_is_not_verified_is_none(claims: dict[str, object]) -> None:
    assert Caller.of({**CLAIMS, **claims}).contact is None
