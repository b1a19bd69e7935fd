"""The docs are complete: links lead somewhere, modules say what they are, decisions have form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.house import DOCS, ROOT, all_files, python_files, shown, text_of, tree_of

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]

MACHINE_PATHS = re.compile(r"(?<![\w./-])/(?:work|root|home/\w+)/|pypi-" + "more")


def pages() -> list[Path]:
    """List our Markdown pages."""
    return [path for path in all_files() if path.suffix == ".md"]


def prose(page: Path) -> str:
    """Return a page without its code."""
    return INLINE_CODE.sub("", FENCED.sub("", text_of(page)))


def anchors(page: Path) -> set[str]:
    """Return the anchors that readers can jump to, as GitHub makes them."""
    headings = HEADING.findall(FENCED.sub("", text_of(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def broken_links(page: Path) -> list[str]:
    """List the links of a page that lead nowhere inside the project."""
    broken = []
    for target in (first or second for first, second in LINK.findall(prose(page))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (page.parent / file).resolve() if file else page
        exists = goal.is_relative_to(ROOT) and goal.exists()
        if not exists or (anchor and goal.suffix == ".md" and anchor not in anchors(goal)):
            broken.append(target)
    return broken


def decisions() -> list[Path]:
    """List the decision records and their template."""
    return sorted((DOCS / "decisions").glob("*.md"))


def test_every_link_leads_somewhere() -> None:
    broken = {shown(page): broken_links(page) for page in pages()}

    assert {page: links for page, links in broken.items() if links} == {}


def test_every_page_of_the_docs_can_be_reached_from_the_index() -> None:
    index = (DOCS / "index.md").resolve()
    reached, waiting = {index}, [index]
    while waiting:
        page = waiting.pop()
        for first, second in LINK.findall(prose(page)):
            goal = (page.parent / (first or second).partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal.exists() and goal not in reached:
                reached.add(goal)
                waiting.append(goal)

    lost = [shown(page) for page in pages() if page.is_relative_to(DOCS) and page not in reached]

    assert lost == []


def test_every_module_says_what_it_is() -> None:
    silent = [shown(path) for path in python_files("src") if not ast.get_docstring(tree_of(path))]

    assert silent == []


@pytest.mark.parametrize("record", decisions(), ids=lambda path: path.stem)
def test_a_decision_record_has_its_five_sections(record: Path) -> None:
    sections = re.findall(r"^## (.+)$", text_of(record), re.MULTILINE)

    assert sections == SECTIONS


def test_decision_records_are_numbered_without_gaps() -> None:
    names = [record.name for record in decisions() if record.name != "template.md"]

    assert [name[:5] for name in names] == [f"{n:04}-" for n in range(1, len(names) + 1)]


def test_no_file_knows_a_path_of_somebodys_machine() -> None:
    found = []
    for path in all_files():
        try:
            lines = text_of(path).splitlines()
        except UnicodeDecodeError:
            continue  # a picture, a font
        found += [
            f"{shown(path)}:{n}" for n, line in enumerate(lines, 1) if MACHINE_PATHS.search(line)
        ]

    assert found == []


def test_constraints_are_plain_versions() -> None:
    lines = text_of(ROOT / "constraints.txt").splitlines()

    odd = [
        line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)
    ]

    assert odd == []
