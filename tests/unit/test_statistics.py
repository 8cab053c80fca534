"""Item statistics: checked against an independent computation, and the same however the attempts are split up."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from statistics import correlation, mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.assessment.regrade.use_case import compute_statistics, show_statistics
from functions.operations.work.use_case import PAGE, do_page
from shared.api.contract.answer_key import StatisticsView
from shared.domain.attempt import Attempt
from shared.domain.form import Answers, Form, FormQuestion
from shared.domain.ids import LearnerId, OptionId, QuestionId
from shared.domain.questions import AnswerKey, Kind, Scoring
from shared.domain.refusals import NotFound
from shared.domain.scoring import score
from shared.domain.statistics import Tally, combined, statistic, tally
from shared.events.operations import JobAdvancedV1
from shared.ports import StatisticsReport
from tests.support.builders import (
    EDITION,
    HOUR,
    NOW,
    a_form,
    a_graded_attempt,
    a_key,
    an_attempt,
    an_enrolment,
    an_entry,
    answers,
)
from tests.support.fakes import BrokenOff, World

# q1 to q3 are right or wrong and worth 1, 2 and 3 points; q4 gives thirds.
KEY = AnswerKey(
    bank_revision=1,
    revision=1,
    entries={
        entry.question_id: entry
        for entry in (
            an_entry("q1", "a"),
            an_entry("q2", "b", points=Fraction(2)),
            an_entry("q3", "c", points=Fraction(3)),
            an_entry("q4", "abc", scoring=Scoring.RIGHT_MINUS_WRONG),
        )
    },
)
FORM = Form(
    bank_revision=1,
    questions=tuple(
        FormQuestion(question_id=QuestionId(name), kind=Kind.MULTIPLE, option_ids=tuple(map(OptionId, "abcd")))
        for name in ("q1", "q2", "q3", "q4")
    ),
)
SOME = st.sets(st.sampled_from("abcd")).map(lambda letters: "".join(sorted(letters)))
SHEETS = st.fixed_dictionaries({"q1": SOME, "q2": SOME, "q3": SOME, "q4": SOME}).map(lambda sheet: answers(**sheet))


def a_graded(given_answers: Answers, key: AnswerKey = KEY, form: Form = FORM, learner: str = "dr-a") -> Attempt:
    submitted = replace(an_attempt(form=form), learner_id=LearnerId(learner)).submitted(given_answers, NOW)
    return submitted.graded(score(form, given_answers, key), key.revision, NOW).taken_in()


def share(attempt: Attempt, question: str) -> Fraction:
    (part,) = [part for part in attempt.score.by_question if part.question_id == question]
    return part.points / part.max_points


def rest(attempt: Attempt, question: str) -> Fraction:
    others = [part for part in attempt.score.by_question if part.question_id != question]
    return sum(part.points for part in others) / sum(part.max_points for part in others)


@given(st.lists(SHEETS, min_size=1, max_size=30))
def test_difficulty_and_discrimination_are_those_of_an_independent_computation(sheets: list[Answers]) -> None:
    attempts = [a_graded(sheet) for sheet in sheets]
    for question, found in tally(attempts).items():
        item = statistic(question, found)
        x = [share(attempt, question) for attempt in attempts]
        y = [rest(attempt, question) for attempt in attempts]
        assert item.shown == len(attempts)
        assert item.difficulty == pytest.approx(float(mean(x)))
        if len(set(x)) == 1 or len(set(y)) == 1:
            assert item.discrimination is None
        else:
            expected = correlation([float(value) for value in x], [float(value) for value in y])
            assert item.discrimination == pytest.approx(expected, abs=1e-9)


@given(st.lists(SHEETS, max_size=20))
def test_each_choice_of_an_option_is_counted(sheets: list[Answers]) -> None:
    for question, found in tally(map(a_graded, sheets)).items():
        assert found.chosen == Counter(option for sheet in sheets for option in sheet[question])


@given(st.lists(SHEETS, max_size=20), st.data())
def test_parts_add_up_whatever_they_are_and_in_whatever_order(sheets: list[Answers], data: st.DataObject) -> None:
    attempts = [a_graded(sheet) for sheet in sheets]
    cut = data.draw(st.integers(min_value=0, max_value=len(attempts)))
    shuffled = data.draw(st.permutations(attempts))
    assert combined([tally(shuffled[:cut]), tally(shuffled[cut:])]) == tally(attempts)


def test_worked_by_hand() -> None:
    """q1 right, right, wrong, wrong against a rest of 3, 2, 1 and 0 thirds: r = 2 / sqrt(1 * 5)."""
    key = a_key()
    form = Form(bank_revision=1, questions=FORM.questions)
    sheets = [
        answers(q1="a", q2="b", q3="c", q4="ab"),
        answers(q1="a", q2="b", q3="c", q4="c"),
        answers(q1="b", q2="b", q3="a"),
        answers(q1="b"),
    ]
    item = statistic(QuestionId("q1"), tally(a_graded(sheet, key, form) for sheet in sheets)[QuestionId("q1")])
    assert (item.shown, item.difficulty, item.chosen) == (4, 0.5, {"a": 2, "b": 2})
    assert item.discrimination == pytest.approx(2 / 5**0.5)
    assert not item.is_suspect


def test_a_question_that_the_best_get_wrong_is_suspect() -> None:
    sheets = [answers(q1="b", q2="b", q3="c"), answers(q1="a", q2="a", q3="a"), answers(q1="a")]
    tallies = tally(map(a_graded, sheets))
    items = {question: statistic(question, found) for question, found in tallies.items()}
    assert items["q1"].discrimination == pytest.approx(-1)
    assert items["q1"].is_suspect
    assert not items["q2"].is_suspect
    assert not items["q4"].is_suspect  # nobody answered it: not defined


@pytest.mark.parametrize("attempts", [1, 2, 1000])
def test_where_all_attempts_are_alike_discrimination_is_not_defined(attempts: int) -> None:
    """With thirds, whose sums a float would round, in what is alike."""
    alike = [a_graded(answers(q1="a" if place % 2 else "b", q4="a")) for place in range(attempts)]
    item = statistic(QuestionId("q4"), tally(alike)[QuestionId("q4")])
    assert (item.discrimination, item.is_suspect, item.difficulty) == (None, False, pytest.approx(1 / 3))


def test_a_form_of_one_question_has_no_rest_to_compare_with() -> None:
    alone = Form(bank_revision=1, questions=FORM.questions[:1])
    found = tally([a_graded(answers(q1="a"), form=alone), a_graded(answers(q1="b"), form=alone)])
    assert statistic(QuestionId("q1"), found[QuestionId("q1")]).discrimination is None


def test_a_voided_question_counts_neither_for_itself_nor_for_the_rest() -> None:
    voided = KEY.amended(replace(KEY.entries[QuestionId("q3")], voided=True))
    sheets = [answers(q1="a", q2="b", q3="a"), answers(q1="b", q2="a", q3="c")]
    found = tally(a_graded(sheet, voided) for sheet in sheets)
    assert set(found) == {"q1", "q2", "q4"}
    assert found[QuestionId("q1")].y == Fraction(2, 3)  # q2 of q2 and q4: 2 of 3 points, then none


def test_only_graded_attempts_count() -> None:
    assert tally([an_attempt(), an_attempt().submitted(answers(q1="a"), NOW)]) == {}
    assert combined([]) == {}
    assert Tally() + Tally() == Tally()


def a_world(learners: int) -> World:
    """As many learners, each with a graded attempt and an open one; every third answers the first one wrong."""
    world = World()
    world.publish()
    for number in range(learners):
        learner = LearnerId(f"dr-{number:03d}")
        world.enrolments.given(replace(an_enrolment(), learner_id=learner))
        sheet = answers(q1="b" if number % 3 else "a", q2="b" if number % 2 else "a", q4="ab")
        world.attempts.given(a_graded(sheet, a_key(), a_form(), learner), an_attempt(2, learner_id=learner))
    return world


def run(world: World, since: int = 0) -> None:
    """Deliver every page announced from place ``since`` on, as the queue would."""
    done = since
    while done < len(world.told(JobAdvancedV1)):
        do_page(world.told(JobAdvancedV1)[done], world)
        done += 1


def report_in(world: World) -> StatisticsReport:
    return replace(show_statistics(EDITION, world), version=0)


def test_before_the_first_computation_there_are_no_statistics() -> None:
    with pytest.raises(NotFound):
        show_statistics(EDITION, a_world(1))


def test_statistics_are_of_published_editions() -> None:
    with pytest.raises(NotFound):
        compute_statistics(EDITION, World(), at=NOW)


@pytest.mark.parametrize("learners", [0, 1, PAGE, 2 * PAGE + 1])
def test_a_report_is_put_together_from_all_pages(learners: int) -> None:
    world = a_world(learners)
    job = compute_statistics(EDITION, world, at=NOW)
    run(world)
    report = report_in(world)
    found = tally(world.attempts.all())
    assert (report.attempts, report.computed_at) == (learners, NOW)
    assert report.key_revision == (1 if learners else 0)
    assert list(report.items) == [statistic(question, found[question]) for question in sorted(found)]
    finished = world.jobs.find(job.job)
    assert finished is not None
    assert (finished.total, finished.done, finished.finished_at) == (learners, learners, NOW)


def test_a_page_done_twice_counts_once() -> None:
    world, other = a_world(2 * PAGE + 1), a_world(2 * PAGE + 1)
    compute_statistics(EDITION, world, at=NOW)

    def interrupt() -> None:
        raise BrokenOff

    for place in range(3):
        world.jobs.meanwhile = interrupt
        with pytest.raises(BrokenOff):
            do_page(world.told(JobAdvancedV1)[place], world)
        do_page(world.told(JobAdvancedV1)[place], world)
        do_page(world.told(JobAdvancedV1)[place], world)
    compute_statistics(EDITION, other, at=NOW)
    run(other)
    assert report_in(world) == report_in(other)


def test_asked_for_while_it_runs_the_computation_is_found() -> None:
    world = a_world(1)
    first = compute_statistics(EDITION, world, at=NOW)
    assert compute_statistics(EDITION, world, at=NOW + HOUR) == first
    assert len(world.told(JobAdvancedV1)) == 1


def test_computed_again_the_report_is_of_now_though_there_are_fewer_pages() -> None:
    world = a_world(PAGE + 1)
    compute_statistics(EDITION, world, at=NOW)
    run(world)
    pages = len(world.told(JobAdvancedV1))
    fewer = a_world(PAGE)
    world.enrolments, world.attempts = fewer.enrolments, fewer.attempts
    world.attempts.given(a_graded_attempt(3, passed=True, learner_id=LearnerId("dr-000"), key_revision=4))
    compute_statistics(EDITION, world, at=NOW + HOUR)
    run(world, since=pages)
    report = report_in(world)
    assert (report.attempts, report.computed_at, report.key_revision) == (PAGE + 1, NOW + HOUR, 4)
    assert {item.shown for item in report.items} == {PAGE}


def test_the_view_flags_what_is_suspect() -> None:
    world = a_world(30)
    compute_statistics(EDITION, world, at=NOW)
    run(world)
    view = StatisticsView.of(report_in(world))
    assert [question.question_id for question in view.questions] == ["q1", "q2", "q4"]
    for question in view.questions:
        assert question.suspect is (question.discrimination is not None and question.discrimination < 0)
