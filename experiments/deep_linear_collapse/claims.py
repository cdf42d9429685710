"""What "Neural Collapse in Deep Linear Networks" claims about layers on free features, checked.

Squared error; cross-entropy stands in a file of its own. Closed forms were re-derived. Penalties
are λ_m/2 ‖W_m‖² and λ_H/2 ‖H‖², the loss 1/(2N) ‖A H - Y‖².
"""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from core.draws import normals
from core.features.geometry import within_share
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    class_targets,
    layer_product,
    plant_model,
    squared_loss,
)
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.falsify import falsify
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.deep_linear_collapse._descents import (
    DECAY,
    balance,
    biased_minimum,
    closed_form,
    descents,
    equal_penalty,
    lowest_descent,
    penalty_at_load,
    planted,
    roots,
    settled,
    stacked,
    thresholds,
)
from theory.collapse.modes import mode_cost

BALANCED, IMBALANCED = (10, 10, 10, 10), (20, 10, 5, 5)
DEPTHS = (1, 2, 3, 6)


def c01_thresholds() -> Evidence:
    """A mode dies globally at T1 = (M-1)^((M-1)/M)/M, locally at T2 = (M+1)²/(4M) ((M-1)/(M+1))^((M-1)/M)."""
    depths = np.array([2.0, 3.0, 4.0, 6.0, 9.0])
    # alive iff some x pays: c < (1 - 1/(1 + x^M))/x; locally stable iff the slope can vanish: c < M x^(M-1)/(1+x^M)²
    pays = [_largest(lambda x, m=m: x ** (m - 1) / (1 + x**m)) for m in depths]
    holds = [_largest(lambda x, m=m: m * x ** (m - 1) / (1 + x**m) ** 2) for m in depths]
    death, spinodal = thresholds(depths)
    return combine(identity(death, np.array(pays), rtol=1e-9), identity(spinodal, np.array(holds), rtol=1e-9))


def c02_layers_pay_a_schatten_norm(trial: Trial) -> Evidence:
    """Layers with product A pay Σ λ_m/2 ‖W_m‖² >= (M/2)(Π λ_m)^(1/M) Σ σ_i(A)^(2/M), at best with equality."""
    decays = np.array([2e-2, 5e-2, 9e-2])

    def slack(layers):
        paid = sum(decays[m] / 2 * jnp.sum(layer**2) for m, layer in enumerate(layers))
        singular = jnp.linalg.svd(layer_product(layers), compute_uv=False)
        least = 1.5 * np.prod(decays) ** (1 / 3) * jnp.sum((singular**2 + 1e-18) ** (1 / 3))
        return (paid - least) / paid

    def sample(key):
        return normals(jax.random.split(key, 3), [(3, 3)] * 3)

    random = _at_random(slack, sample, trial.key, 200 * trial.effort)
    found = falsify(slack, sample, trial.key, starts=8, steps=200, polish=2)
    tight = identity(0.0, found.slack, rtol=0, atol=1e-3)
    return combine(bound(random, tolerance=1e-6, falsified=found), tight)


def c03_random_starts_reach_the_minimum(trial: Trial) -> Evidence:
    """Balanced classes, M = 1, 2, 3, 6: gradient methods from random starts reach the closed-form f* to 1e-10."""
    return combine(*(_reached(trial, BALANCED, depth) for depth in DEPTHS))


def c04_random_starts_reach_it_for_unequal_classes(trial: Trial) -> Evidence:
    """Class sizes (20, 10, 5, 5), M = 1, 2, 3: random starts reach the closed-form f* to 1e-10."""
    return combine(*(_reached(trial, IMBALANCED, depth) for depth in DEPTHS[:3]))


def c05_general_orthogonal_frame(trial: Trial) -> Evidence:
    """At the minimum A Aᵀ = diag(w²), H̄ᵀH̄ = diag(h²), A H̄ = diag(x^M/(1+x^M)), and nothing varies within a class."""
    targets, parts = class_targets(IMBALANCED), []
    for depth in DEPTHS[:3]:
        penalty = equal_penalty(depth, DECAY)
        minimum, end = closed_form(IMBALANCED, penalty), lowest_descent(trial.key, IMBALANCED, penalty)
        parts += [
            identity(np.diag(minimum.head_energy), end.head @ end.head.T, rtol=1e-6, atol=1e-6),
            identity(np.diag(minimum.mean_energy), end.means.T @ end.means, rtol=1e-6, atol=1e-7),
            identity(np.diag(minimum.outputs), end.head @ end.means, rtol=1e-6, atol=1e-6),
            identity(0.0, jax.jit(within_share)(end.model.features, targets), rtol=0, atol=1e-10),
        ]
    return combine(*parts)


