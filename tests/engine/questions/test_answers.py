"""Answers over a real engine process: rows, texts, search, one site, one job and one error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model import questions as q
from engine.model.catalogue.rows import rows_tables
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.replica.questions.row_answer import fitting_rows
from engine.runs import Runner
from engine.runs.questions import ask
from engine.store import read_entries
from tests.engine.source_database import NOW, execute, make_source, run_request, settings_of

LONG = "Dear Acme, " + "we had a look. " * 40
HOSTILE = "o'brien\x00\"; drop table sites; --\u202e.example"


def error(site_id: int) -> str | None:
    return None if site_id % 2 else f"timeout after {site_id} ms"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A runner whose engine process holds the replica of a small pipeline."""
    db = make_source(tmp_path_factory.mktemp("asked") / "sites.db")
    sites = [
        (n, f"Shop{n:02}.example", "scored" if n % 2 else "failing", error(n), n % 3 or None)
        for n in range(1, 41)
    ]
    execute(
        db,
        "insert into sites (id, domain, status, error_message, score, country_code, updated_at)"
        " values (?, ?, ?, ?, ?, ' GB ', '2026-11-20 10:00:00')",
        *sites,
    )
    execute(
        db,
        "insert into sites (id, domain, status, updated_at) values (99, ?, 'scored', '2026-11-20')",
        (HOSTILE,),
    )
    for stage, stamp in (("found", "2026-11-19 10:00:00"), ("scored", "2026-11-19 16:00:00")):
        entries = [(n, stage, stamp) for n in range(1, 41)]
        execute(db, "insert into site_status (site_id, status, created_at) values (?, ?, ?)", *entries)
    execute(
        db,
        "insert into outreaches (id, site_id, contact_method, contact_uri, status, sent_at, subject_line,"
        " proposal_text, created_at, updated_at) values (1, 1, 'email', 'Owner@shop01.example', 'sent',"
        " '2026-11-20 12:00:00', 'Hello', ?, '2026-11-20 11:00:00', '2026-11-20 12:00:00')",
        (LONG,),
    )
    execute(
        db,
        "insert into conversations (outreach_id, direction, channel, sentiment, message_body, received_at)"
        " values (1, 'inbound', 'email', 'positive', 'Yes please', '2026-11-21 09:00:00')",
    )
    calls = [(n % 40 + 1, "scoring" if n % 3 else "replies", n / 100) for n in range(60)]
    execute(
        db,
        "insert into llm_usage (site_id, stage, provider, model, estimated_cost, created_at)"
        " values (?, ?, 'openai', 'gpt-4o', ?, '2026-11-22 08:00:00')",
        *calls,
    )
    execute(
        db,
        "insert into cron_jobs (name, task_key, interval_value, interval_unit)"
        " values ('Send mail', 'send', 5, 'minutes')",
    )
    execute(
        db,
        "insert into cron_job_logs"
        " (job_name, status, started_at, finished_at, error_message, items_processed) values"
        " ('send', 'success', '2026-11-23 10:00:00', '2026-11-23 10:00:09', null, 4),"
        " ('send', 'failed', '2026-11-23 11:00:00', '2026-11-23 11:00:01', 'no route to host 10', 0)",
    )
    runner = Runner(settings_of(db))
    runner.run(run_request())
    yield runner
    runner.close()


@pytest.fixture
def settings(runner: Runner) -> Settings:
    return runner.settings


def rows_of(settings: Settings, table: str, **asked: object) -> q.RowsAnswer:
    return ask(settings, replace(q.TableRowsQuestion(table), **asked))  # type: ignore[arg-type]


def column(answer: q.RowsAnswer, name: str) -> list[q.Cell]:
    place = [each.name for each in answer.columns].index(name)
    return [row[place] for row in answer.rows]


def test_the_rows_behind_a_number_are_those_that_it_counted(settings: Settings) -> None:
    entry = read_entries(settings.db, ["llm/llm_usage_by_stage"], NOW)["llm/llm_usage_by_stage"]
    assert entry.as_of is not None
    for stage, calls in zip(entry.value["stage"], entry.value["calls"], strict=True):
        question = q.RowsQuestion(entry.key, "calls", {"stage": stage}, entry.as_of, limit=7)
        answer = ask(settings, question)
        assert (answer.table, answer.counted, answer.total) == ("llm_usage", calls, calls)
        assert set(column(answer, "stage")) == {stage}
        assert len(answer.rows) == len(answer.ids) == len(answer.marks) == 7
        assert ask(settings, replace(question, offset=calls - 1)).rows[0] not in answer.rows


