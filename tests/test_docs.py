"""The pages say what is there: names, links, and tables of benchmarks that exist."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import smalti

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BENCHMARKS = ROOT / "docs" / "benchmarks.md"

# A name such as smalti.kmeans, but not example.org/smalti.html or the file x-smalti.png.
_NAME = re.compile(r"(?<![\w/.-])smalti(?:\.[A-Za-z_]\w*)+")
_IMPORT = re.compile(r"^>>> from (smalti\S*) import (.+)$", re.MULTILINE)


def text_of(page):
    return page.read_text(encoding="utf-8")


def resolved(name):
    """The object of a dotted name; a part of it may be a module that is not imported yet."""
    value = smalti
    path = "smalti"
    for part in name.split(".")[1:]:
        path = f"{path}.{part}"
        try:
            value = getattr(value, part)
        except AttributeError:
            value = importlib.import_module(path)
    return value


def exists(name):
    try:
        resolved(name)
    except (AttributeError, ModuleNotFoundError):
        return False
    return True


def names_on(pages):
    return sorted({name for page in pages for name in _NAME.findall(text_of(page))})


def test_a_name_that_is_not_there_is_noticed():
    assert exists("smalti.Codebook.fit")
    assert not exists("smalti.no_such_name")
    assert not exists("smalti.Codebook.no_such_method")


@pytest.mark.parametrize("name", names_on(PAGES))
def test_every_name_on_the_pages_exists(name):
    for extra in ("dask", "sklearn"):
        if name.startswith(f"smalti.{extra}"):
            pytest.importorskip(extra, reason=f"needs the extra smalti[{extra}]")
    assert exists(name)


@pytest.mark.parametrize(
    "page", ["README.md", "python.md", "vectors.md", "segmentation.md", "palettes.md"]
)
def test_the_names_are_found_at_all(page):
    assert len(names_on([each for each in PAGES if each.name == page])) >= 3


def imports_on(pages):
    return {
        (module, name)
        for page in pages
        for module, names in _IMPORT.findall(text_of(page))
        for name in names.split(", ")
    }


@pytest.mark.parametrize(
    ("module", "name"),
    [pytest.param(*each, id=".".join(each)) for each in sorted(imports_on(PAGES))],
)
def test_what_the_pages_import_is_public(module, name):
    if module == "smalti.sklearn":
        pytest.importorskip("sklearn", reason="needs the extra smalti[sklearn]")
        assert name in smalti.sklearn.__all__
    else:
        assert module == "smalti"
        assert name in smalti.__all__


def links_on(page):
    return re.findall(r"\]\(([^)#:]+)\)", text_of(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(page):
    missing = [target for target in links_on(page) if not (page.parent / target).exists()]
    assert missing == []


def test_links_lead_from_the_readme_to_every_page():
    seen = set()
    following = [ROOT / "README.md"]
    while following:
        page = following.pop()
        if page.suffix == ".md" and page not in seen:
            seen.add(page)
            following += [(page.parent / target).resolve() for target in links_on(page)]
    assert {page for page in PAGES if page.parent.name == "docs"} <= seen


def benchmark_suites():
    """The names of `python -m bench`, read without importing what the suites measure."""
    tree = ast.parse((ROOT / "bench" / "__main__.py").read_text(encoding="utf-8"))
    (suites,) = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "SUITES"
    ]
    return [ast.literal_eval(key) for key in suites.keys]


def test_every_benchmark_has_its_place_on_the_page_and_none_is_left_over():
    markers = re.findall(r"<!-- (end )?(\w+) -->", text_of(BENCHMARKS))
    begun = [name for end, name in markers if not end]
    # Each place ends before the next begins.
    assert markers == [marker for name in begun for marker in (("", name), ("end ", name))]
    assert sorted(begun) == sorted(benchmark_suites())


@pytest.mark.parametrize("name", benchmark_suites())
def test_every_benchmark_has_a_table_and_says_where_it_ran(name):
    between = text_of(BENCHMARKS).split(f"<!-- {name} -->")[1].split(f"<!-- end {name} -->")[0]
    rows = [line for line in between.splitlines() if line.startswith("|")]
    assert len(rows) >= 3  # a head, a rule and a result
    assert re.search(r"\bsmalti \d+\.\d+\.\d+", between)


def test_benchmarks_that_the_pages_run_exist():
    runs = [name for page in PAGES for name in re.findall(r"-m bench (\w+)", text_of(page))]
    assert runs
    assert set(runs) <= set(benchmark_suites())
