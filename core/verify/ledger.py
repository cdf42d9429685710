"""Runs a paper's claims and writes down what came out.

A claim is a public function in a `claims.py` (or `claims_<idea>.py`) that returns `Evidence`; its name is its id, the
first paragraph of its docstring is the statement. One that draws random numbers or has sample sizes takes a `Trial`.
"""

import inspect
import math
import time
import zlib
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import jax

from core.verify.evidence import Evidence
from core.verify.trial import EFFORT, Trial


class Claim(NamedTuple):
    """A function of a paper's `claims.py`."""

    paper: str  # its folder
    name: str  # of the function
    statement: str  # first paragraph of its docstring
    check: FunctionType  # gives `Evidence`, with a `Trial` or without


def claims_of(paper: str, module: ModuleType) -> list[Claim]:
    """The claims that `module` defines, in the order in which they stand there.

    >>> from core.verify import fit
    >>> [claim.name for claim in claims_of("demo", fit)]  # any module will do
    ['fit', 'r_squared', 'root_mean_square_error']
    """
    functions = [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__]
    public = sorted((f for f in functions if not f.__name__.startswith("_")), key=lambda f: f.__code__.co_firstlineno)
    return [Claim(paper, f.__name__, _statement(f), f) for f in public]


def verify(claims: Iterable[Claim], preset: str, mesh: jax.sharding.Mesh, seed: int = 0) -> Iterator[dict[str, Any]]:
    """One row of the ledger a claim; a claim that raises is a claim that fails, and says why.

    >>> from core.run.mesh import device_mesh
    >>> from core.verify.identity import identity
    >>> claim = Claim("demo", "sums", "1 + 1 = 2", lambda: identity(2.0, 1.0 + 1.0, rtol=0.0))
    >>> [row["verdict"] for row in verify([claim], "smoke", device_mesh())]
    ['holds']
    """
    for claim in claims:
        started = time.perf_counter()
        # Each claim has its own key, whichever others are run beside it.
        key = jax.random.fold_in(jax.random.key(seed), zlib.crc32(f"{claim.paper}/{claim.name}".encode()))
        try:
            wants_trial = bool(inspect.signature(claim.check).parameters)
            evidence = claim.check(*([Trial(key, EFFORT[preset], mesh)] if wants_trial else []))
        except Exception as error:
            note = f"raised {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            evidence = Evidence("error", "", "", None, None, "fails", note)
        yield _row(claim, evidence, time.perf_counter() - started)


def _row(claim: Claim, evidence: Evidence, seconds: float) -> dict[str, Any]:
    interval = evidence.interval
    return {
        "paper": claim.paper,
        "claim": claim.name,
        "statement": claim.statement,
        "kind": evidence.kind,
        "predicted": _plain(evidence.predicted),
        "measured": _plain(evidence.measured),
        "tolerance": _plain(evidence.tolerance),
        "interval": None if interval is None else [_plain(end) for end in interval],
        "verdict": evidence.verdict,
        "seconds": round(seconds, 3),
        "note": evidence.note,
        "given": evidence.given,
        "slack": _plain(evidence.slack),
        "attack": evidence.attack and {name: _plain(value) for name, value in evidence.attack._asdict().items()},
        "source": f"{claim.check.__module__.replace('.', '/')}.py:{claim.check.__code__.co_firstlineno}",
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: strings stay, numbers become floats, what JSON can't say becomes a string."""
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)


def _statement(function: FunctionType) -> str:
    paragraph = (inspect.getdoc(function) or "").split("\n\n")[0]
    if not paragraph:
        raise ValueError(f"claim {function.__name__}: needs a docstring whose first paragraph is the statement")
    return " ".join(paragraph.split())