def test_rows_of_one_number_are_counted_and_paged_however_they_are_found(settings: Settings) -> None:
    replied = q.RowsQuestion("outreach/outreach_funnel", "outreaches", {"stage": "replied"}, NOW)
    found = ask(settings, replied)
    assert (found.ids, found.total, column(found, "contact")) == (("1",), 1, ["Owner@shop01.example"])
    assert column(found, "domain") == ["Shop01.example"]
    for more in ({"sort": (q.Sort("contact"),)}, {"filters": (q.Filter("contact", "contains", ("owner",)),)}):
        assert ask(settings, replace(replied, **more)).rows == found.rows
    after = ask(settings, replace(replied, offset=1))
    assert (after.ids, after.total) == ((), 1)
    spent = {
        outcome: ask(settings, q.RowsQuestion("llm/cost_by_outcome_30d", "calls", {"outcome": outcome}, NOW))
        for outcome in ("positive", "failing", "in_pipeline", "no_site")
    }
    assert [answer.total for answer in spent.values()] == [2, 30, 28, 0]


def test_a_row_with_an_error_names_the_kind_that_its_page_is_of(settings: Settings) -> None:
    found = rows_of(settings, "sites", sort=(q.Sort("site_id"),), limit=3)
    kind = q.ErrorKind("site", "failing", "timeout after <n> ms")
    assert found.errors == (None, kind, None)
    page = ask(settings, q.ErrorQuestion(kind.source, kind.stage, kind.message))
    assert "2" in {site.site_id for site in page.sites}
    runs = rows_of(settings, "cron_job_logs", sort=(q.Sort("run_id"),))
    failed = q.ErrorKind("cron", "send", "no route to host <n>")
    assert runs.errors == (None, failed)
    assert [run.error_kind for run in ask(settings, q.JobQuestion("send")).runs] == [failed, None]
    assert ask(settings, q.SiteQuestion("2")).error_kind == kind
    assert rows_of(settings, "llm_usage").errors == ()


def test_an_answer_for_a_file_has_many_rows_until_they_are_long(settings: Settings) -> None:
    asked = q.RowsQuestion("outreach/outreach_funnel", "outreaches", {"stage": "proposed"}, NOW)
    shown, filed = ask(settings, asked), ask(settings, replace(asked, for_file=True, limit=10**6))
    # A row is the same in both, its texts that the source alone has too.
    assert filed.rows == shown.rows and column(filed, "subject") == ["Hello"]
    assert (filed.marks, filed.errors) == (("",), ())
    calls = q.RowsQuestion("llm/llm_usage_by_stage", "calls", {"stage": "scoring"}, NOW, limit=30)
    whole = ask(settings, replace(calls, for_file=True, limit=10**6))
    assert whole.rows[:30] == ask(settings, calls).rows and len(whole.rows) == whole.total == 40
    long: list[tuple[q.Cell, ...]] = [("x" * (q.MOST_FILE_CHARACTERS // 2 + 1),)] * 3
    assert fitting_rows(long) == long[:1]
    assert fitting_rows([("x" * (q.MOST_FILE_CHARACTERS + 1),)]) != []


def test_a_filter_of_a_person_changes_the_total_and_not_the_count(settings: Settings) -> None:
    question = q.RowsQuestion("llm/llm_usage_by_stage", "calls", {"stage": "scoring"}, NOW)
    found = ask(settings, replace(question, filters=(q.Filter("cost_usd", "greater", (0.5,)),)))
    assert found.counted == 40
    assert found.total == len(found.rows) == 6
    assert all(isinstance(cost, float) and cost > 0.5 for cost in column(found, "cost_usd"))


@pytest.mark.parametrize("descending", [False, True])
def test_null_comes_last_in_both_orders(settings: Settings, descending: bool) -> None:
    scores = column(rows_of(settings, "sites", sort=(q.Sort("score", descending),)), "score")
    known = [score for score in scores if score is not None]
    assert known == sorted(known, key=float, reverse=descending)
    assert len(known) < len(scores)
    assert scores[len(known) :] == [None] * (len(scores) - len(known))


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        (q.Filter("domain", "contains", ("SHOP1",)), range(10, 20)),
        (q.Filter("domain", "equals", ("Shop07.example",)), [7]),
        (q.Filter("domain", "equals", (HOSTILE,)), [99]),
        (q.Filter("domain", "contains", ("' or 1=1 --",)), []),
        (q.Filter("site_id", "between", (3, 5)), [3, 4, 5]),
        (q.Filter("site_id", "less", (3,)), [1, 2]),
        (q.Filter("site_id", "in", (3, 8, 1000)), [3, 8]),
        (q.Filter("score", "in", (None,)), [*range(3, 41, 3), 99]),
        (q.Filter("score", "empty"), [*range(3, 41, 3), 99]),
        (q.Filter("updated_at", "less", ("2026-11-20T10:00:00Z",)), [99]),
    ],
    ids=str,
)
def test_a_filter_selects(settings: Settings, asked: q.Filter, ids: list[int]) -> None:
    found = rows_of(settings, "sites", filters=(asked,), sort=(q.Sort("site_id"),))
    assert column(found, "site_id") == list(ids)
    assert found.total == len(ids)


def test_rows_can_be_sorted_and_filtered_by_what_another_table_has(settings: Settings) -> None:
    found = rows_of(
        settings,
        "llm_usage",
        filters=(q.Filter("domain", "contains", ("shop0",)),),
        sort=(q.Sort("domain", True),),
    )
    assert column(found, "domain")[0] == "Shop09.example"
    assert set(column(found, "site_id")) == set(range(1, 10))


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (q.TableRowsQuestion("outreaches", sort=(q.Sort("subject"),)), "cannot be sorted or filtered"),
        (q.TableRowsQuestion("outreaches", sort=(q.Sort("id; drop table sites"),)), "no such column"),
        (q.TableRowsQuestion("sqlite_master"), "no such table of rows"),
        (q.TableRowsQuestion("sites", filters=(q.Filter("score", "less", ("1 or 1=1",)),)), "is no number"),
        (q.RowsQuestion("llm/nothing", "calls", {}, NOW), "no such dataset"),
        (q.RowsQuestion("llm/llm_usage_by_stage", "calls", {"model": "x"}, NOW), "cell stage is not given"),
        (q.TextQuestion("sites", "1", "domain"), "no long text"),
        (q.SiteQuestion("12345"), "no such site"),
        (q.ErrorQuestion("nowhere", None, "x"), "no such source of errors"),
    ],
    ids=str,
)
def test_a_question_about_what_is_not_there_is_answered_in_one_line(
    settings: Settings, question: q.TableRowsQuestion, problem: str
) -> None:
    with pytest.raises(DashboardError, match=problem) as error:
        ask(settings, question)
    assert "\n" not in str(error.value)


