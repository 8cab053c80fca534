"""Regrade: a faulty question is mended for everybody, once, interrupted or repeated, and nobody loses a pass."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from pydantic import ValidationError

from functions.assessment.grade.use_case import grade_attempt
from functions.assessment.regrade.use_case import regrade, try_regrade
from functions.assessment.rehearse.use_case import rehearse_page
from functions.assessment.settle.use_case import settle_grade
from functions.enrolment.lapse.use_case import lapse_enrolment
from functions.operations.work.use_case import PAGE, do_page
from shared.api.contract.answer_key import RegradeBody
from shared.api.contract.operations import JobView
from shared.domain.attempt import Attempt, AttemptState, Grade
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.form import Answers
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, OptionId, QuestionId
from shared.domain.job import PATIENCE, Job, JobKind
from shared.domain.questions import AnswerKey, Scoring
from shared.domain.refusals import InvalidRequest, NotFound
from shared.domain.regrade import Amendment, Effect
from shared.domain.scoring import score
from shared.events.assessment import (
    AttemptFailedV1,
    AttemptPassedV1,
    AttemptRegradeRequestedV1,
    AttemptSubmittedV1,
)
from shared.events.certification import CreditClaimedV1
from shared.events.enrolment import (
    EnrolmentAttemptFailedV1,
    EnrolmentLapsedV1,
    EnrolmentPassedV1,
    RetirementReachedV1,
)
from shared.events.event import Event
from shared.events.operations import JobAdvancedV1, JobEvent, JobRestedV1, RehearsalAdvancedV1
from shared.facts import dump
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    EDITION,
    HOUR,
    LEARNER,
    MINUTE,
    MODULE,
    NOW,
    RIGHT,
    a_bank,
    a_form,
    a_key,
    a_profile,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
    answers,
)
from tests.support.fakes import BrokenOff, World

LATER = NOW + 10 * DAY
Q1, Q2, Q4 = QuestionId("q1"), QuestionId("q2"), QuestionId("q4")
REASON = "The guideline has changed."
# With a pass mark of 70 of q1, q2 and q4 all three are needed.
TWO_OF_THREE = answers(q1="b", q2="b", q4="ab")


def a_rekey(question: QuestionId = Q1, correct: str = "b", reason: str = REASON) -> Amendment:
    options = frozenset(OptionId(letter) for letter in correct)
    return Amendment(question_id=question, correct=options, reason=reason)


def a_void(question: QuestionId = Q1) -> Amendment:
    return Amendment(question_id=question, correct=None, reason=REASON)


def enrolment_id(learner: str) -> EnrolmentId:
    return EnrolmentId(LearnerId(learner), MODULE, 1)


def a_world(key: AnswerKey | None = None, **sheets: Answers) -> World:
    """Learners whose first attempt was answered so, graded and settled; now it is ten days later."""
    world = World()
    world.publish()
    world.question_banks.put(EDITION, a_bank())
    world.answer_keys.put(EDITION, key or a_key())
    for learner, sheet in sheets.items():
        world.enrolments.given(replace(an_enrolment(), learner_id=LearnerId(learner)))
        world.profiles.given(a_profile(learner_id=LearnerId(learner)))
        world.attempts.given(an_attempt(learner_id=LearnerId(learner)).submitted(sheet, NOW))
        grade_attempt(submitted(learner), world)
    deliver(world)
    world.announced.clear()
    world.clock.at = LATER
    return world


def submitted(learner: str) -> AttemptSubmittedV1:
    return AttemptSubmittedV1(
        at=NOW, learner_id=learner, module_id=MODULE, edition=1, attempt=1, submitted_at=NOW, by="learner"
    )


def deliver(world: World, *, kinds: tuple[type[Event], ...] = (), times: int = 1) -> None:
    """Deliver all that is announced, ``times`` each, until nothing new is; ``kinds`` are left on the queue."""
    steps: dict[type[Event], Callable[..., None]] = {
        JobAdvancedV1: do_page,
        JobRestedV1: do_page,
        RehearsalAdvancedV1: rehearse_page,
        AttemptRegradeRequestedV1: grade_attempt,
        AttemptPassedV1: settle_grade,
        AttemptFailedV1: settle_grade,
    }
    done = 0
    while done < len(world.announced):
        event = world.announced[done]
        done += 1
        if type(event) in steps and type(event) not in kinds:
            for _ in range(times):
                steps[type(event)](event, world)


def attempt_of(world: World, learner: str = "dr_a") -> Attempt:
    found = world.attempts.find(AttemptId(enrolment_id(learner), 1))
    assert found is not None
    return found


def enrolment_of(world: World, learner: str = "dr_a") -> Enrolment:
    found = world.enrolments.find(enrolment_id(learner))
    assert found is not None
    return found


def state_of(world: World, learner: str = "dr_a") -> EnrolmentState:
    return enrolment_of(world, learner).state


def everything_in(world: World) -> object:
    return (
        world.attempts.all(),
        world.enrolments.all(),
        world.jobs.all(),
        world.claims.all(),
        world.answer_keys.of(EDITION, 1),
        list(world.announced),
    )


def interrupt() -> None:
    raise BrokenOff


# The dry run.


@pytest.mark.parametrize(
    ("amendment", "effect"),
    [
        # dr_b has chosen b of q1, dr_a and dr_c a; dr_c has all else wrong; dr_d has not answered.
        (a_rekey(), Effect(attempts=4, newly_passed=1, points_changed=3)),
        (a_rekey(correct="a"), Effect(attempts=4, newly_passed=0, points_changed=0)),
        (a_void(), Effect(attempts=4, newly_passed=1, points_changed=4)),
        (a_rekey(QuestionId("q3")), Effect(attempts=4, newly_passed=0, points_changed=0)),
    ],
    ids=["rekeyed", "rekeyed as it was", "voided", "a question that nobody was asked"],
)
def test_a_dry_run_says_who_changes_and_changes_nothing(amendment: Amendment, effect: Effect) -> None:
    world = a_world(dr_a=RIGHT, dr_b=TWO_OF_THREE, dr_c=answers(q1="a"), dr_d={})
    world.attempts.given(an_attempt(2, learner_id=LearnerId("dr_c")))
    before = everything_in(world)
    assert try_regrade(EDITION, amendment, world, at=LATER) == effect
    assert everything_in(world) == before


def test_a_dry_run_reads_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.assessment.regrade.use_case.PAGE", 2)
    world = a_world(**{f"dr_{number:03d}": TWO_OF_THREE for number in range(5)})
    effect = try_regrade(EDITION, a_void(), world, at=LATER)
    assert effect == Effect(attempts=5, newly_passed=5, points_changed=5)


AT_ONCE = 4


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> World:
    """More learners than a dry run looks at in its request: one more has passed, all others are to pass."""
    monkeypatch.setattr("functions.assessment.regrade.use_case.AT_ONCE", AT_ONCE)
    monkeypatch.setattr("functions.assessment.rehearse.use_case.PAGE", 2)
    learners = {f"dr_{number:03d}": TWO_OF_THREE for number in range(AT_ONCE)}
    return a_world(dr_a=RIGHT, **learners)


def test_a_dry_run_over_a_crowd_is_a_job_that_says_the_same_and_changes_nothing(crowd: World) -> None:
    before = everything_in(crowd)
    job = try_regrade(EDITION, a_rekey(), crowd, at=LATER)
    assert isinstance(job, Job)
    assert (job.kind, job.total, JobView.of(job).state) == (JobKind.REHEARSAL, AT_ONCE + 1, "running")
    assert JobView.of(job).attempts is None
    deliver(crowd, times=2)
    found = crowd.jobs.find(job.job)
    view = JobView.of(found)
    assert (view.state, view.done, view.failed) == ("finished", AT_ONCE + 1, 0)
    # dr_a has chosen a of q1, all others b.
    assert (view.attempts, view.newly_passed, view.points_changed) == (AT_ONCE + 1, AT_ONCE, AT_ONCE + 1)
    assert set(map(type, crowd.announced)) == {RehearsalAdvancedV1}
    crowd.announced.clear()
    crowd.jobs = type(crowd.jobs)(crowd.announced)
    assert everything_in(crowd) == before


def test_a_rehearsal_is_of_one_amendment_and_what_it_would_make_right_is_no_fact_of_the_job(crowd: World) -> None:
    first = try_regrade(EDITION, a_rekey(), crowd, at=LATER)
    assert try_regrade(EDITION, a_rekey(reason="Other words."), crowd, at=LATER + MINUTE) == first
    others = [try_regrade(EDITION, each, crowd, at=LATER) for each in (a_void(), a_rekey(correct="c"), a_void(Q2))]
    assert len({job.job for job in (first, *others)}) == 4
    assert crowd.answer_keys.proposed(first.job).entry.correct == {"b"}
    assert "correct" not in dump(first)


def test_a_rehearsal_that_is_over_is_done_anew(crowd: World) -> None:
    job = try_regrade(EDITION, a_rekey(), crowd, at=LATER)
    deliver(crowd)
    regrade(EDITION, a_rekey(), crowd, at=LATER)
    deliver(crowd)
    again = try_regrade(EDITION, a_rekey(), crowd, at=LATER + HOUR)
    assert (again.job, again.started_at, again.finished_at) == (job.job, LATER + HOUR, None)
    deliver(crowd)
    assert crowd.jobs.find(job.job).effect == Effect(attempts=AT_ONCE + 1)


def test_a_rehearsal_broken_off_in_a_page_counts_it_once(crowd: World) -> None:
    job = try_regrade(EDITION, a_void(), crowd, at=LATER)
    (first,) = crowd.told(RehearsalAdvancedV1)
    crowd.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        rehearse_page(first, crowd)
    deliver(crowd)
    assert crowd.jobs.find(job.job).effect.attempts == AT_ONCE + 1
    with pytest.raises(LookupError):
        rehearse_page(replace(first, job="nothing"), crowd)


def test_what_the_dry_run_says_is_what_comes() -> None:
    world = a_world(dr_a=RIGHT, dr_b=TWO_OF_THREE, dr_c=answers(q1="a"), dr_d={})
    effect = try_regrade(EDITION, a_void(), world, at=LATER)
    before = {attempt.learner_id: attempt for attempt in world.attempts.all()}
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    after = world.attempts.all()
    assert effect.newly_passed == sum(attempt.passed and not before[attempt.learner_id].passed for attempt in after)
    points = [(attempt.score, before[attempt.learner_id].score) for attempt in after]
    assert effect.points_changed == sum(new != old for new, old in points)


# What can be asked for.


@pytest.mark.parametrize("ask", [try_regrade, regrade], ids=["dry run", "regrade"])
@pytest.mark.parametrize(
    ("amendment", "refusal"),
    [
        (a_rekey(QuestionId("q9")), NotFound),
        (a_void(QuestionId("q9")), NotFound),
        (a_rekey(correct="x"), InvalidRequest),
        (a_rekey(Q4, "ax"), InvalidRequest),
        (a_rekey(correct="ab"), InvalidRequest),
    ],
    ids=["unknown question", "unknown question voided", "unknown option", "one unknown option", "two of a single"],
)
def test_an_amendment_fits_a_question_or_nothing_is_done(
    ask: Callable[..., object], amendment: Amendment, refusal: type[Exception]
) -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    before = everything_in(world)
    with pytest.raises(refusal):
        ask(EDITION, amendment, world, at=LATER)
    assert everything_in(world) == before


def test_only_a_published_edition_is_regraded() -> None:
    with pytest.raises(NotFound):
        regrade(EDITION, a_void(), World(), at=LATER)


def test_a_single_question_with_weights_may_have_two_right_options() -> None:
    entries = dict(a_key().entries)
    entries[Q1] = replace(entries[Q1], scoring=Scoring.WEIGHTS, weights={OptionId("a"): 1})
    world = a_world(replace(a_key(), entries=entries), dr_a=TWO_OF_THREE)
    regrade(EDITION, a_rekey(correct="ab"), world, at=LATER)
    deliver(world)
    assert attempt_of(world).score.points == 2.5


@pytest.mark.parametrize(
    ("body", "sound"),
    [
        ({"action": "void"}, True),
        ({"action": "rekey", "key": ["a"]}, True),
        ({"action": "rekey"}, False),
        ({"action": "rekey", "key": []}, False),
        ({"action": "void", "key": ["a"]}, False),
        ({"action": "void", "reason": ""}, False),
        ({"action": "forgive"}, False),
    ],
)
def test_a_key_goes_with_rekey_and_a_reason_with_everything(body: dict[str, object], sound: bool) -> None:
    request = {"question_id": "q1", "reason": REASON, **body}
    if sound:
        assert not RegradeBody.model_validate(request).dry_run
        return
    with pytest.raises(ValidationError):
        RegradeBody.model_validate(request)


# What comes of it.


@pytest.mark.parametrize("amendment", [a_rekey(), a_void()], ids=["rekeyed", "voided"])
def test_whom_the_question_cost_the_pass_goes_on_to_the_certificate(amendment: Amendment) -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    assert state_of(world) is EnrolmentState.CONFIRMED
    regrade(EDITION, amendment, world, at=LATER)
    deliver(world)
    enrolment = enrolment_of(world)
    assert (attempt_of(world).passed, attempt_of(world).settled) == (True, True)
    assert (enrolment.state, enrolment.passed_at, enrolment.settled) == (EnrolmentState.PASSED, NOW, {"1": 2})
    assert len(world.told(EnrolmentPassedV1)) == len(world.told(CreditClaimedV1)) == 1


def test_the_claim_window_of_the_newly_passed_runs_from_the_regrade() -> None:
    world = a_world(dr_a=TWO_OF_THREE, dr_b=RIGHT)
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert enrolment_of(world).claim_until(30 * DAY) == LATER + 30 * DAY
    assert enrolment_of(world, "dr_b").claim_until(30 * DAY) == NOW + 30 * DAY


def test_whoever_lapsed_or_withdrew_passes_too() -> None:
    world = a_world(dr_a=TWO_OF_THREE, dr_b=TWO_OF_THREE)
    world.enrolments.save(enrolment_of(world, "dr_a").lapsed(LATER - HOUR))
    world.enrolments.save(enrolment_of(world, "dr_b").withdrawn(LATER - HOUR))
    world.clock.at = a_status().terminates_at + DAY
    regrade(EDITION, a_void(), world, at=world.clock.at)
    deliver(world)
    assert [state_of(world, learner) for learner in ("dr_a", "dr_b")] == [EnrolmentState.PASSED] * 2


@pytest.mark.parametrize("amendment", [a_rekey(), a_void(Q4)], ids=["rekeyed", "voided"])
def test_a_pass_is_never_lowered(amendment: Amendment) -> None:
    world = a_world(dr_a=RIGHT)
    enrolment, claims = enrolment_of(world), world.claims.all()
    regrade(EDITION, amendment, world, at=LATER)
    deliver(world)
    assert attempt_of(world).passed
    assert attempt_of(world).score == score(a_form(), RIGHT, world.answer_keys.of(EDITION, 1))
    assert replace(enrolment_of(world), settled=enrolment.settled, version=enrolment.version) == enrolment
    assert (world.claims.all(), world.told(EnrolmentPassedV1), world.told(CreditClaimedV1)) == (claims, [], [])


def test_voiding_every_question_takes_no_pass_away_and_gives_none() -> None:
    world = a_world(dr_a=RIGHT, dr_b=TWO_OF_THREE)
    for question in (Q1, Q2, Q4):
        world.answer_keys.put(
            EDITION,
            (key := world.answer_keys.of(EDITION, 1)).amended(replace(key.entries[question], voided=True)),
        )
    regrade(EDITION, a_void(QuestionId("q3")), world, at=LATER)
    deliver(world)
    assert [attempt_of(world, learner).passed for learner in ("dr_a", "dr_b")] == [True, False]
    assert attempt_of(world).score.max_points == 0


def test_a_regrade_that_changes_nothing_for_a_learner_is_no_news() -> None:
    world = a_world(dr_a=answers(q1="b"))
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert (attempt_of(world).key_revision, enrolment_of(world).settled) == (2, {"1": 2})
    assert world.told(EnrolmentAttemptFailedV1) == []


def test_earlier_grades_are_kept_with_their_key_and_their_time() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    first = attempt_of(world)
    regrade(EDITION, a_rekey(correct="c"), world, at=LATER)
    deliver(world)
    world.clock.at = LATER + DAY
    regrade(EDITION, a_rekey(), world, at=LATER + DAY)
    deliver(world)
    attempt = attempt_of(world)
    assert attempt.earlier_grades == (
        Grade(key_revision=1, points=2, max_points=3, passed=False, graded_at=NOW),
        Grade(key_revision=2, points=2, max_points=3, passed=False, graded_at=LATER),
    )
    assert attempt.grade == Grade(key_revision=3, points=3, max_points=3, passed=True, graded_at=LATER + DAY)
    assert (attempt.submitted_at, attempt.answers) == (first.submitted_at, first.answers)


def test_the_key_tells_why_it_was_amended() -> None:
    world = a_world(dr_a=RIGHT)
    regrade(EDITION, a_rekey(), world, at=LATER)
    entry = world.answer_keys.of(EDITION, 1).entries[Q1]
    assert (entry.correct, entry.amended_for, entry.voided) == (frozenset("b"), REASON, False)


def test_a_voided_question_comes_back_with_a_key() -> None:
    world = a_world(dr_a=answers(q1="b"))
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert attempt_of(world).score.max_points == 2
    regrade(EDITION, a_rekey(), world, at=LATER)
    deliver(world)
    assert (attempt_of(world).score.points, attempt_of(world).score.max_points) == (1, 3)


def test_every_page_of_learners_is_graded_anew_in_either_walk() -> None:
    learners = [f"dr_{number:03d}" for number in range(PAGE + 1)]
    world = a_world(**dict.fromkeys(learners, TWO_OF_THREE))
    job = regrade(EDITION, a_void(), world, at=LATER)
    assert (job.total, job.kind, job.key_revision) == (PAGE + 1, JobKind.REGRADE, 2)
    deliver(world)
    assert {state_of(world, learner) for learner in learners} == {EnrolmentState.PASSED}
    assert [event.page for event in world.told(JobAdvancedV1)] == [0, 1, 3]
    assert [event.page for event in world.told(JobRestedV1)] == [2]
    done = world.jobs.find(job.job)
    assert (done.walk, done.done, done.finished_at) == (2, PAGE + 1, LATER)


def test_what_is_open_or_given_up_is_not_asked_for() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    others = [an_attempt(2), an_attempt(3).closed(NOW)]
    others = [replace(attempt, learner_id=LearnerId("dr_a")) for attempt in others]
    world.attempts.given(*others)
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert {event.attempt for event in world.told(AttemptRegradeRequestedV1)} == {1}
    assert world.attempts.of(enrolment_id("dr_a"))[1:] == [replace(attempt, version=1) for attempt in others]


def test_what_is_not_graded_yet_notes_once_which_key_is_asked_for_and_is_announced_by_nobody() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    pending = replace(an_attempt(2).submitted(RIGHT, NOW), learner_id=LearnerId("dr_a"))
    world.attempts.given(pending)
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert {event.attempt for event in world.told(AttemptRegradeRequestedV1)} == {1}
    assert world.attempts.of(enrolment_id("dr_a"))[1] == replace(pending.asked_to_regrade(2, LATER), version=2)


# How far it is.


def job_of(world: World) -> Job:
    (job,) = world.jobs.all()
    return job


def test_the_job_is_finished_only_when_every_attempt_has_its_new_grade() -> None:
    """Grading is behind: the job looks again after a pause, and asks nobody a third time."""
    world = a_world(dr_a=TWO_OF_THREE, dr_b=RIGHT, dr_c={})
    regrade(EDITION, a_void(), world, at=LATER)
    looks = 0
    while not (job := job_of(world)).finished_at:
        page = [event for event in world.announced if isinstance(event, JobEvent)][-1]
        assert isinstance(page, JobRestedV1) is (looks > 0 and job.lagging_before > 0)
        do_page(page, world)
        looks += 1
        if looks == 4:
            asked = world.told(AttemptRegradeRequestedV1)
            assert len(asked) == 2 * 3
            for event in asked[:2]:
                grade_attempt(event, world)
        if looks == 5:
            assert (job_of(world).done, JobView.of(job_of(world)).state) == (2, "running")
            grade_attempt(asked[2], world)
    assert looks == 6
    view = JobView.of(job_of(world))
    assert (view.state, view.done, view.total, view.failed) == ("finished", 3, 3, 0)
    assert {attempt.key_revision for attempt in world.attempts.all()} == {2}


def test_attempts_that_are_not_graded_after_a_long_wait_have_failed_and_can_be_asked_for_again() -> None:
    """Their messages are among the dead letters."""
    world = a_world(dr_a=TWO_OF_THREE, dr_b=RIGHT)
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world, kinds=(AttemptRegradeRequestedV1,))
    view = JobView.of(job_of(world))
    assert (view.state, view.done, view.total, view.failed) == ("failed", 0, 2, 2)
    assert len(world.told(JobRestedV1)) == PATIENCE
    assert len(world.told(AttemptRegradeRequestedV1)) == 2 * 2
    world.announced.clear()
    again = regrade(EDITION, a_void(), world, at=LATER + HOUR)
    assert (again.key_revision, again.walk, again.left_behind, again.finished_at) == (2, 1, 0, None)
    deliver(world)
    view = JobView.of(job_of(world))
    assert (view.state, view.done, view.failed) == ("finished", 2, 0)


def test_whoever_catches_up_gives_the_others_more_time() -> None:
    job = Job.over(EDITION, JobKind.REGRADE, NOW, key_revision=2).counted(PATIENCE)
    for lagging in range(PATIENCE, 0, -1):
        for _ in range(PATIENCE):
            job = job.advanced(PATIENCE, None, NOW, lagging=lagging)
            assert (job.finished_at, job.done) == (None, PATIENCE - lagging)
    assert job.advanced(PATIENCE, None, NOW).finished_at == NOW


def test_a_regrade_that_finds_nothing_to_do_takes_no_pause() -> None:
    world = a_world()
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert (len(world.told(JobAdvancedV1)), world.told(JobRestedV1), job_of(world).finished_at) == (2, [], LATER)


# Repeated, interrupted, overtaken.


def test_the_same_request_again_finds_the_same_job_and_key() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    first = regrade(EDITION, a_rekey(), world, at=LATER)
    assert regrade(EDITION, a_rekey(), world, at=LATER + MINUTE) == first
    deliver(world)
    before = everything_in(world)
    assert regrade(EDITION, a_rekey(), world, at=LATER + HOUR).job == first.job
    assert everything_in(world) == before
    assert world.answer_keys.of(EDITION, 1).revision == 2


def test_another_amendment_is_another_key_and_another_job() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    jobs = [regrade(EDITION, each, world, at=LATER) for each in (a_rekey(), a_rekey(correct="a"), a_rekey(), a_void())]
    assert [job.key_revision for job in jobs] == [2, 3, 4, 5]
    deliver(world)
    assert attempt_of(world).key_revision == 5


def test_broken_off_between_key_and_job_the_same_request_starts_the_job() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        regrade(EDITION, a_rekey(), world, at=LATER)
    assert (world.answer_keys.of(EDITION, 1).revision, world.jobs.all()) == (2, [])
    job = regrade(EDITION, a_rekey(), world, at=LATER)
    deliver(world)
    assert (job.key_revision, world.answer_keys.of(EDITION, 1).revision) == (2, 2)
    assert state_of(world) is EnrolmentState.PASSED


def test_two_amendments_at_once_are_not_lost_on_each_other() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    put = world.answer_keys.put
    revision_1 = world.answer_keys.of(EDITION, 1)
    put(EDITION, revision_1.amended(replace(revision_1.entries[Q2], voided=True)))
    with pytest.raises(ConcurrentChange):
        put(EDITION, revision_1.amended(replace(revision_1.entries[Q1], voided=True)))
    regrade(EDITION, a_void(), world, at=LATER)
    entries = world.answer_keys.of(EDITION, 1).entries
    assert [entries[question].voided for question in (Q1, Q2, Q4)] == [True, True, False]


def test_messages_delivered_twice_change_nothing_more() -> None:
    world, other = (a_world(dr_a=TWO_OF_THREE, dr_b=RIGHT, dr_c={}) for _ in range(2))
    for each, times in ((world, 2), (other, 1)):
        regrade(EDITION, a_void(), each, at=LATER)
        deliver(each, times=times)
    ids = [len(set(each.facts_told)) for each in (world, other)]
    assert ids[0] == ids[1]
    assert [attempt.earlier_grades for attempt in world.attempts.all()] == [
        attempt.earlier_grades for attempt in other.attempts.all()
    ]
    assert [enrolment.state for enrolment in world.enrolments.all()] == [
        enrolment.state for enrolment in other.enrolments.all()
    ]


def test_broken_off_in_a_page_the_page_asks_again_under_the_same_event_ids() -> None:
    world = a_world(dr_a=TWO_OF_THREE, dr_b=RIGHT)
    regrade(EDITION, a_void(), world, at=LATER)
    (first,) = world.told(JobAdvancedV1)
    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        do_page(first, world)
    world.clock.at += HOUR
    do_page(first, world)
    asked = [event.id for event in world.told(AttemptRegradeRequestedV1)]
    assert (len(asked), len(set(asked))) == (4, 2)


def the_old_key_wins_the_race(world: World, learner: str) -> None:
    """A grader that read the key before the regrade stores its grade only now."""
    attempt = attempt_of(world, learner)
    graded = attempt.graded(score(attempt.form, attempt.answers, a_key()), 1, LATER)
    world.attempts.save(graded)


def test_what_is_graded_with_the_old_key_during_the_first_walk_is_caught_by_the_second() -> None:
    world = a_world(dr_a=RIGHT)
    world.enrolments.given(replace(an_enrolment(), learner_id=LearnerId("dr_b")))
    world.profiles.given(a_profile(learner_id=LearnerId("dr_b")))
    world.attempts.given(an_attempt(learner_id=LearnerId("dr_b")).submitted(TWO_OF_THREE, NOW))
    regrade(EDITION, a_void(), world, at=LATER)
    do_page(world.told(JobAdvancedV1)[0], world)
    assert {event.learner_id for event in world.told(AttemptRegradeRequestedV1)} == {"dr_a"}
    the_old_key_wins_the_race(world, "dr_b")
    deliver(world)
    assert world.told(JobRestedV1)
    assert (attempt_of(world, "dr_b").key_revision, state_of(world, "dr_b")) == (2, EnrolmentState.PASSED)


def test_a_key_that_comes_while_an_attempt_is_graded_is_used_though_both_walks_are_over() -> None:
    """The walk leaves its mark on the attempt, so that the old key's grade is not written."""
    world = a_world(dr_a=RIGHT)
    world.enrolments.given(replace(an_enrolment(), learner_id=LearnerId("dr_b")))
    world.profiles.given(a_profile(learner_id=LearnerId("dr_b")))
    world.attempts.given(an_attempt(learner_id=LearnerId("dr_b")).submitted(TWO_OF_THREE, NOW))

    def regrade_everybody_else() -> None:
        regrade(EDITION, a_void(), world, at=LATER)
        deliver(world)

    world.attempts.meanwhile = regrade_everybody_else
    with pytest.raises(ConcurrentChange):
        grade_attempt(submitted("dr_b"), world)
    grade_attempt(submitted("dr_b"), world)
    assert attempt_of(world, "dr_a").key_revision == 2
    assert attempt_of(world, "dr_b").earlier_grades == ()
    deliver(world)
    assert (attempt_of(world, "dr_b").key_revision, state_of(world, "dr_b")) == (2, EnrolmentState.PASSED)


