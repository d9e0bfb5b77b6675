"""The pages of the documentation as tests read them: sections, and the code blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
        *(ROOT / "docs").glob("*.md"),
    ]
)
WORDS_OF_README = 900


def text_of(name: str) -> str:
    """Return the text of a page, named from the root of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level or above."""
    level = "#" * (len(heading) - len(heading.lstrip("#")))
    _, found, rest = f"\n{text_of(name)}".partition(f"\n{heading}\n")
    assert found, f"{name} has no heading {heading!r}"
    # Lines of code may begin with the same sign.
    outside = re.sub(r"^```.*?^```$", lambda block: block[0].replace("\n#", "\n\0"), rest, flags=re.S | re.M)
    end = re.search(rf"^#{{1,{len(level)}}} ", outside, re.M)
    return rest[: end.start()] if end else rest


def code_blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)