def c06_nothing_lies_below(trial: Trial) -> Evidence:
    """F >= f* for every model: random models, the minimiser's surroundings, and an attack by descent."""
    parts = []
    for depth, decay in ((1, 0.02), (3, 0.02), (2, 0.01)) if trial.effort >= 10 else ((3, 0.02),):
        penalty, targets = equal_penalty(depth, decay), jnp.asarray(class_targets((4, 2, 1)))
        lowest = closed_form((4, 2, 1), penalty).value

        def slack(model, targets=targets, penalty=penalty, lowest=lowest):
            return squared_loss(model, targets, penalty) / lowest - 1

        def sample(key, depth=depth):
            keys = jax.random.split(key, depth + 1)
            *layers, features = normals(keys, [(3, 3)] * depth + [(3, 7)])
            return FreeModel(tuple(layers), features, jnp.zeros(3))

        found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=200, polish=3)
        random = _at_random(slack, sample, trial.key, 100)
        parts.append(bound(random, tolerance=1e-12, falsified=found))
    return combine(*parts)


def c07_unequal_decay_and_balance(trial: Trial) -> Evidence:
    """Decays that differ by layer: f* holds, λ_{m+1}W_{m+1}ᵀW_{m+1} = λ_mW_mW_mᵀ, each layer has its own energies."""
    penalty = Penalty(np.array([2e-3, 6e-3, 1e-2]), np.asarray(4e-3))
    minimum, end = closed_form(IMBALANCED, penalty), lowest_descent(trial.key, IMBALANCED, penalty)
    _, second, last = end.model.layers
    gram, partial_energy = last @ second, minimum.layer_energy[1] * minimum.layer_energy[2]
    return combine(
        identity(minimum.value, end.value, rtol=1e-10),
        identity(0.0, balance(end.model, penalty), rtol=0, atol=1e-7),
        identity(np.diag(minimum.layer_energy[2]), last @ last.T, rtol=1e-6, atol=1e-6),
        identity(np.diag(partial_energy), gram @ gram.T, rtol=1e-6, atol=1e-6),
    )


def c08_narrow_layers_keep_the_largest_classes(trial: Trial) -> Evidence:
    """With a layer of width r < K only the r largest classes live: f* of the truncated spectrum, and rank r."""
    sizes, penalty = (20, 10, 6, 4), equal_penalty(2, DECAY)
    minimum = closed_form(sizes, penalty, rank=2)
    end = lowest_descent(trial.key, sizes, penalty, widths=(8, 2))
    return combine(
        identity(minimum.value, end.value, rtol=1e-10),
        identity(np.diag(minimum.head_energy), end.head @ end.head.T, rtol=1e-6, atol=1e-6),
    )


def c09_planted_minimiser_is_stable(trial: Trial) -> Evidence:
    """At 0.5, 0.9 and 0.98 of the threshold the planted solution has no slope; pushed away, it comes back."""
    death, _ = thresholds(2)
    penalties = [penalty_at_load(2, IMBALANCED, share * death) for share in (0.5, 0.9, 0.98)]
    minima = stacked([closed_form(IMBALANCED, penalty) for penalty in penalties])

    def slope_and_pushed(energy, penalty):
        targets = jnp.asarray(class_targets(IMBALANCED))
        model = plant_model(energy, jnp.eye(4), targets, penalty, trial.key, 6)
        slope = jax.grad(squared_loss)(model, targets, penalty)
        pushed = jax.tree.map(lambda x: x + 1e-3 * jax.random.normal(trial.key, x.shape), model)
        return slope, pushed._replace(bias=model.bias)

    slope, pushed = jax.jit(jax.vmap(slope_and_pushed))(minima.layer_energy, stacked(penalties))
    returned = settled(pushed, [IMBALANCED] * 3, penalties, 400).value
    steepest = max(np.abs(leaf).max() for leaf in jax.tree.leaves(jax.device_get(slope)))
    return combine(identity(0.0, steepest, rtol=0, atol=1e-14), identity(minima.value, returned, rtol=1e-10))


def c10_one_layer_dies_exactly_at_the_threshold(trial: Trial) -> Evidence:
    """M = 1: the smallest class lives at 0.98 of its threshold load and is dead at 1.02 of it, from every start."""
    living = np.array([_alive(trial, 1, share) for share in (0.98, 1.02)])
    return identity(np.array([1.0, 0.0]), living, rtol=0)


def c11_a_metastable_class_survives_up_to_the_spinodal(trial: Trial) -> Evidence:
    """M >= 2: started on the living branch, a class survives at 0.98 T2, where zero is cheaper, and dies at 1.02 T2."""
    survives, energies, predicted, shares = [], [], [], (0.98, 1.02)
    for depth in (2, 3):
        found, on_start, on_branch = _follow(trial, depth, shares)
        survives += [float(energy > 0.1 * on_start) for energy in found]
        energies.append(found[0])
        predicted.append(on_branch[0])
    return combine(
        identity(np.array([1.0, 0.0, 1.0, 0.0]), np.array(survives), rtol=0),
        identity(np.array(predicted), np.array(energies), rtol=1e-4),
    )


