"""What `import smalti` offers, to people and to type checkers."""

import ast
from pathlib import Path

import pytest

import smalti

# Used on the pages, and so by their readers.
NAMES = ("Stains", "compare", "estimate_stains", "inspect", "read", "tissue_mask")


def test_type_checkers_see_the_names_that_there_are():
    tree = ast.parse(Path(smalti.__file__).read_text(encoding="utf-8"))
    for_types = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: f"{line.module}.{alias.name}"
        for line in for_types.body
        for alias in line.names
    }
    assert seen == {name: f"{module}.{name}" for name, module in smalti._MODULE_OF.items()}


def test_names_are_sorted_and_each_stands_once():
    assert smalti.__all__ == sorted(set(smalti.__all__))


@pytest.mark.parametrize("name", NAMES)
def test_what_the_pages_use_is_exported(name):
    assert name in smalti.__all__
    assert callable(getattr(smalti, name))
