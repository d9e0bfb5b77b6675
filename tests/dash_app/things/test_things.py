"""The pages of one site, one job and one error: what they show of an answer, and when there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dash_app.formatters.jobs import tone_of_state
from dash_app.login.visitors import set_visitor
from dash_app.markup import plain
from dash_app.things.error import days_figure
from dash_app.things.job_durations import durations_figure
from dash_app.things.job_standing import failing_since, result_of, state_of
from dash_app.things.pages import AWAY, HIDDEN_FROM_VIEWERS, Shown, shown_at
from dash_app.things.site import contacts_of
from dash_app.things.table import THINGS, Thing
from engine.model.access import Role, Visitor, rights_of_role
from engine.model.clock import to_iso
from engine.model.errors import ComputeError, DashboardError
from engine.model.questions import Answer, ErrorKind, ErrorQuestion, JobQuestion, Question, SiteQuestion
from tests.dash_app.given import NOW, view
from tests.dash_app.test_chart_text import HOSTILE
from tests.dash_app.things.given import JANE, NO_SITE, ago, answering, error, job, run, site

SITE, JOB, ERROR = THINGS
AT: dict[str, tuple[str, str]] = {
    "site": ("/site/12", "?contact=7"),
    "job": ("/job/send_outreach", ""),
    "error": ("/error", "?source=site&stage=failing&message=timeout"),
}
UTC = ZoneInfo("UTC")
FAILED = "Traceback:\n  line 1\nno such mailbox " + JANE


def answers(text: str = "shop.example") -> dict[str, Answer]:
    kind = ErrorKind("site", None, text)
    failed = replace(run("failed", 11, f"{text}\n{FAILED}"), error_kind=kind)
    return {
        "site": replace(site(text), error_kind=kind),
        "job": job(run("running", 1), failed, run("success", 21), name=text),
        "error": error(text),
    }


def shown(
    thing: Thing, ask: Callable[[Question], Answer], path: str | None = None, search: str = ""
) -> Shown:
    if path is None:
        path, search = AT[thing.name]
    return shown_at(thing, path, search, ask, UTC)


def text_of(part: Any) -> Iterator[str]:
    """Yield every text of components as the browser gets them."""
    if isinstance(part, dict):
        for value in part.values():
            yield from text_of(value)
    elif isinstance(part, list):
        for value in part:
            yield from text_of(value)
    elif isinstance(part, str):
        yield part


def dicts_in(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every component, and every set of its properties."""
    if isinstance(part, dict):
        yield part
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from dicts_in(value)


def texts(page: Shown) -> str:
    return "\n".join([page.title, *text_of(plain(page.sections))])


@pytest.fixture
def a_viewer() -> Iterator[None]:
    undo = set_visitor(Visitor("viewer", rights_of_role(Role.VIEWER)))
    yield
    undo()


@pytest.mark.parametrize(
    ("thing", "question"),
    [
        (SITE, SiteQuestion("12")),
        (JOB, JobQuestion("send_outreach")),
        (ERROR, ErrorQuestion("site", "failing", "timeout")),
    ],
)
def test_a_page_asks_for_what_its_address_names(thing: Thing, question: Question) -> None:
    asked: list[Question] = []
    shown(thing, answering(answers()[thing.name], asked))
    assert asked == [question]


def test_a_site_shows_its_life_and_its_time_in_each_stage_beside_the_median() -> None:
    told = texts(shown(SITE, answering(site())))
    for wanted in (
        "shop.example",
        "outreach sent",
        "$0.07",
        "6 model calls",
        "4.0×",
        "5 model calls",
        JANE,
        "Reply",
    ):
        assert wanted in told
    assert "left after 1 d" in told


def test_the_time_in_the_stage_of_now_grows_on_an_open_page() -> None:
    page = plain(shown(SITE, answering(site())).sections)
    entered = to_iso(site().stays[-1].entered_at)
    # The key figure, the table of stages and the life.
    assert [one["data-age"] for one in dicts_in(page) if one.get("data-age-form") == "span"] == [entered] * 3


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_no_page_has_a_list_within_a_list_of_components(thing: Thing) -> None:
    def check(part: Any) -> None:
        for child in part if isinstance(part, list) else [part]:
            assert not isinstance(child, list), "React draws no such thing, and the page stays blank"
            if isinstance(child, dict):
                check(child["props"].get("children"))

    check(plain(shown(thing, answering(answers()[thing.name])).sections))


