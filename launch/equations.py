"""What stands in `theory/`, and which claim or test checks it: read from the files, without running any."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from core.run.catalogue import ROOT, claims_files, papers
from figures.equations import Chapter, Equation

_TITLES = {"short": "Single papers"}  # a folder's name says what it is about, but for this one


@cache
def theory_modules(root: Path = ROOT) -> tuple[Chapter, ...]:
    """The modules of `theory/` that have something public, with what checks each function."""
    checked, users = checks(root), _users(root)
    return tuple(
        Chapter(
            _TITLES.get(path.parent.name, path.parent.name.capitalize()),
            path.relative_to(root).as_posix(),
            ast.get_docstring(tree) or "",
            [_equation(node, path.relative_to(root), checked, users) for node in public],
        )
        for path in _modules(root).values()
        if (public := _public(tree := _tree(path)))
    )


def claim_statements(path: Path) -> dict[str, str]:
    """The claims of a file by name: the first paragraphs of their docstrings."""
    return {
        node.name: " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        for node in _public(_tree(path))
        if isinstance(node, ast.FunctionDef)
    }


@cache
def places_of_claims(root: Path = ROOT) -> dict[tuple[str, str], tuple[str, list[tuple[str, str]]]]:
    """Of each (paper, claim): where it stands, as path:line, and the (module, function) of theory that it uses."""
    return {
        (paper, node.name): (f"{path.relative_to(root)}:{node.lineno}", sorted(_used(path, node.name, root)))
        for paper in papers(root)
        for path in claims_files(paper, root)
        for node in _public(_tree(path))
        if isinstance(node, ast.FunctionDef)
    }


def checks(root: Path = ROOT) -> dict[tuple[str, str], tuple[list[tuple[str, str]], list[str]]]:
    """Of each (module, function) of theory: the (paper, claim)s that use it, and the tests, as path:line name."""
    found: dict[tuple[str, str], tuple[list[tuple[str, str]], list[str]]] = {}
    for claim, (_, used) in places_of_claims(root).items():
        for key in used:
            found.setdefault(key, ([], []))[0].append(claim)
    for path in sorted((root / "tests" / "theory").rglob("test_*.py")):
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for key in _used(path, node.name, root):
                    found.setdefault(key, ([], []))[1].append(f"{path.relative_to(root)}:{node.lineno} {node.name}")
    return found


@cache
def _modules(root: Path) -> dict[str, Path]:
    """All but the checks of arguments, by their paths from the root."""
    paths = sorted(path for path in (root / "theory").glob("*/*.py") if path.stem not in ("__init__", "door"))
    return {path.relative_to(root).as_posix(): path for path in paths}


def _users(root: Path) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Of each (module, function) of theory: the others of theory that use it."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for user, path in _modules(root).items():
        for node in _public(_tree(path)):
            for key in sorted(_used(path, node.name, root) - {(user, node.name)}):
                found.setdefault(key, []).append((user, node.name))
    return found


def _equation(node: ast.FunctionDef | ast.ClassDef, path: Path, checked: dict, users: dict) -> Equation:
    key = (path.as_posix(), node.name)
    claims, tests = checked.get(key, ([], []))
    signature = ""
    if isinstance(node, ast.FunctionDef):
        signature = f"({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
    text = ast.get_docstring(node) or ""
    return Equation(
        node.name,
        signature,
        text,
        f"{path.as_posix()}:{node.lineno}",
        tuple(claims),
        tuple(tests),
        tuple(users.get(key, ())),
    )


def _public(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _scope(path: Path) -> tuple[dict[str, set[str]], dict[str, tuple[str, str]]]:
    """What a module defines, with the names that each reads, and what it imports: name -> (module, name there)."""
    defined: dict[str, set[str]] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in _tree(path).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = _names(node)[1]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            written, read = _names(node)
            defined |= dict.fromkeys(written, read)
    return defined, imported


def _names(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that a statement sets, and those that it reads: `module.name`, too, and of a test its fixtures."""
    written, read = set(), set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (written if isinstance(part.ctx, ast.Store) else read).add(part.id)
        elif isinstance(part, ast.arg):
            read.add(part.arg)
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            read.add(f"{part.value.id}.{part.attr}")
    return written, read


def _used(path: Path, name: str, root: Path) -> set[tuple[str, str]]:
    """What of theory a function uses, itself or through others of its file and of its neighbours."""
    shown = _modules(root)
    found = _reach(path, name, root)
    return {(file, name) for file, name in found if file in shown and name in _scope(shown[file])[0]}


def _reach(path: Path, name: str, root: Path) -> Iterator[tuple[str, str]]:
    start = path.relative_to(root).as_posix()
    seen, ahead = set(), [(path, name)]
    while ahead:
        here = ahead.pop()
        if here in seen:
            continue
        seen.add(here)
        defined, imported = _scope(here[0])
        if here[1] in defined:
            if start.startswith("theory/"):
                yield start, here[1]
            ahead += [(here[0], other) for other in defined[here[1]]]
            continue
        name, _, attribute = here[1].partition(".")
        if name in imported:
            module, original = imported[name]
            module, original = (f"{module}.{original}", attribute) if attribute else (module, original)
            file = root.joinpath(*module.split(".")).with_suffix(".py")
            if module.startswith("theory.") and file.exists():
                yield file.relative_to(root).as_posix(), original
            elif module.startswith(("experiments.", "tests.")) and file.exists():
                ahead.append((file, original))
