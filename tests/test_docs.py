import re
from pathlib import Path

import pytest

from smalti.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("command", app.commands)
def test_every_option_is_in_the_command_line_page(command):
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## smalti {command}\n")[1].split("\n## ")[0]
    names = [
        option
        for parameter in app.commands[command].params
        for option in parameter.opts
        if option.startswith("-")
    ]
    assert names
    assert [name for name in names if name not in section] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_every_benchmark_table_is_on_the_page():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for name in re.findall(r"<!-- end (\w+) -->", page):
        table = page.split(f"<!-- {name} -->")[1].split("<!-- end")[0]
        assert table.count("|") > 10, name
