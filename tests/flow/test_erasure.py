"""An erasure waits for what is under way, and its evidence ends six years after completion."""

from datetime import timedelta

from tests.flow.journey import JSON, World, answered, everything, problem

NAME = "Zenobia Quint-Okonkwo"
ERASED = (409, "learner-erased")


def test_an_erasure_waits_for_an_attempt_and_lets_it_end_but_nothing_begin(world: World) -> None:
    module, other = world.published(), world.published()
    ada = world.learner("zq", name=NAME).is_ready_for(module)
    form = ada.begins()
    job = ada.asks_to_be_erased()
    world.go_on_with_what_waits(minutes=6)
    waiting = answered(world.admin.job(job))
    assert (waiting["state"], waiting["waiting_for"]) == ("running", ["attempt-under-way"])
    assert problem(ada.ask("PUT", f"{other.path}/enrolment")) == ERASED
    answered(ada.save(module.right(form)))
    answered(ada.submit(), 202)
    world.deliver()
    number = ada.enrolment()["certificate"]
    assert ada.pdf(number)
    world.go_on_with_what_waits(minutes=61)
    assert answered(world.admin.job(job))["state"] == "finished"
    assert "holder" not in answered(world.public(f"/verify/{number}", **JSON))
    assert not [place for place, text in everything(world).items() if NAME in text]


def test_an_erasure_waits_until_what_was_reported_is_accepted(world: World) -> None:
    ada = world.learner("zq", name=NAME)
    ada.earns(world.published())
    answered(ada.introduce(reporting_consent=True))
    export = world.admin.exports("participants.csv").job["job"]
    job = ada.asks_to_be_erased()
    world.go_on_with_what_waits(minutes=6)
    assert answered(world.admin.job(job))["waiting_for"] == ["report-not-accepted"]
    answered(world.admin.accepts(export))
    world.go_on_with_what_waits(minutes=61)
    assert answered(world.admin.job(job))["state"] == "finished"


def test_who_completed_nothing_leaves_no_evidence(world: World) -> None:
    ada = world.learner("zq", name=NAME).is_ready_for(world.published())
    ada.asks_to_be_erased()
    world.go_on_with_what_waits(minutes=6)
    assert world.objects("EvidenceBucket") == {}
    assert not [place for place, text in everything(world).items() if NAME in text]


def test_evidence_is_destroyed_six_years_after_completion_and_not_before(world: World) -> None:
    ada = world.learner("zq", name=NAME)
    ada.earns(world.published())
    first = world.now
    world.wait(days=30)
    ada.earns(world.published())
    ada.asks_to_be_erased()
    world.go_on_with_what_waits(minutes=6)
    end = first.replace(year=first.year + 6)
    world.wait_until(end - timedelta(seconds=1))
    assert world.destroy_the_outdated() == 0
    documents = 3  # of each certificate
    assert len(world.objects("EvidenceBucket")) == 2 * documents + 1
    world.wait(seconds=1)
    assert world.destroy_the_outdated() == documents
    assert len(world.objects("EvidenceBucket")) == documents + 1
    world.wait(days=30)
    assert world.destroy_the_outdated() == documents + 1
    assert world.objects("EvidenceBucket") == {}
    assert world.due("LearningTable", "destroy") == []
    assert world.destroy_the_outdated() == 0
