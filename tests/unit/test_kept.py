"""A process keeps what was asked for last, as much of it as there is room for."""

from shared.adapters.dynamo.kept import Kept


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept: Kept[str, int] = Kept(10)
    kept.put("a", 1, weight=5)
    kept.put("b", 2, weight=5)
    assert kept.get("a") == 1
    kept.put("c", 3, weight=5)
    assert dict(kept.items()) == {"a": 1, "c": 3}
    assert kept.get("b") is None


def test_what_is_heavier_than_there_is_room_for_is_kept_alone() -> None:
    kept: Kept[str, int] = Kept(10)
    kept.put("a", 1, weight=1)
    kept.put("b", 2, weight=11)
    assert dict(kept.items()) == {"b": 2}


def test_what_is_put_again_takes_the_place_of_what_was_there() -> None:
    kept: Kept[str, int] = Kept(10)
    kept.put("a", 1, weight=6)
    kept.put("a", 2, weight=6)
    kept.put("b", 3, weight=4)
    assert dict(kept.items()) == {"a": 2, "b": 3}
