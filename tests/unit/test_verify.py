"""Verify: what anyone may learn of a certificate, and nothing of a number that isn't one."""

import pytest

from functions.certification.verify.use_case import show_keys, show_status_list, verify
from shared.domain.certificate_number import certificate_number
from shared.domain.refusals import NotFound
from tests.support.builders import NOW, NUMBER, a_head, a_place, a_version
from tests.support.fakes import FakeSigner, World


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


def test_the_key_that_signs_now_is_shown_before_it_has_signed_anything() -> None:
    world = World()
    assert show_keys(world) == [world.signer.public_key()]


def test_keys_that_signed_before_are_shown_after_it_and_each_once() -> None:
    world = World()
    former, current = FakeSigner().public_key(), world.signer.public_key()
    for key in (former, current):
        world.issuer_keys.keep(key)
    assert show_keys(world) == [current, former]


def test_a_list_is_shown_as_it_is_out() -> None:
    world = World()
    list_id = a_place(0).list_id
    with pytest.raises(NotFound):
        show_status_list(list_id, world)
    published = world.status_lists.save(world.issuer.status_list(list_id, [1], NOW))
    assert show_status_list(list_id, world) == published
