"""The account of an erased learner is removed from the pool, whatever the pool calls its users, and no other is."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.system import LocalSystem
from shared.adapters.cognito import CognitoAccounts
from shared.bootstrap import Deps
from shared.domain.ids import LearnerId


@pytest.fixture(scope="module")
def cognito(engine: LocalSystem) -> Any:
    return engine.aws("cognito-idp")


@pytest.fixture
def pool(cognito: Any) -> Iterator[str]:
    made = cognito.create_user_pool(PoolName="learners")["UserPool"]["Id"]
    yield str(made)
    cognito.delete_user_pool(UserPoolId=made)


def joined(cognito: Any, pool: str, name: str) -> LearnerId:
    """The sub of somebody who joined the pool."""
    user = cognito.admin_create_user(UserPoolId=pool, Username=name)["User"]
    return LearnerId(next(one["Value"] for one in user["Attributes"] if one["Name"] == "sub"))


def names(cognito: Any, pool: str) -> list[str]:
    return sorted(user["Username"] for user in cognito.list_users(UserPoolId=pool)["Users"])


def test_one_account_is_removed_by_its_sub_and_stays_removed(cognito: Any, pool: str) -> None:
    ada, _ = joined(cognito, pool, "ada"), joined(cognito, pool, "ben")
    accounts = CognitoAccounts(cognito, pool)
    accounts.remove(ada)
    assert names(cognito, pool) == ["ben"]
    accounts.remove(ada)
    assert names(cognito, pool) == ["ben"]


def test_who_has_no_account_here_is_none_the_worse(cognito: Any, pool: str) -> None:
    joined(cognito, pool, "ben")
    CognitoAccounts(cognito, pool).remove(LearnerId("someone-else"))
    assert names(cognito, pool) == ["ben"]


def test_without_a_pool_there_is_no_account_to_remove(deps: Deps, cognito: Any, pool: str) -> None:
    ada = joined(cognito, pool, "ada")
    deps.accounts.remove(ada)
    assert names(cognito, pool) == ["ada"]
