"""What the guide says is enough: each test does it step by step in a copy, and then asks the product."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.docs.pages import code_blocks, section
from tests.guides.checkout import Checkout

GUIDE = "docs/adding-a-dataset.md"
DATASET = "llm_cost_by_provider_30d"
# What is asked of every dataset alike; the rest of the tests knows no dataset by name.
OF_EVERY_DATASET = (
    "tests/datasets/test_every_dataset.py", "tests/dash_app/test_figures.py",
    "tests/dash_app/test_chart_text.py", "tests/dash_app/http/test_api.py",
    "tests/dash_app/test_many_values.py", "tests/dash_app/test_pages.py",
    "tests/rows/test_declared_rows.py",
)  # fmt: skip


def step(heading: str, language: str) -> str:
    """Return the one code block of a language that stands below a heading of the guide."""
    (block,) = code_blocks(section(GUIDE, heading), language)
    return block


def new_files(heading: str) -> dict[str, str]:
    """Return the SQL files that a part of the guide has one write: name and text."""
    return dict(
        re.findall(r"`(sql/[\w/]+\.sql)`[^`]*:\n\n```sql\n(.*?)^```$", section(GUIDE, heading), re.S | re.M)
    )


def add_dataset(checkout: Checkout) -> None:
    """Do the three steps of a dataset."""
    for name, text in new_files("## 1. The SQL file").items():
        checkout.create(name, text)
    import_line = "from engine.model.colours import measure_colour"
    assert "(`Paint` is imported from `engine.model.colours`)" in section(GUIDE, "## 2. The figure function")
    figures = checkout.folder / "dash_app/figures/llm.py"
    figures.write_text(
        figures.read_text().replace(import_line, "from engine.model.colours import Paint, measure_colour")
    )
    checkout.append("dash_app/figures/llm.py", step("## 2. The figure function", "python"))
    checkout.insert("dash_app/pages.py", 'Page("llm"', step("## 3. The card line", "text"))


def test_a_dataset_is_three_places_and_all_that_is_asked_of_every_dataset_holds(
    checkout: Checkout, db: Path
) -> None:
    add_dataset(checkout)
    assert checkout.touched == {
        f"sql/charts/{DATASET}.sql", "dash_app/figures/llm.py", "dash_app/pages.py",
    }  # fmt: skip
    assert checkout.value(db, f"llm/{DATASET}") == {
        "provider": ["other", "acme"], "calls": [1, 2], "cost_usd": [2.0, 0.75],
    }  # fmt: skip
    checkout.output(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", *OF_EVERY_DATASET,
        "-k", f"{DATASET} or cost_by_provider or pages or small or place",
    )  # fmt: skip


def test_the_oracle_that_a_dataset_lacks_is_one_test_that_names_the_function_to_write(
    checkout: Checkout,
) -> None:
    add_dataset(checkout)
    result = checkout.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/oracle/test_completeness.py", "--tb=line"
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stdout.count("FAILED ") == 1
    assert f"write {DATASET}(source, clock)" in result.stdout


def test_a_dataset_without_a_baseline_is_left_to_the_product_and_named(checkout: Checkout) -> None:
    add_dataset(checkout)
    code = "from benchmarks.baselines import without_baseline; print(*without_baseline())"
    assert DATASET in checkout.output("-c", code).split()


def test_a_page_is_one_place(checkout: Checkout, db: Path) -> None:
    add_dataset(checkout)
    checkout.touched.clear()
    checkout.insert("dash_app/pages.py", "PAGES:", step("## A page", "text"))
    assert checkout.touched == {"dash_app/pages.py"}
    dataset = checkout.folder / f"sql/charts/{DATASET}.sql"
    dataset.write_text(dataset.read_text().replace('page = "llm"', 'page = "providers"'))
    assert checkout.value(db, f"providers/{DATASET}")["calls"] == [1, 2]
    script = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from dash_app.server import create_server
from engine.model.setting_table.loading import load_settings
server = create_server(load_settings().with_db(Path(sys.argv[1])))
with TestClient(server, base_url="http://localhost") as client:
    print(client.get("/providers").status_code, *client.get("/api/page/providers").json()["datasets"])
"""
    assert checkout.output("-c", script, db).split() == ["200", f"providers/{DATASET}"]


def test_a_source_table_is_a_file_of_columns_one_of_rows_and_a_dataset_that_reads_it(
    checkout: Checkout, db: Path
) -> None:
    files = new_files("## A source table")
    assert set(files) == {
        "sql/staging/invoices.sql", "sql/rows/invoices.sql", "sql/metrics/invoice_totals.sql",
    }  # fmt: skip
    for name, text in files.items():
        checkout.create(name, text)
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute(
            "create table invoices (id integer primary key, provider text, amount, issued_at text)"
        )
        connection.executemany(
            "insert into invoices (provider, amount, issued_at) values (?, ?, '2026-11-01')",
            [("Acme", 100), ("other", "30.5"), ("ACME", 20)],
        )
    assert checkout.value(db, "llm/invoice_totals") == {
        "provider": ["acme", "other"], "amount_usd": [120.0, 30.5],
    }  # fmt: skip
    checkout.output("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/rows/test_declared_rows.py")


def test_a_source_without_the_new_table_lacks_that_dataset_alone(checkout: Checkout, db: Path) -> None:
    for name, text in new_files("## A source table").items():
        checkout.create(name, text)
    printed = checkout.output("-m", "engine", "precompute", "--db", db)
    assert re.findall(r'"(\w+)": "[^"]*invoices[^"]*is missing', printed) == ["invoice_totals"]


def test_a_setting_is_two_lines_and_its_documentation_is_written_by_a_command(checkout: Checkout) -> None:
    row, field = code_blocks(section(GUIDE, "## A setting"), "text")
    checkout.insert("engine/model/setting_table/rows.py", "SETTINGS:", row)
    checkout.insert("engine/model/settings.py", "port: int", field)
    assert checkout.touched == {"engine/model/setting_table/rows.py", "engine/model/settings.py"}
    checkout.output("-m", "tests.docs.write_tables")
    assert "| `DASHBOARD_KEPT_RUNS` | `1000` | runs |" in (checkout.folder / "docs/operating.md").read_text()
    assert "#DASHBOARD_KEPT_RUNS=1000\n" in (checkout.folder / ".env.example").read_text()
    show = """
import sys
from engine.model.setting_table.loading import load_settings
print(load_settings({"DASHBOARD_KEPT_RUNS": sys.argv[1]}).kept_runs)
"""
    assert checkout.output("-c", show, "") == "1000\n"
    assert checkout.output("-c", show, "7") == "7\n"
    refused = checkout.run("-c", show, "many")
    assert "DASHBOARD_KEPT_RUNS: 'many' is not a whole number; give one from 1 to 100000" in refused.stderr
    checkout.output("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/engine/test_settings.py")
