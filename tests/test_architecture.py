"""The house rules that a machine can check: sizes, names, two-way imports."""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "remit"
MODULES = sorted(SOURCE.rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 40
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
ROOMS = {path.name for path in (SOURCE / "rooms").iterdir() if path.is_dir() and path.name != "__pycache__"}


def _label(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _imports(path: Path) -> Iterator[str]:
    package = ["remit", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=_label)
def test_a_module_stays_small_enough_to_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=_label)
def test_a_function_does_one_thing(path: Path) -> None:
    long = {
        node.name: lines
        for node in _functions(ast.parse(path.read_text()))
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert not long


def test_most_functions_are_short() -> None:
    """The house aims at about twelve lines; nine in ten functions stay within twenty."""
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in MODULES
        for node in _functions(ast.parse(path.read_text()))
    ]
    assert sum(length <= 20 for length in lengths) >= 0.9 * len(lengths)


@pytest.mark.parametrize("path", MODULES, ids=_label)
def test_a_name_says_what_lives_there(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert path.parent.name not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=_label)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_two_packages_import_each_other() -> None:
    edges: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        here = _place(("remit", *path.relative_to(SOURCE).with_suffix("").parts))
        edges[here] |= {_place(tuple(name.split("."))) for name in _imports(path) if name.startswith("remit.")} - {here}
    pairs = [(a, b) for a, b in itertools.combinations(sorted(edges), 2) if b in edges[a] and a in edges[b]]
    assert not pairs


def _place(parts: tuple[str, ...]) -> str:
    """The room, face or layer a dotted name belongs to."""
    deep = 3 if len(parts) > 2 and parts[1] in ("rooms", "faces", "adapters") else 2
    return ".".join(parts[:deep])


@pytest.mark.parametrize("path", sorted((SOURCE / "rooms").rglob("*.py")), ids=_label)
def test_a_room_is_pure(path: Path) -> None:
    impure = {"os", "time", "socket", "subprocess", "asyncio", "threading", "pathlib", "tempfile", "secrets"}
    if path.parent.name != "estate":  # which draws from a generator seeded by its caller
        impure.add("random")
    assert not impure & {name.split(".")[0] for name in _imports(path)}
