"""Cognito: the user pool in which learners have their accounts."""

from typing import Any

from shared.domain.ids import LearnerId


class CognitoAccounts:
    """See ``ports.Accounts``. A user is found by ``sub``, whatever the pool takes for the user's name."""

    def __init__(self, client: Any, pool: str) -> None:
        self._client = client
        self._pool = pool

    def remove(self, learner_id: LearnerId) -> None:
        found = self._client.list_users(UserPoolId=self._pool, Filter=f'sub = "{learner_id}"')
        for user in found["Users"]:
            try:
                self._client.admin_delete_user(UserPoolId=self._pool, Username=user["Username"])
            except self._client.exceptions.UserNotFoundException:
                continue  # another delivery was quicker


class NoAccounts:
    """See ``ports.Accounts``: where accounts are kept elsewhere, they are removed there, by hand."""

    def remove(self, learner_id: LearnerId) -> None:
        """Nothing to be done here."""