def c12_small_starts_collapse_more_than_the_optimum(trial: Trial) -> Evidence:
    """For M >= 2 near the threshold random starts end in states with more dead classes than the global minimum."""
    shares, starts = (0.3, 0.5, 0.9), 4 * trial.effort
    fractions = {}
    for depth in (2, 3):
        for share in shares:
            penalty = penalty_at_load(depth, IMBALANCED, share * thresholds(depth)[0])
            values = descents(trial.key, starts, IMBALANCED, (8,) * depth, penalty).value
            reached = values / closed_form(IMBALANCED, penalty).value - 1 < 1e-6
            fractions[f"M{depth}_at_{share:g}_T1"] = float(np.mean(reached))
    return fit(fractions, 1.0, 0.0, note=f"fraction of {starts} starts (std 0.3) that reach f*; no law is fitted")


def c13_free_bias(trial: Trial) -> Evidence:
    """A free bias puts eigenvalues of D - nnᵀ/N in place of n_k: f*, A Aᵀ = V diag(w²) Vᵀ, b = n/N."""
    parts = []
    for sizes in (BALANCED, IMBALANCED):
        penalty = equal_penalty(2, DECAY)
        minimum = biased_minimum(sizes, penalty)
        end = lowest_descent(trial.key, sizes, penalty, biased=True)
        parts += [
            identity(minimum.value, end.value, rtol=1e-10),
            identity(minimum.head, end.head @ end.head.T, rtol=1e-6, atol=1e-6),
            identity(minimum.means, end.means.T @ end.means, rtol=1e-6, atol=1e-6),
            identity(np.array(sizes) / sum(sizes), end.model.bias, rtol=1e-6),
        ]
    return combine(*parts)


def c18_the_largest_root_is_the_minimiser() -> Evidence:
    """The published script's rule, a class takes the largest root of its equation wherever one exists, is optimal."""
    depths = np.array([[2.0], [3.0], [6.0]])
    death, spinodal = thresholds(depths)
    loads = death + (spinodal - death) * np.arange(1, 6) / 6
    costs = np.asarray(jax.jit(mode_cost)(roots(loads, depths, branch="metastable"), loads, depths))
    slacks = zip(depths[:, 0], 1 - costs, strict=True)
    return combine(*(refuted(f"M = {m:g}, T1 < b/n < T2", bound(slack, tolerance=1e-9)) for m, slack in slacks))


def c19_larger_classes_have_shorter_means() -> Evidence:
    """Class means are the shorter the larger the class: h_k falls with n_k."""
    ratios = np.geomspace(1.01, 60.0, 300)  # n / b
    depths = np.array([[1.0], [2.0], [3.0], [6.0]])
    loads = thresholds(depths)[0] / ratios
    energies = loads * roots(loads, depths) / depths  # h² up to a constant: b x / (M N λ_H n)
    one, *more = (bound(-np.diff(energy) / energy[1:], tolerance=0.0) for energy in energies)
    return holds_if("M >= 2; for M = 1 the longest mean is that of the class with n = 4b", combine(*more), one)


def _at_random(slack, sample, key: jax.Array, points: int) -> jax.Array:
    return jax.jit(lambda key: jax.vmap(lambda key: slack(sample(key)))(jax.random.split(key, points)))(key)


def _largest(function) -> float:
    result = optimize.minimize_scalar(lambda t: -function(np.exp(t)), bounds=(-3, 3), method="bounded",
                                      options={"xatol": 1e-12})  # fmt: skip
    return -float(result.fun)


def _reached(trial: Trial, sizes: tuple[int, ...], depth: int) -> Evidence:
    penalty = equal_penalty(depth, DECAY)
    end = lowest_descent(trial.key, sizes, penalty)
    return identity(closed_form(sizes, penalty).value, end.value, rtol=1e-10)


def _alive(trial: Trial, depth: int, share: float) -> float:
    """Fraction of random starts in which the smallest classes live."""
    penalty = penalty_at_load(depth, IMBALANCED, share * thresholds(depth)[0])
    ends = descents(trial.key, 4, IMBALANCED, (8,) * depth, penalty, steps=1500)
    return float(np.mean(np.sum(ends.head[:, 2:] ** 2, axis=2) > 1e-4))


def _follow(trial: Trial, depth: int, shares: tuple[float, ...]):
    """Head energy of the smallest class, descended from the branch at 0.97 T2; and that branch's, there and here."""
    sizes, (_, edge) = (20, 10, 5), thresholds(depth)
    first, *penalties = (penalty_at_load(depth, sizes, share * edge) for share in (0.97, *shares))
    start, *branch = (closed_form(sizes, penalty, branch="metastable") for penalty in (first, *penalties))
    twins = stacked([(start.layer_energy, first)] * len(shares))
    models = planted(twins[0], class_targets(sizes), twins[1], trial.key, width=4)
    ends = settled(models, [sizes] * len(shares), penalties, 2000)
    return np.sum(ends.head[:, 2] ** 2, axis=1), start.head_energy[2], [minimum.head_energy[2] for minimum in branch]