@pytest.mark.parametrize("sheet", [TWO_OF_THREE, answers(q1="b"), RIGHT], ids=["newly passed", "failed", "passed"])
@pytest.mark.parametrize("order", permutations(["first grade", "regrade", "retirement"]))
def test_first_grade_regrade_and_retirement_end_alike_in_whatever_order_they_are_settled(
    order: tuple[str, ...], sheet: Answers
) -> None:
    """The outcomes of both grades lie on the queue when the edition ends: each enrolment is decided."""
    world = a_world()
    end = a_status().terminates_at
    world.enrolments.given(an_enrolment())
    world.profiles.given(a_profile())
    world.attempts.given(an_attempt().submitted(sheet, NOW))
    grade_attempt(submitted(LEARNER), world)
    (first,) = world.announced
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world, kinds=(AttemptPassedV1, AttemptFailedV1))
    second = world.announced[-1]
    assert type(second) in (AttemptPassedV1, AttemptFailedV1)
    status = world.catalogue.status(EDITION)
    world.catalogue.save_status(replace(status, retired_at=end), [])
    world.clock.at = end + HOUR
    reached = RetirementReachedV1(at=end, learner_id=LEARNER, module_id=MODULE, edition=1)
    for step in order:
        match step:
            case "first grade":
                settle_grade(first, world)
            case "regrade":
                settle_grade(second, world)
            case _:
                lapse_enrolment(reached, world)
    enrolment = enrolment_of(world, LEARNER)
    passed = sheet != answers(q1="b")
    assert enrolment.state is (EnrolmentState.PASSED if passed else EnrolmentState.LAPSED)
    assert (enrolment.settled, attempt_of(world, LEARNER).settled) == ({"1": 2}, True)
    told = {type(event) for event in world.announced}
    assert (EnrolmentPassedV1 in told, EnrolmentLapsedV1 in told) == (passed, not passed)
    assert (EnrolmentAttemptFailedV1 in told) is not passed


