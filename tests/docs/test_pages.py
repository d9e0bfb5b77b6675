"""What the documentation says is so: links lead somewhere, and what is made from the code is as made."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from engine.cli.main import dashboard
from engine.model.catalogue.staging import CASTS
from engine.model.private_files import OWN_PARTS
from engine.model.setting_table.rows import SETTINGS
from engine.model.version import VERSION
from tests.conftest import LONGEST
from tests.docs.pages import PAGES, ROOT, WORDS_OF_README, section, text_of
from tests.docs.write_tables import FILES, PARTS, commands_of, part_of

LINK = re.compile(r"\]\((?!https?://)([^)#]*)(?:#([\w-]+))?\)")
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


@pytest.mark.parametrize("file, name", list(PARTS), ids=str)
def test_a_part_that_is_made_from_the_code_is_as_made(file: str, name: str) -> None:
    assert part_of(file, name) == PARTS[file, name](), "run `make docs`"


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_made_from_the_code_is_as_made(file: str) -> None:
    assert text_of(file) == FILES[file](), "run `make docs`"


def test_the_example_env_file_names_every_setting() -> None:
    named = re.findall(r"^#(\w+)=(.*)$", text_of(".env.example"), re.M)
    assert named == [(row.name, row.default) for row in SETTINGS]


def test_every_command_has_its_row() -> None:
    commands = part_of("docs/operating.md", "commands") or ""
    for name in dashboard.commands:
        assert f"`dashboard {name}" in commands, name


def test_the_commands_that_take_no_source_are_named() -> None:
    without = [
        f"`{name}`"
        for name, command in commands_of(dashboard)
        if all(parameter.name != "db" for parameter in command.params)
    ]
    assert f"All but {' and '.join(without)} take `--db F`" in text_of("docs/operating.md")


def test_every_file_that_the_dashboard_makes_has_its_row() -> None:
    rows = re.findall(r"^\| `\.dashboard/(.*?)` \|", section("docs/operating.md", "## Files"), re.M)
    for part in OWN_PARTS:
        name = f"sites.db{part}{'json' if part.endswith('.') else ''}"
        assert any(fnmatch(name, row) for row in rows), name


def test_every_cast_is_explained() -> None:
    casts = section("docs/adapting.md", "### Casts")
    for cast in CASTS:
        assert f"`{cast}`" in casts, cast


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_picture_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target, heading in LINK.findall(text_of(name)):
        to = page.parent / target if target else page
        assert to.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", to.read_text(encoding="utf-8"), re.M)
            # As GitHub makes them: without punctuation.
            known = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
            assert heading in known, f"{target}#{heading}"


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_is_there(name: str) -> None:
    # Guides name files that a reader is going to make; these stand above a code block with the content.
    made = set(re.findall(r"`([\w./]+\.\w+)`[^`]*:\n\n```", text_of(name)))
    for path in re.findall(
        r"`((?:engine|dash_app|sql|tests|benchmarks|docs|deploy)/[\w./-]*)`", text_of(name)
    ):
        assert (ROOT / path).exists() or path in made, path


def test_the_readme_is_short_and_shows_a_picture() -> None:
    readme = text_of("README.md")
    assert len(readme.split()) < WORDS_OF_README
    assert re.findall(r"!\[[^\]]+\]\(docs/[^)]+\)", readme)


def test_the_readme_leads_to_every_page() -> None:
    readme = text_of("README.md")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in readme, page.name


def test_every_test_dependency_has_its_reason() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    reasons = section("docs/architecture.md", "## Dependencies")
    for wanted in project["optional-dependencies"]["test"]:
        package = re.match(r"[\w-]+(?:\[\w+\])?", wanted)
        assert package is not None
        assert f"`{package[0]}`" in reasons, wanted


def test_every_reason_is_that_of_a_dependency() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = " ".join(project["optional-dependencies"]["test"])
    front_end = json.loads(text_of("dash_app/frontend/package.json"))
    known = {
        *re.findall(r"[\w-]+(?:\[\w+\])?", wanted),
        *front_end["dependencies"],
        *front_end["devDependencies"],
    }
    reasons = section("docs/architecture.md", "## Dependencies")
    for cell in re.findall(r"^\| (`.*?`) \|", reasons, re.M):
        assert set(re.findall(r"`(.*?)`", cell)) <= known, cell


def test_the_newest_changes_are_those_of_the_version() -> None:
    newest = re.search(r"^## (\S+?),? ", text_of("CHANGELOG.md"), re.M)
    assert newest is not None
    assert newest[1] == VERSION


def _skip_reasons(path: Path) -> Iterator[str | None]:
    """Yield the reason of each skip in a module, None if it has none that is written there."""
    text = path.read_text(encoding="utf-8")
    # Parsing all tests takes seconds, and few skip.
    for node in ast.walk(ast.parse(text if "skip" in text else "")):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("skip", "skipif", "importorskip"):
            said = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
            said += node.args[:1] if node.func.attr == "skip" else []
            texts = (text.value for text in said if isinstance(text, ast.Constant))
            yield next((text for text in texts if isinstance(text, str)), None)


def test_a_test_is_skipped_only_with_a_remedy() -> None:
    found = [(path, reason) for path in (ROOT / "tests").rglob("*.py") for reason in _skip_reasons(path)]
    assert found
    for path, reason in found:
        assert re.search(r"; (install|run) ", reason or ""), f"{path}: {reason}"


def test_the_files_that_begin_first_are_there() -> None:
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []


def test_the_fast_tests_are_there() -> None:
    answer = subprocess.run(
        ["make", "--silent", "--eval", "list: ; @echo $(FAST)", "list"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = answer.stdout.split()
    assert paths
    for path in paths:
        assert (ROOT / path).is_file(), path
