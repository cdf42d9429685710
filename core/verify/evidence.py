"""The record that every check hands back, and how records combine into one claim's verdict."""

import math
from typing import NamedTuple

import numpy as np

# From the verdict that says least against a claim to the one that says most.
VERDICTS = ("reported", "holds", "holds-if", "refuted", "fails")


class Attack(NamedTuple):
    """What the falsifier did to an inequality."""

    slack: float  # the smallest that it reached
    starts: int  # descents
    evaluations: int  # of the slack
    not_finite: int  # evaluations without a finite slack


class Evidence(NamedTuple):
    """One comparison of a prediction with a measurement; `strain` can judge it again from these fields alone."""

    kind: str  # identity | order | bound | rate | law | fit
    predicted: float | str  # what the mathematics says, at the worst point where there are many
    measured: float | str  # NaN where no sound comparison was possible
    tolerance: float | None  # allowance of the deterministic kinds, at the point shown
    interval: tuple[float, float] | None  # around `measured`; 95 % unless the note says otherwise
    verdict: str  # one of VERDICTS
    note: str  # one line: sample size, worst point
    given: str = ""  # the assumption that a claim needs, or the counterexample that refutes it
    slack: float | None = None  # of an inequality, the smallest at the points that were tried
    attack: Attack | None = None  # on an inequality


def judged(
    kind: str,
    predicted: float,
    measured: float,
    passes: bool | np.bool_,
    note: str,
    *,
    tolerance: float | int | None = None,
    interval: tuple[float, float] | None = None,
) -> Evidence:
    """Evidence that `holds` if `passes` and every number in it is finite, and `fails` otherwise.

    All kinds but the fit end here, so that a NaN can pass nowhere.

    >>> judged("identity", 1.0, 1.0, True, "").verdict, judged("identity", 1.0, math.nan, True, "").verdict
    ('holds', 'fails')
    """
    ends = None if interval is None else (float(interval[0]), float(interval[1]))
    allowance = None if tolerance is None else float(tolerance)
    evidence = Evidence(kind, float(predicted), float(measured), allowance, ends, "fails", note)
    return evidence._replace(verdict="holds") if passes and _is_finite(evidence) else evidence


def strain(evidence: Evidence) -> float:
    """Share of its allowance that a comparison uses up.

    Below 1 the prediction lies inside the tolerance or interval (negative: a bound with slack to spare), above 1 the
    measurement contradicts it, and NaN says that the record can't tell.

    >>> strain(judged("identity", 1.0, 1.5, True, "", tolerance=2.0))  # off by 1/2 of 2
    0.25
    """
    predicted, measured = evidence.predicted, evidence.measured
    if isinstance(predicted, str) and isinstance(measured, str):
        return 0.0 if predicted == measured else math.inf
    if isinstance(predicted, str) or isinstance(measured, str) or not _is_finite(evidence):
        return math.nan
    excess = predicted - measured if evidence.kind == "bound" else abs(predicted - measured)
    if evidence.tolerance is not None:
        allowance = evidence.tolerance
    elif evidence.interval is not None:
        low, high = evidence.interval
        allowance = high - measured if predicted > measured else measured - low
    else:
        allowance = 0.0
    if allowance > 0:
        return excess / allowance
    return 0.0 if excess == 0 else math.copysign(math.inf, excess)


def contradicts(evidence: Evidence) -> bool:
    """Whether a check failed because the numbers speak against the claim.

    A NaN, too few points or an interval too wide to tell make a check fail without contradicting anything.

    >>> far, broken = (judged("identity", 1.0, x, False, "", tolerance=0.1) for x in (2.0, math.nan))
    >>> contradicts(far), contradicts(broken)
    (True, False)
    """
    return evidence.verdict in ("fails", "refuted") and strain(evidence) > 1


def holds_if(assumption: str, with_it: Evidence, without_it: Evidence) -> Evidence:
    """The claim needs an assumption: it holds with the assumption **and** is contradicted without it.

    Args:
        assumption: what the paper left out, in words.
        with_it: the claim's check where the assumption is met.
        without_it: the same check where it is not.

    Returns:
        `with_it` with verdict `holds-if`, or `fails` when either half is missing.

    Examples:
        >>> true, false = judged("bound", 0.0, 1.0, True, ""), judged("bound", 0.0, -1.0, False, "", tolerance=0.0)
        >>> holds_if("n is odd", true, false).verdict, holds_if("n is odd", true, true).verdict
        ('holds-if', 'fails')
    """
    passes = with_it.verdict in ("holds", "holds-if") and contradicts(without_it)
    found = "contradicted" if contradicts(without_it) else f"{without_it.verdict}, not contradicted"
    note = f"{with_it.note}; without it {found}, {_compared(without_it)}: {without_it.note}"
    return with_it._replace(verdict="holds-if" if passes else "fails", note=note, given=assumption)


def refuted(counterexample: str, claim: Evidence) -> Evidence:
    """The claim is false: its own check is contradicted at the counterexample.

    Args:
        counterexample: the point at which the claim breaks, in words.
        claim: the claim's check there.

    Returns:
        `claim` with verdict `refuted`, or `fails` when its check holds after all or is broken (NaN, no power).

    Examples:
        >>> refuted("n = 2", judged("bound", 0.0, -1.0, False, "", tolerance=0.0)).verdict
        'refuted'
        >>> refuted("n = 2", judged("bound", 0.0, 1.0, True, "", tolerance=0.0)).verdict
        'fails'
    """
    found = "" if contradicts(claim) else f"does not contradict the claim ({claim.verdict}): "
    verdict = "refuted" if contradicts(claim) else "fails"
    return claim._replace(verdict=verdict, note=found + claim.note, given=counterexample)


def combine(*parts: Evidence) -> Evidence:
    """One claim with several parts: the worst verdict, shown at the part with that verdict and the largest strain.

    >>> parts = [judged("identity", 1.0, x, x == 1.0, "", tolerance=0.1) for x in (1.0, 2.0, 1.0)]
    >>> combine(*parts).note
    '3 parts (2 holds, 1 fails); shown is part 2: '
    """
    if not parts:
        raise ValueError("combine: got no evidence; a claim needs at least one part")
    worst = max(parts, key=lambda part: (VERDICTS.index(part.verdict), _sortable(strain(part))))
    if len(parts) == 1:
        return worst
    counts = ", ".join(
        f"{n} {verdict}" for verdict in VERDICTS if (n := sum(part.verdict == verdict for part in parts))
    )
    return worst._replace(note=f"{len(parts)} parts ({counts}); shown is part {parts.index(worst) + 1}: {worst.note}")


def _compared(evidence: Evidence) -> str:
    shown = (x if isinstance(x, str) else f"{x:.6g}" for x in (evidence.predicted, evidence.measured))
    return "predicted {} measured {}".format(*shown)


def _is_finite(evidence: Evidence) -> bool:
    numbers = [evidence.predicted, evidence.measured, evidence.tolerance, *(evidence.interval or ())]
    return all(math.isfinite(x) for x in numbers if isinstance(x, float | int))


def _sortable(number: float) -> float:
    return math.inf if math.isnan(number) else number