def test_an_enrolment_whose_attempt_is_regraded_as_the_edition_ends_lapses_with_the_second_fail() -> None:
    """Retirement leaves an enrolment with a grade under way to its settlement, which decides it."""
    world = a_world(dr_a=answers(q1="b"))
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world, kinds=(AttemptFailedV1,))
    end = a_status().terminates_at
    world.clock.at = end
    lapse_enrolment(RetirementReachedV1(at=end, learner_id="dr_a", module_id=MODULE, edition=1), world)
    assert state_of(world) is EnrolmentState.CONFIRMED
    deliver(world, kinds=(JobAdvancedV1,))
    assert (state_of(world), enrolment_of(world).ended_at) == (EnrolmentState.LAPSED, end)
    assert world.told(EnrolmentAttemptFailedV1) == []


def test_a_claim_module_lets_the_newly_passed_claim() -> None:
    world = a_world(dr_a=TWO_OF_THREE)
    world.publish(an_edition(claim="claimed"))
    regrade(EDITION, a_void(), world, at=LATER)
    deliver(world)
    assert (state_of(world), world.claims.all()) == (EnrolmentState.PASSED, [])
    assert enrolment_of(world).claim_until(30 * DAY) == LATER + 30 * DAY


def test_a_job_of_a_regrade_is_one_for_each_key_revision() -> None:
    first, second = (Job.over(EDITION, JobKind.REGRADE, NOW, key_revision=revision) for revision in (2, 3))
    assert first.job != second.job


def test_a_regrade_of_what_was_never_handed_in_is_an_error() -> None:
    world = a_world()
    world.attempts.given(an_attempt(learner_id=LearnerId("dr_a")))
    requested = AttemptRegradeRequestedV1(
        at=LATER, ordinal=2, learner_id="dr_a", module_id=MODULE, edition=1, attempt=1, submitted_at=NOW,
        by="learner", key_revision=2,
    )  # fmt: skip
    with pytest.raises(LookupError):
        grade_attempt(requested, world)
    assert attempt_of(world).state is AttemptState.IN_PROGRESS
