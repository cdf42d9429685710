"""The floors: theory < core < figures < experiments < launch. No import points up; theory draws and writes nothing."""

import ast
from pathlib import Path

import pytest

from core.run.catalogue import FIRST_PARTY, ROOT

FLOORS = ("theory", "core", "figures", "experiments", "launch")
NOT_IN_THEORY = {"jax.random", "numpy.random", "random", "os", "pathlib", "io", "matplotlib", "optax", "flax"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr == "random":
            names.add({"jax": "jax.random", "np": "numpy.random"}.get(node.value.id, ""))
    return names


def violations(root: Path) -> list[str]:
    found = []
    for floor, package in enumerate(FLOORS):
        forbidden = set(FLOORS[floor + 1 :])
        for path in sorted((root / package).rglob("*.py")):
            names = imported(path)
            up = {name for name in names if name.split(".")[0] in forbidden}
            if package == "theory":
                up |= {name for name in names for bad in NOT_IN_THEORY if name == bad or name.startswith(f"{bad}.")}
            found += [f"{path.relative_to(root)} imports {name}" for name in sorted(up)]
    return found


def test_no_import_points_up():
    assert set(FIRST_PARTY) == set(FLOORS)
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("theory/planted.py", "from core.run.loop import chunked_scan"),
        ("theory/planted.py", "import jax\nx = jax.random.key(0)"),
        ("core/planted.py", "import figures.style"),
        ("figures/planted.py", "def f():\n    from experiments.a import b"),
        ("experiments/planted.py", "import launch.run as r"),
    ],
)
def test_a_planted_upward_import_is_found(tmp_path, file, line):
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(line)
    assert len(violations(tmp_path)) >= 1


def test_core_names_no_paper():
    """A name of one word may be a method's name too, and methods live in core."""
    papers = [path.parent.name for path in (ROOT / "experiments").glob("*_*/__init__.py")]
    for path in (ROOT / "core").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [paper for paper in papers if paper in text], path