def test_calls_in_a_row_share_a_line_and_a_single_call_has_its_own() -> None:
    page = plain(shown(SITE, answering(site())).sections)
    lines = json.dumps(page).count('"life-call"')
    assert lines == 2


def test_the_contact_that_an_address_names_is_marked() -> None:
    marked = json.dumps(plain(shown(SITE, answering(site())).sections)).count("is-marked")
    other = shown(SITE, answering(site()), "/site/12", "?contact=8")
    assert marked == 3
    assert "is-marked" not in json.dumps(plain(other.sections))


def test_a_contact_has_the_times_of_its_steps() -> None:
    (contact,) = contacts_of(site().events)
    assert (contact.address, contact.proposed_at, contact.sent_at, contact.delivered_at) == (
        JANE,
        ago(days=2),
        ago(days=1),
        None,
    )


def test_a_job_shows_each_run_and_its_raw_error_with_line_breaks() -> None:
    told = texts(shown(JOB, answering(answers()["job"])))
    for wanted in (
        "failing",
        "failing for ",
        "11 min",
        "every 10 min",
        "50.0%",
        "1 of 2 finished runs",
        FAILED,
    ):
        assert wanted in told


def test_an_error_leads_to_all_errors_of_its_kind() -> None:
    kind = ErrorKind("cron", "send_outreach", "no route to <n>")
    path = "/error?source=cron&stage=send_outreach&message=no%20route%20to%20%3Cn%3E"
    failed = job(replace(run("failed", 2, FAILED), error_kind=kind))
    assert path in texts(shown(JOB, answering(failed)))
    assert path in texts(shown(SITE, answering(replace(site(), error_kind=kind))))


def test_the_error_of_the_latest_finished_run_stands_above_the_runs() -> None:
    failing = job(run("running", 1), run("failed", 2, FAILED), run("success", 3))
    assert "Latest error" in texts(shown(JOB, answering(failing)))
    assert "Latest error" not in texts(
        shown(JOB, answering(job(run("success", 1), run("failed", 2, FAILED))))
    )


def test_a_job_is_failing_since_its_first_failure_after_a_success() -> None:
    failing = job(
        run("running", 1), run("failed", 10), run("failed", 20), run("success", 30), run("failed", 40)
    )
    assert failing_since(failing) == ago(minutes=20)
    assert failing_since(job(run("success", 1), run("failed", 10))) is None
    assert failing_since(job()) is None


def test_a_run_without_an_end_is_killed_if_a_later_one_began() -> None:
    runs = (run("running", 1), run("running", 10))
    assert [result_of(one, place) for place, one in enumerate(runs)] == ["running", "killed"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (job(run("success", 1)), "ok"),
        (job(run("failed", 1), run("running", 9)), "failing, 1 killed"),
        (job(run("running", 1), run("success", 9)), "running"),
        (job(run("running", 11), run("success", 20)), "stuck"),
        (job(run("running", 9), p95_duration_s=None), "running"),
        (job(run("running", 11), p95_duration_s=None), "stuck"),
        (job(run("running", 40), p95_duration_s=900), "running"),
        (job(run("failed", 1), enabled=False), "disabled"),
        (job(), "no success yet"),
    ],
)
def test_the_state_of_a_job_has_the_words_of_the_table_of_jobs(answer: Any, words: str) -> None:
    assert state_of(answer, NOW).words == words


def test_a_job_that_has_not_succeeded_yet_is_not_shown_as_good() -> None:
    assert [tone_of_state(state_of(one, NOW)) for one in (job(run("success", 1)), job())] == ["good", ""]


