"""What experiments there are, read from the files without importing them: listing a thousand figures stays instant.

An experiment is a file `experiments/<paper>/<figure>.py` that assigns EXPERIMENT; its docstring is its catalogue card:
the first line is the title, the paragraphs up to the first field are the caption; the fields are Shows, Source, Cost
and Run. A paper's card is the docstring of its `__init__.py`, with the fields Paper, arXiv and Family.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FIRST_PARTY = ("theory", "core", "figures", "experiments", "launch")

_DOCSTRING = re.compile(r'\A(?:\s*#[^\n]*\n)*\s*[rR]?"""(.*?)"""', re.DOTALL)
_FIELD = re.compile(
    r"^(Paper|arXiv|Family|Shows|Source|Cost|Run): +(.+(?:\n[ \t]*\S.*)*?)(?=\n[A-Za-z]+: |\n\n|\Z)", re.MULTILINE
)
_MODULE = rf"(?:{'|'.join(FIRST_PARTY)})\b[\w.]*"
_IMPORT = re.compile(rf"^[ \t]*(?:from|import)[ \t]+({_MODULE})(?:[ \t]+import[ \t]*(\([^)]*\)|.*))?", re.MULTILINE)


class Card(NamedTuple):
    """A docstring read as title, caption and fields."""

    title: str  # the first line, without its full stop
    caption: str  # the paragraphs up to the first field, as one line
    fields: dict[str, str]  # such as "Cost" -> "smoke 1 s"


class Figure(NamedTuple):
    """One experiment script."""

    paper: str  # the folder
    name: str  # the file, without its suffix
    path: Path  # absolute

    @property
    def module(self) -> str:
        """Its name for `python -m`."""
        return f"experiments.{self.paper}.{self.name}"


def read_card(path: Path) -> Card:
    """The docstring of the file at `path`; empty where there is none.

    >>> read_card(ROOT / "core/run/record.py").title
    'Where a result comes from: versions, device, git state'
    """
    found = _DOCSTRING.match(path.read_text(encoding="utf-8"))
    title, _, body = (found.group(1).strip() if found else "").partition("\n")
    fields = {name: " ".join(value.split()) for name, value in _FIELD.findall(body)}
    caption = _FIELD.split(body, maxsplit=1)[0]
    return Card(title.strip().rstrip("."), " ".join(caption.split()), fields)


def cost_in_seconds(cost: str, preset: str) -> float | None:
    """Seconds that the Cost field of a figure names for a preset; an unnamed cost is that of every preset.

    >>> cost_in_seconds("smoke 1 s, laptop 2 s", "laptop"), cost_in_seconds("3 min", "laptop")
    (2.0, 180.0)
    """
    units = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
    number = r"([\d.]+) (ms|s|min|h)\b"
    found = re.search(rf"{preset} {number}", cost) or re.match(number, cost)
    return float(found[1]) * units[found[2]] if found else None


def papers(root: Path = ROOT) -> list[str]:
    """The papers under `root`, by name.

    >>> all((ROOT / "experiments" / paper / "__init__.py").exists() for paper in papers())
    True
    >>> papers(Path("nowhere"))
    []
    """
    return sorted(path.parent.name for path in (root / "experiments").glob("*/__init__.py"))


def figures(paper: str, root: Path = ROOT) -> list[Figure]:
    """The experiment scripts of one paper, by name.

    >>> all(figure.path.parts[-2:] == (paper, f"{figure.name}.py") for paper in papers() for figure in figures(paper))
    True
    """
    files = sorted((root / "experiments" / paper).glob("*.py"))
    return [Figure(paper, f.stem, f) for f in files if re.search(r"^EXPERIMENT\b", f.read_text("utf-8"), re.MULTILINE)]


def select(names: list[str], root: Path = ROOT) -> list[Figure]:
    """The figures that `names` ("paper" or "paper/figure") speak of; all of them when `names` is empty.

    >>> select([]) == [figure for paper in papers() for figure in figures(paper)]
    True
    >>> select(["none"], Path("nowhere"))
    Traceback (most recent call last):
    ValueError: no paper 'none'; there are: none
    """
    chosen: list[Figure] = []
    for name in names or papers(root):
        paper, _, figure = name.strip("/").partition("/")
        if paper not in papers(root):
            raise ValueError(f"no paper {paper!r}; there are: {', '.join(papers(root)) or 'none'}")
        there = figures(paper, root)
        if figure and figure not in [f.name for f in there]:
            raise ValueError(f"no figure {figure!r} in {paper}; there are: {', '.join(f.name for f in there)}")
        chosen += [f for f in there if (not figure or f.name == figure) and f not in chosen]
    return chosen


def claims_files(paper: str, root: Path = ROOT) -> list[Path]:
    """Where the claims of a paper stand: `claims.py`, and `claims_<idea>.py` where there are many.

    >>> {path.name.split("_")[0].removesuffix(".py") for paper in papers() for path in claims_files(paper)}
    {'claims'}
    """
    return sorted((root / "experiments" / paper).glob("claims*.py"))


def fingerprint(path: Path, *, drawing: bool = False, root: Path = ROOT) -> str:
    """Hash of the code that a result depends on: the script and all of ours that it imports, directly or not.

    `figures` counts for the drawing only, so that a new colour computes nothing again; the runner itself
    (`core.run`) counts for neither. Docstrings don't count, except that a picture needs its caption.

    >>> fingerprint(ROOT / "core/run/mesh.py") == fingerprint(ROOT / "core/run/record.py")  # both are the runner's
    True
    """
    digest = hashlib.sha256(repr(read_card(path)[:2]).encode() if drawing else b"")
    for file in sorted(_reachable(path, root)):
        top, *rest = file.relative_to(root).parts
        if (top == "core" and rest[0] == "run") or (top == "figures" and not drawing):
            continue
        digest.update(f"{file.relative_to(root)}\0{_digest(file)}\0".encode())
    return digest.hexdigest()[:16]


def _reachable(path: Path, root: Path) -> set[Path]:
    seen: set[Path] = set()
    ahead = [path.resolve()]
    while ahead:
        file = ahead.pop()
        if file not in seen:
            seen.add(file)
            ahead += _imports(file, root)
    return seen


@cache
def _digest(file: Path) -> str:
    source = file.read_bytes()
    lines = source.splitlines()
    for said in reversed([*_docstrings(ast.parse(source))]):
        lines[said.lineno - 1 : said.end_lineno] = []
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _docstrings(node: ast.AST) -> Iterator[Any]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        if ast.get_docstring(node, clean=False) is not None:
            yield node.body[0]
        for part in node.body:
            yield from _docstrings(part)


@cache
def _imports(file: Path, root: Path) -> tuple[Path, ...]:
    return tuple(_module_files(file.read_text(encoding="utf-8"), root))


def _module_files(source: str, root: Path) -> Iterator[Path]:
    for module, names in _IMPORT.findall(source):
        for dotted in [module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))]:
            base = root.joinpath(*dotted.split("."))
            yield from (p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists())


def public_functions(path: Path) -> list[str]:
    """Names of the functions that a file defines at its top level, in order, without those that start with `_`.

    >>> public_functions(ROOT / "core/verify/fit.py")
    ['fit', 'r_squared', 'root_mean_square_error']
    """
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