def test_a_long_text_is_cut_and_the_whole_of_it_is_there_on_demand(settings: Settings) -> None:
    found = rows_of(settings, "outreaches")
    (shown,) = column(found, "proposal")
    assert isinstance(shown, str)
    assert shown == LONG[: q.SHORT_TEXT] + "…"
    (rowid,) = found.ids
    assert rowid is not None
    whole = ask(settings, q.TextQuestion("outreaches", rowid, "proposal"))
    assert (whole.text, whole.contacts, whole.is_cut, whole.is_gone) == (LONG, True, False, False)
    assert ask(settings, q.TextQuestion("outreaches", "77", "proposal")).is_gone


def test_each_answer_names_what_may_name_people(settings: Settings) -> None:
    assert rows_of(settings, "outreaches").contacts >= {
        "domain",
        "contact",
        "error_message",
        "subject",
        "proposal",
    }
    assert rows_of(settings, "conversations").contacts == {"contact", "message"}
    assert {hit.kind: hit.contacts for hit in ask(settings, q.SearchQuestion("o")).hits} == {
        "site": True, "contact": True, "job": False, "model": False, "error": True,
    }  # fmt: skip
    assert set(ask(settings, q.SiteQuestion("1")).contacts) == {"domain", "error", "error_kind"}


def test_no_table_shows_the_html_of_a_site() -> None:
    shown = {column.source or column.name for table in rows_tables().values() for column in table.columns}
    assert "html_dom" not in shown
    assert "landing_page_url" in shown


def test_a_search_finds_each_kind_in_any_case(settings: Settings) -> None:
    assert [hit.key for hit in ask(settings, q.SearchQuestion("sHOP07")).hits] == [("7",)]
    assert [hit.key for hit in ask(settings, q.SearchQuestion("owner@")).hits] == [("1", "1")]
    assert [hit.key for hit in ask(settings, q.SearchQuestion("mail")).hits] == [("send",)]
    assert [hit.key for hit in ask(settings, q.SearchQuestion("GPT")).hits] == [("gpt-4o",)]
    (error,) = ask(settings, q.SearchQuestion("route to")).hits
    assert error.key == ("cron", "send", "no route to host <n>")
    assert ask(settings, q.SearchQuestion("shop", kinds=q.PUBLIC_KINDS)).hits == ()
    assert [hit.key for hit in ask(settings, q.SearchQuestion("o'brien\x00")).hits] == [("99",)]
    assert ask(settings, q.SearchQuestion("%")).hits == ask(settings, q.SearchQuestion("")).hits == ()


