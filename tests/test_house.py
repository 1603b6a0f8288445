"""The rooms of the package import one way."""

import ast
import re
from pathlib import Path

import pytest

import smalti

PACKAGE = Path(smalti.__file__).parent

# Every room imports only from itself and from those before it. `smalti/__init__.py` is the front
# door: it opens every room. `_core` is the extension, below all of them.
ORDER = (
    "_core",
    "exceptions",
    "validation",
    "raw_array",
    "values",
    "progress",
    "parallel",
    "sampling",
    "bits",
    "colors",
    "urls",
    "contents",
    "files",
    "cache_folder",
    "formats",
    "options",
    "sources",
    "inputs",
    "measure",
    "vectors",
    "sklearn",
    "images",
    "labelmaps",
    "segmentation",
    "batch",
    "scale",
)

# They use what the front door offers, and the rooms behind it, but not each other: only programs
# call what `smalti.dask` offers.
LEAVES = ("dask", "studio", "cli")

# The order within rooms that have rooms of their own; files beside them come last.
INNER = {
    "images": ("picture_base", "blocks"),
    "labelmaps": ("classes", "region_table", "regions", "overlay", "export"),
    "segmentation": ("mask", "histology", "features", "fit"),
}


def _module_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _modules():
    return {_module_of(path): path for path in PACKAGE.rglob("*.py")}


MODULES = _modules()


def _imported(path):
    """Every module of the package that a file imports, for types and within functions, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not followed here"
            # `from smalti.room import module` imports the module.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "smalti":
                yield _longest_module(rest)


def _longest_module(name):
    while name and name not in MODULES and name != "_core":
        name = name.rpartition(".")[0]
    return name


ARROWS = sorted(
    {
        (module, target)
        for module, path in MODULES.items()
        for target in _imported(path)
        if target != module
    }
)


def _room(module):
    return module.split(".")[0]


def test_imports_are_found():
    assert ("images.compress", "sources.read") in ARROWS
    assert len(ARROWS) > 200
    assert {_room(module) for module in MODULES} - {"", "__main__"} <= {*ORDER, *LEAVES}


@pytest.mark.parametrize("room", ORDER[1:])
def test_a_room_imports_only_from_rooms_above(room):
    allowed = ORDER[: ORDER.index(room) + 1]
    wrong = [
        f"{module} -> {target or 'smalti'}"
        for module, target in ARROWS
        if _room(module) == room and _room(target) not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_do_not_import_each_other(leaf):
    others = {*LEAVES} - {leaf}
    wrong = [
        f"{module} -> {target}"
        for module, target in ARROWS
        if _room(module) == leaf and _room(target) in others and (leaf, target) != ("cli", "dask")
    ]
    assert wrong == []


@pytest.mark.parametrize("room", INNER)
def test_inner_rooms_import_only_from_those_above(room):
    def rank(module):
        inner = module.split(".")[1] if "." in module else ""
        return INNER[room].index(inner) if inner in INNER[room] else len(INNER[room])

    wrong = [
        f"{module} -> {target}"
        for module, target in ARROWS
        if _room(module) == _room(target) == room and rank(target) > rank(module)
    ]
    assert wrong == []


def test_the_page_for_contributors_draws_every_room():
    page = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = page.split("### Python")[1].split("## Habits")[0]
    rooms = {_room(module) for module in MODULES} - {"", "__main__"}
    named = {name.strip("/") for cell in re.findall(r"`([^`]+)`", drawn) for name in cell.split()}
    assert sorted(rooms - named) == []


def test_no_files_import_each_other_in_a_circle():
    targets = {}
    for module, target in ARROWS:
        # A room's `__init__` lists what is in it.
        if module in MODULES and not MODULES[module].name.startswith("__"):
            targets.setdefault(module, []).append(target)
    done = set()

    def circle_from(module, way):
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return None
        for target in targets.get(module, ()):
            if found := circle_from(target, [*way, module]):
                return found
        done.add(module)
        return None

    assert [circle for module in MODULES if (circle := circle_from(module, []))] == []
