"""Wherever a learner is told an instant, they are told the zone to show it in."""

from datetime import timedelta

from tests.flow.journey import World, answered, instant
from tests.flow.story import end_of

NEW_YORK = "America/New_York"


def test_instants_come_with_the_providers_zone(world: World) -> None:
    module = world.published(zone=NEW_YORK, test={"time_limit_minutes": 20, "cooldown_hours": 24})
    card = answered(world.public(module.path))
    assert (card["zone"], instant(card["expires_at"])) == (NEW_YORK, end_of(module))
    ada = world.learner().is_ready_for(module)
    form = ada.begins()
    assert (form["zone"], instant(form["deadline"])) == (NEW_YORK, world.now + timedelta(minutes=20))
    assert answered(ada.attempt())["zone"] == NEW_YORK
    answered(ada.submit(module.wrong(form)), 202)
    world.deliver()
    enrolment = ada.enrolment()
    assert enrolment["zone"] == NEW_YORK
    assert instant(enrolment["expires_at"]) == end_of(module)
    assert instant(enrolment["next_attempt_at"]) == world.now + timedelta(hours=24)


def test_an_early_retirement_is_the_end_that_the_learner_is_told(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    world.wait(hours=1)
    answered(world.author.retires(module))
    assert instant(ada.enrolment()["expires_at"]) == world.now


def test_slides_shown_are_evidence_beside_the_segments_watched(world: World) -> None:
    ada = world.learner().is_ready_for(world.published())
    world.wait(minutes=10)
    views = answered(ada.ask("POST", f"{ada.module.path}/enrolment/views", {"segments": [[0, 60]], "slides": [1, 2]}))
    assert views == {"viewed_seconds": 60, "viewed_slides": 2}
    views = answered(ada.ask("POST", f"{ada.module.path}/enrolment/views", {"segments": [], "slides": [2, 3, 9999]}))
    assert views == {"viewed_seconds": 60, "viewed_slides": 3}
    assert ada.enrolment()["viewed_slides"] == 3


def test_the_terms_of_the_confirmation_are_kept_with_the_enrolment(world: World) -> None:
    module = world.published(viewing={"required_percent": 50})
    ada = world.learner().is_ready_for(module)
    [kept] = world.facts_of(ada, "ENROLMENT")
    terms = kept["terms"]
    assert terms["viewing"] == {"required_percent": 50}
    assert (terms["test"]["pass_mark"], terms["test"]["attempts"]) == (70, 3)
    assert [offer["maximum"] for offer in terms["credits"]] == ["1.00"]