def test_no_kind_crowds_out_another(settings: Settings) -> None:
    kinds = [hit.kind for hit in ask(settings, q.SearchQuestion("o", 6)).hits]
    assert len(kinds) == 6
    assert set(kinds) == set(q.KINDS)


def test_a_site_has_its_life_in_order(settings: Settings) -> None:
    site = ask(settings, q.SiteQuestion("1"))
    assert (site.domain, site.stage, site.country, site.mark) == ("Shop01.example", "scored", "gb", "")
    assert [(stay.stage, stay.median_hours) for stay in site.stays] == [("found", 6.0), ("scored", None)]
    assert site.stays[0].hours == 6.0
    assert site.stays[1].left_at is None
    kinds = [event.kind for event in site.events]
    assert kinds == ["stage", "stage", "proposed", "sent", "in", "call", "call"]
    assert (site.calls, site.messages_in, site.messages_out, site.events_total) == (2, 1, 0, 7)
    assert site.cost_usd == pytest.approx(0.4)
    assert [event.kind for event in ask(settings, q.SiteQuestion("1", limit=2)).events] == ["call", "call"]
    assert [event.kind for event in ask(settings, q.SiteQuestion("2")).events].count("error") == 1


def test_a_job_has_its_latest_runs_with_their_raw_errors(settings: Settings) -> None:
    job = ask(settings, q.JobQuestion("send"))
    assert (job.name, job.interval_minutes, job.success, job.failed, job.runs_total) == (
        "Send mail",
        5,
        1,
        1,
        2,
    )
    assert [(run.status, run.duration_s, run.error) for run in job.runs] == [
        ("failed", 1, "no route to host 10"),
        ("success", 9, None),
    ]
    assert ask(settings, q.JobQuestion("nothing")).runs == ()


def test_an_error_has_its_days_and_the_sites_that_it_hit(settings: Settings) -> None:
    error = ask(settings, q.ErrorQuestion("site", "failing", "timeout after <n> ms", limit=3))
    assert (error.errors, error.sites_total, len(error.sites), error.table) == (20, 20, 3, "sites")
    assert [(f"{each.day}", each.errors) for each in error.days] == [("2026-11-20", 20)]
    assert error.example == "timeout after 40 ms"
    job = ask(settings, q.ErrorQuestion("cron", "send", "no route to host <n>"))
    assert (job.errors, job.sites, job.first_seen == job.last_seen) == (1, (), True)
    assert ask(settings, q.ErrorQuestion("cron", "send", "another")).errors == 0


def test_a_row_that_the_source_has_changed_or_lost_since_is_marked(
    runner: Runner, settings: Settings
) -> None:
    execute(settings.db, "update sites set score = 77 where id = 11")
    execute(settings.db, "delete from sites where id = 12")
    try:
        wanted = (q.Filter("site_id", "between", (10, 12)),)
        found = rows_of(settings, "sites", where=wanted, sort=(q.Sort("site_id"),))
        assert found.marks == ("", "changed", "gone")
        assert column(found, "score") == [1.0, 2.0, None]
        assert ask(settings, q.SiteQuestion("11")).mark == "changed"
        assert ask(settings, q.SiteQuestion("12")).mark == "gone"
    finally:
        runner.run(run_request("pipeline_funnel"))
    assert rows_of(settings, "sites", where=wanted, sort=(q.Sort("site_id"),)).marks == ("", "")


def test_a_source_that_lacks_a_column_lacks_it_in_the_rows_alone(tmp_path: Path) -> None:
    db = make_source(tmp_path / "sites.db")
    execute(db, "insert into sites (domain, status, error_message) values ('a.example', 'found', 'x')")
    for name in ("grade", "landing_page_url", "country_code"):
        execute(db, f"alter table sites drop column {name}")
    runner = Runner(settings_of(db))
    try:
        problems = runner.run(run_request()).outcome.problems
        assert [problem.name for problem in problems] == ["sites_by_country"]
        found = rows_of(runner.settings, "sites", sort=(q.Sort("grade"),))
        assert [column(found, name) for name in ("domain", "grade", "country", "landing_page")] == [
            ["a.example"], [None], [None], [None],
        ]  # fmt: skip
        assert found.marks == ("",)
        assert len(ask(runner.settings, q.SearchQuestion("a.ex")).hits) == 1
    finally:
        runner.close()