def test_durations_are_drawn_oldest_first_in_a_unit_that_suits_them() -> None:
    figure = durations_figure(job(run("success", 1, seconds=600), run("failed", 99, seconds=60)), view())
    by_name = {trace["name"]: trace for trace in figure["data"]}
    assert (by_name["failed"]["x"], by_name["failed"]["y"]) == ([0], [1.0])
    assert (by_name["success"]["x"], by_name["success"]["y"]) == ([1], [10.0])
    assert figure["layout"]["yaxis"]["title"]["text"] == "minutes"


def test_an_error_shows_an_example_its_days_and_the_sites_it_hit_with_links() -> None:
    page = shown(ERROR, answering(error()))
    told = texts(page)
    for wanted in ("106", "failing", "timeout after <n> ms\nat line 2", "The latest 2 of 7", "/site/12"):
        assert wanted in told


def test_an_error_of_job_runs_leads_to_the_job_and_has_no_sites() -> None:
    told = texts(shown(ERROR, answering(error(source="cron", stage="a/b", sites=(), sites_total=0))))
    assert "/job/~YS9i" in told
    assert "Sites with it" not in told


def test_the_days_of_an_error_are_the_last_thirty() -> None:
    (bars,) = days_figure(error(), view())["data"]
    assert len(bars["y"]) == 30
    assert (bars["y"][0], bars["y"][-1], sum(bars["y"])) == (4, 3, 7)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_text_and_nothing_else(thing: Thing, text: str) -> None:
    page = shown(thing, answering(answers(text)[thing.name]))
    assert "cannot be shown" not in texts(page)
    for told in text_of(plain(page.sections)):
        assert not set(told) & set("\x1b\x07\x9b\u202e\u2066\u2028"), told
    assert page.title.strip()


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_a_page_without_an_answer_says_so_and_asks_again(thing: Thing) -> None:
    away = shown(thing, answering(ComputeError("the replica", "no process holds it", "wait")))
    assert AWAY in texts(away)
    assert away.asks_again
    assert not shown(thing, answering(answers()[thing.name])).asks_again


@pytest.mark.parametrize(
    ("thing", "answer"),
    [
        (SITE, NO_SITE),
        (JOB, job(name=None, enabled=None)),
        (ERROR, error(errors=0)),
        (SITE, DashboardError("12", "no such site", "look")),
    ],
)
def test_a_thing_that_there_is_not_is_not_found_with_a_sentence(thing: Thing, answer: Any) -> None:
    page = shown(thing, answering(answer))
    assert thing.not_found in texts(page)
    assert not page.asks_again


@pytest.mark.parametrize(("thing", "path"), [(SITE, "/site/x"), (JOB, "/job/"), (ERROR, "/error")])
def test_an_address_that_names_nothing_asks_nothing(thing: Thing, path: str) -> None:
    asked: list[Question] = []
    assert thing.not_found in texts(shown(thing, answering(answers()[thing.name], asked), path))
    assert asked == []


@pytest.mark.usefixtures("a_viewer")
@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_a_viewer_sees_no_domain_no_contact_and_no_error(thing: Thing) -> None:
    asked: list[Question] = []
    seen = texts(shown(thing, answering(answers("a secret")[thing.name], asked)))
    assert thing is ERROR or "/error?" not in seen
    if thing is JOB:
        # Its name is no contact.
        seen = seen.replace("a secret", "", seen.count("a secret") - seen.count("a secret\n" + FAILED))
    elif thing is SITE:
        # So are models and keywords.
        assert "Site 12" in seen
    assert JANE not in seen
    assert FAILED not in seen
    if thing is ERROR:
        assert HIDDEN_FROM_VIEWERS in seen
        assert asked == []


@pytest.mark.usefixtures("a_viewer")
def test_a_viewer_sees_a_sites_number_in_place_of_its_domain() -> None:
    page = shown(SITE, answering(site("domain.example")))
    assert page.title == "Site 12"


def test_a_job_whose_run_goes_on_is_as_long_as_it_has_taken() -> None:
    figure = durations_figure(job(run("running", 3), run("success", 10)), view())
    running = next(trace for trace in figure["data"] if trace["name"] == "running")
    assert running["y"] == [timedelta(minutes=3).total_seconds() / 60]
