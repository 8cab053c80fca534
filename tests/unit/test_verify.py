"""Verify: what anyone may learn of a certificate, and nothing of a number that isn't one."""

import pytest

from functions.certification.verify.use_case import verify
from shared.domain.certificate_number import certificate_number
from tests.support.builders import NUMBER, a_head, a_version
from tests.support.fakes import World


def a_world() -> World:
    """A certificate whose second version is current."""
    world = World()
    world.certificates.kept.given(a_head(current=2))
    world.certificates.issued.given(a_version(), a_version(number_of_version=2, supersedes=1))
    return world


@pytest.mark.parametrize(("asked", "shown"), [(None, 2), (1, 1), (2, 2)])
def test_the_current_version_is_verified_unless_another_is_named(asked: int | None, shown: int) -> None:
    found = verify(NUMBER, asked, a_world())
    assert found is not None
    version, history = found
    assert (version.number_of_version, history.head.current) == (shown, 2)
    assert [each.number_of_version for each in history.versions] == [1, 2]


@pytest.mark.parametrize(
    ("number", "version"),
    [
        (NUMBER, 3),
        (certificate_number(99), None),
        (NUMBER[:-1] + "*", None),
        (NUMBER.lower(), None),
        ("", None),
        ("x" * 500, None),
    ],
    ids=["no such version", "never issued", "mistyped", "lower case", "nothing", "far too long"],
)
def test_what_was_never_issued_is_unknown(number: str, version: int | None) -> None:
    assert verify(number, version, a_world()) is None
