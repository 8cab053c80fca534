"""publish_status: in whatever order changes are told, the lists say how each version stands."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.certification.publish_status.use_case import StatusChanged, enter_status, publish_lists
from shared.domain.certificate import CertificateHead, RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.ids import CertificateNumber
from shared.events.certification import CertificateReissuedV1, CertificateRestoredV1, CertificateRevokedV1
from shared.ports import ConcurrentChange
from tests.support.builders import NOW, NUMBER, a_head, a_place, a_version
from tests.support.fakes import World

REVOKED = CertificateRevokedV1(at=NOW, certificate=NUMBER, version=1)
RESTORED = CertificateRestoredV1(at=NOW, certificate=NUMBER, version=1)
REISSUED = CertificateReissuedV1(at=NOW, certificate=NUMBER, version=2)


def a_world(versions: int = 1, number: CertificateNumber = NUMBER, world: World | None = None) -> World:
    """A certificate with so many versions, whose places are one after the other from 10 on."""
    world = world or World()
    world.certificates.kept.given(a_head(number=number, current=versions))
    for version in range(1, versions + 1):
        add_version(world, number, version)
    return world


def add_version(world: World, number: CertificateNumber, version: int) -> None:
    place = a_place(10 * (world.certificates.kept.all().index(head_of(world, number)) + 1) + version - 1)
    world.certificates.issued.given(a_version(number=number, number_of_version=version, status=place))


def head_of(world: World, number: CertificateNumber = NUMBER) -> CertificateHead:
    head = world.certificates.head(number)
    assert head is not None
    return head


def revoke(world: World, number: CertificateNumber = NUMBER) -> None:
    world.certificates.kept.save(head_of(world, number).revoked(RevocationReason.FRAUD, "", NOW))


def restore(world: World) -> None:
    world.certificates.kept.save(head_of(world).restored("no fraud", NOW))


def reissue(world: World) -> None:
    head = head_of(world)
    world.certificates.kept.save(replace(head, current=head.current + 1))
    add_version(world, NUMBER, head.current + 1)


def take_in(world: World, *changes: StatusChanged) -> None:
    """One batch."""
    bits: dict[Any, bool] = {}
    for change in changes:
        bits |= enter_status(change, world)
    publish_lists(bits, world)


def said(world: World, *indices: int) -> list[bool]:
    """What the list that is out says of these bits."""
    published = world.status_lists.find(a_place(0).list_id)
    assert published is not None
    return [published.says({index: True}) for index in indices]


def test_a_superseded_version_falls_and_the_new_one_stands() -> None:
    world = a_world(versions=2)
    take_in(world, REISSUED)
    assert said(world, 10, 11) == [True, False]


def test_a_revocation_fells_every_version() -> None:
    world = a_world(versions=3)
    revoke(world)
    take_in(world, REVOKED)
    assert said(world, 10, 11, 12) == [True, True, True]


def test_a_restoration_raises_the_current_version_alone() -> None:
    world = a_world(versions=2)
    revoke(world)
    take_in(world, REVOKED)
    restore(world)
    take_in(world, RESTORED)
    assert said(world, 10, 11) == [True, False]


def test_no_other_bit_is_touched() -> None:
    world = a_world(versions=2)
    take_in(world, REISSUED)
    assert list(world.status_lists.set_bits(a_place(0).list_id)) == [10]


@pytest.mark.parametrize("order", permutations([REISSUED, REVOKED, RESTORED]))
def test_told_late_and_in_any_order_the_last_state_is_what_counts(order: tuple[StatusChanged, ...]) -> None:
    world = a_world()
    reissue(world)
    revoke(world)
    restore(world)
    for change in order:
        take_in(world, change)
    assert said(world, 10, 11) == [True, False]


HAPPENINGS = {"reissue": (reissue, REISSUED), "revoke": (revoke, REVOKED), "restore": (restore, RESTORED)}


@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_however_messages_are_delayed_and_repeated_the_list_ends_as_the_certificate_stands(
    story: list[str], chance: Any
) -> None:
    world, waiting = a_world(), []
    for happening in story:
        if happening == "reissue" and head_of(world).revoked_for:
            continue
        change, event = HAPPENINGS[happening]
        change(world)
        waiting += [event] * chance.randint(1, 2)
        chance.shuffle(waiting)
        for _ in range(chance.randint(0, len(waiting))):
            take_in(world, waiting.pop())
    for event in waiting:
        take_in(world, event)
    head = head_of(world)
    versions = world.certificates.versions(NUMBER)
    if world.status_lists.find(a_place(0).list_id) is None:
        assert waiting == []
        return
    assert said(world, *(version.status.index for version in versions)) == [
        bool(head.revoked_for) or version.number_of_version < head.current for version in versions
    ]


def test_a_message_delivered_again_signs_no_list_again() -> None:
    world = a_world(versions=2)
    take_in(world, REISSUED)
    published, signed = world.status_lists.find(a_place(0).list_id), world.issuer.times
    take_in(world, REISSUED)
    take_in(world, REISSUED, REISSUED)
    assert (world.status_lists.find(a_place(0).list_id), world.issuer.times) == (published, signed)


def test_many_changes_at_once_sign_each_list_once() -> None:
    world = World()
    numbers = [certificate_number(seed) for seed in range(10)]
    for number in numbers:
        a_world(versions=2, number=number, world=world)
    take_in(world, *(replace(REISSUED, certificate=number) for number in numbers))
    assert world.issuer.times == 1
    assert len(world.status_lists.set_bits(a_place(0).list_id)) == len(numbers)


def test_what_others_have_entered_and_put_out_needs_no_list_of_its_own() -> None:
    """Two batches under way at once: the second finds its bits on the list of the first."""
    world = World()
    first, second = certificate_number(1), certificate_number(2)
    for number in (first, second):
        a_world(versions=2, number=number, world=world)
    bits = [enter_status(replace(REISSUED, certificate=number), world) for number in (first, second)]
    publish_lists(bits[0], world)
    publish_lists(bits[1], world)
    assert world.issuer.times == 1


def test_bits_of_a_certificate_that_changes_meanwhile_are_not_entered() -> None:
    world = a_world()
    revoke(world)
    world.certificates.kept.meanwhile = lambda: restore(world)
    with pytest.raises(ConcurrentChange):
        enter_status(REVOKED, world)
    assert world.status_lists.bits == {}
    assert not any(enter_status(REVOKED, world).values())


def test_an_older_list_never_takes_the_place_of_a_newer() -> None:
    world = World()
    late, early = certificate_number(1), certificate_number(2)
    for number in (late, early):
        a_world(versions=2, number=number, world=world)
    bits = enter_status(replace(REISSUED, certificate=early), world)

    def overtake() -> None:
        take_in(world, replace(REISSUED, certificate=late))

    world.status_lists.lists.meanwhile = overtake
    with pytest.raises(ConcurrentChange):
        publish_lists(bits, world)
    publish_lists(bits, world)
    assert sorted(world.status_lists.set_bits(a_place(0).list_id)) == [10, 20]
    assert said(world, 10, 20) == [True, True]


def test_broken_off_between_the_bits_and_the_list_the_next_delivery_puts_it_out() -> None:
    world = a_world(versions=2)
    enter_status(REISSUED, world)
    assert world.status_lists.find(a_place(0).list_id) is None
    take_in(world, REISSUED)
    assert said(world, 10, 11) == [True, False]


def test_lists_of_several_years_are_put_out_each() -> None:
    world = World()
    world.certificates.kept.given(a_head(current=2))
    for version, year in ((1, 2025), (2, 2026)):
        world.certificates.issued.given(a_version(number_of_version=version, status=a_place(7, year=year)))
    revoke(world)
    take_in(world, REVOKED)
    for year in (2025, 2026):
        published = world.status_lists.find(a_place(7, year=year).list_id)
        assert published is not None
        assert published.says({7: True})


def test_a_certificate_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        enter_status(REVOKED, World())
