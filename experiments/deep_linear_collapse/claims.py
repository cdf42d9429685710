"""What "Neural Collapse in Deep Linear Networks" claims about layers on free features, checked.

Squared error; cross-entropy stands in a file of its own. Closed forms were re-derived. Penalties
are λ_m/2 ‖W_m‖² and λ_H/2 ‖H‖², the loss 1/(2N) ‖A H - Y‖².
"""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from core.features.geometry import within_share
from core.features.quasi_newton import minimise
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    balance_residual,
    class_means,
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
    closed_form,
    descents,
    equal_penalty,
    lowest_descent,
    minimum_of,
    penalty_at_load,
)
from theory.collapse.deep_linear import (
    DeepLinearMinimum,
    centred_spectrum,
    head_gram,
    mean_gram,
)
from theory.collapse.modes import death_threshold, mode_cost, mode_root, spinodal_threshold

BALANCED, IMBALANCED = (10, 10, 10, 10), (20, 10, 5, 5)
DEPTHS = (1, 2, 3, 6)


def c01_thresholds() -> Evidence:
    """A mode dies globally at T1 = (M-1)^((M-1)/M)/M, locally at T2 = (M+1)²/(4M) ((M-1)/(M+1))^((M-1)/M)."""
    depths = np.array([2.0, 3.0, 4.0, 6.0, 9.0])
    # alive iff some x pays: c < (1 - 1/(1 + x^M))/x; locally stable iff the slope can vanish: c < M x^(M-1)/(1+x^M)²
    pays = [_largest(lambda x, m=m: x ** (m - 1) / (1 + x**m)) for m in depths]
    holds = [_largest(lambda x, m=m: m * x ** (m - 1) / (1 + x**m) ** 2) for m in depths]
    return combine(
        identity(death_threshold(depths), np.array(pays), rtol=1e-9),
        identity(spinodal_threshold(depths), np.array(holds), rtol=1e-9),
    )


def c02_layers_pay_a_schatten_norm(trial: Trial) -> Evidence:
    """Layers with product A pay Σ λ_m/2 ‖W_m‖² >= (M/2)(Π λ_m)^(1/M) Σ σ_i(A)^(2/M), at best with equality."""
    decays = jnp.array([2e-2, 5e-2, 9e-2])

    def slack(layers):
        paid = sum(decays[m] / 2 * jnp.sum(layer**2) for m, layer in enumerate(layers))
        singular = jnp.linalg.svd(layer_product(layers), compute_uv=False)
        least = 1.5 * jnp.prod(decays) ** (1 / 3) * jnp.sum((singular**2 + 1e-18) ** (1 / 3))
        return (paid - least) / paid

    def sample(key):
        return tuple(jax.random.normal(k, (3, 3)) for k in jax.random.split(key, 3))

    random = jax.jit(jax.vmap(lambda key: slack(sample(key))))(jax.random.split(trial.key, 200 * trial.effort))
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
    parts = []
    for depth in DEPTHS[:3]:
        model, minimum = _best(trial, IMBALANCED, depth)
        targets = jnp.asarray(class_targets(IMBALANCED))
        head, means = layer_product(model.layers), class_means(model.features, targets)
        parts += [
            identity(np.diag(minimum.head_energy), head @ head.T, rtol=1e-6, atol=1e-6),
            identity(np.diag(minimum.mean_energy), means.T @ means, rtol=1e-6, atol=1e-7),
            identity(np.diag(minimum.outputs), head @ means, rtol=1e-6, atol=1e-6),
            identity(0.0, within_share(model.features, targets), rtol=0, atol=1e-10),
        ]
    return combine(*parts)


def c06_nothing_lies_below(trial: Trial) -> Evidence:
    """F >= f* for every model: random models, the minimiser's surroundings, and an attack by descent."""
    parts = []
    for depth, decay in ((1, 0.02), (3, 0.02), (2, 0.01))[: 2 if trial.effort < 10 else 3]:
        penalty, targets = equal_penalty(depth, decay), jnp.asarray(class_targets((4, 2, 1)))
        lowest = closed_form((4, 2, 1), depth, decay).value

        def slack(model, targets=targets, penalty=penalty, lowest=lowest):
            return squared_loss(model, targets, penalty) / lowest - 1

        def sample(key, depth=depth):
            keys = jax.random.split(key, depth + 1)
            layers = tuple(jax.random.normal(k, (3, 3)) for k in keys[:-1])
            return FreeModel(layers, jax.random.normal(keys[-1], (3, 7)), jnp.zeros(3))

        found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=200, polish=3)
        random = jax.jit(jax.vmap(lambda key: slack(sample(key))))(jax.random.split(trial.key, 100))
        parts.append(bound(random, tolerance=1e-12, falsified=found))
    return combine(*parts)


def c07_unequal_decay_and_balance(trial: Trial) -> Evidence:
    """Decays that differ by layer: f* holds, λ_{m+1}W_{m+1}ᵀW_{m+1} = λ_mW_mW_mᵀ, each layer has its own energies."""
    penalty = Penalty(jnp.array([2e-3, 6e-3, 1e-2]), jnp.asarray(4e-3))
    minimum = minimum_of(jnp.array(IMBALANCED, float), sum(IMBALANCED), penalty.layers, penalty.features)
    model, value = lowest_descent(trial.key, IMBALANCED, penalty)
    gram = layer_product(model.layers[1:])
    partial_energy = minimum.layer_energy[1] * minimum.layer_energy[2]
    return combine(
        identity(minimum.value, value, rtol=1e-10),
        identity(0.0, balance_residual(model, penalty), rtol=0, atol=1e-7),
        identity(np.diag(minimum.layer_energy[2]), model.layers[2] @ model.layers[2].T, rtol=1e-6, atol=1e-6),
        identity(np.diag(partial_energy), gram @ gram.T, rtol=1e-6, atol=1e-6),
    )


def c08_narrow_layers_keep_the_largest_classes(trial: Trial) -> Evidence:
    """With a layer of width r < K only the r largest classes live: f* of the truncated spectrum, and rank r."""
    sizes, penalty = (20, 10, 6, 4), equal_penalty(2, DECAY)
    minimum = minimum_of(jnp.array(sizes, float), sum(sizes), penalty.layers, DECAY, rank=2)
    model, value = lowest_descent(trial.key, sizes, penalty, widths=(8, 2))
    head = layer_product(model.layers)
    return combine(
        identity(minimum.value, value, rtol=1e-10),
        identity(np.diag(minimum.head_energy), head @ head.T, rtol=1e-6, atol=1e-6),
    )


def c09_planted_minimiser_is_stable(trial: Trial) -> Evidence:
    """At 0.5, 0.9 and 0.98 of the threshold the planted solution has no slope; pushed away, it comes back."""
    targets, parts = jnp.asarray(class_targets(IMBALANCED)), []

    def loss(model, penalty):
        return squared_loss(model, targets, penalty)

    descend = jax.jit(lambda start, penalty: minimise(lambda model: loss(model, penalty), start, 400)[1])
    for share in (0.5, 0.9, 0.98):
        penalty = penalty_at_load(2, IMBALANCED, share * death_threshold(2))
        minimum = minimum_of(jnp.array(IMBALANCED, float), 40, penalty.layers, penalty.features)
        planted = plant_model(minimum.layer_energy, jnp.eye(4), targets, penalty, trial.key, 6)
        slope = jax.grad(loss)(planted, penalty)
        steepest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(slope))
        pushed = jax.tree.map(lambda x: x + 1e-3 * jax.random.normal(trial.key, x.shape), planted)
        returned = descend(pushed._replace(bias=planted.bias), penalty)
        parts += [identity(0.0, steepest, rtol=0, atol=1e-14), identity(minimum.value, returned, rtol=1e-10)]
    return combine(*parts)


def c10_one_layer_dies_exactly_at_the_threshold(trial: Trial) -> Evidence:
    """M = 1: the smallest class lives at 0.98 of its threshold load and is dead at 1.02 of it, from every start."""
    living = np.array([_alive(trial, 1, share) for share in (0.98, 1.02)])
    return identity(np.array([1.0, 0.0]), living, rtol=0)


def c11_a_metastable_class_survives_up_to_the_spinodal(trial: Trial) -> Evidence:
    """M >= 2: started on the living branch, a class survives at 0.98 T2, where zero is cheaper, and dies at 1.02 T2."""
    survives, energies, predicted = [], [], []
    for depth in (2, 3):
        for share in (0.98, 1.02):
            found, expected = _follow(trial, depth, share)
            survives.append(float(found > 0.1 * expected[0]))
            if share < 1:
                energies.append(float(found))
                predicted.append(float(expected[1]))
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
            penalty = penalty_at_load(depth, IMBALANCED, share * death_threshold(depth))
            lowest = minimum_of(jnp.array(IMBALANCED, float), 40, penalty.layers, penalty.features).value
            _, values = descents(trial.key, starts, IMBALANCED, (8,) * depth, penalty, spread=0.3)
            fractions[f"M{depth}_at_{share:g}_T1"] = float(np.mean(values / lowest - 1 < 1e-6))
    return fit(fractions, 1.0, 0.0, note=f"fraction of {starts} starts (std 0.3) that reach f*; no law is fitted")


def c13_free_bias(trial: Trial) -> Evidence:
    """A free bias puts eigenvalues of D - nnᵀ/N in place of n_k: f*, A Aᵀ = V diag(w²) Vᵀ, b = n/N."""
    parts = []
    for sizes in (BALANCED, IMBALANCED):
        penalty, targets = equal_penalty(2, DECAY), jnp.asarray(class_targets(sizes))
        spectrum, vectors = centred_spectrum(jnp.array(sizes, float))
        minimum = minimum_of(spectrum, sum(sizes), penalty.layers, DECAY)
        model, value = lowest_descent(trial.key, sizes, penalty, biased=True)
        head, means = layer_product(model.layers), class_means(model.features, targets)
        parts += [
            identity(minimum.value, value, rtol=1e-10),
            identity(head_gram(minimum, vectors), head @ head.T, rtol=1e-6, atol=1e-6),
            identity(mean_gram(minimum, vectors, jnp.array(sizes)), means.T @ means, rtol=1e-6, atol=1e-6),
            identity(np.array(sizes) / sum(sizes), model.bias, rtol=1e-6),
        ]
    return combine(*parts)


def c18_the_largest_root_is_the_minimiser() -> Evidence:
    """The published script's rule, a class takes the largest root of its equation wherever one exists, is optimal."""
    parts = []
    for depth in (2, 3, 6):
        low, high = float(death_threshold(depth)), float(spinodal_threshold(depth))
        loads = np.linspace(low, high, 7)[1:-1]
        cost = mode_cost(mode_root(loads, depth, "metastable"), loads, depth)
        parts.append(refuted(f"M = {depth}, T1 < b/n < T2", bound(1 - np.asarray(cost), tolerance=1e-9)))
    return combine(*parts)


def c19_larger_classes_have_shorter_means() -> Evidence:
    """Class means are the shorter the larger the class: h_k falls with n_k."""
    ratios = np.geomspace(1.01, 60.0, 300)  # n / b

    def falls(depth):
        loads = 1 / (ratios / death_threshold(depth)) if depth > 1 else 1 / ratios
        x = np.asarray(mode_root(loads, depth))
        energy = loads * x / depth  # h² up to a constant: b x / (M N λ_H n)
        return bound(-np.diff(energy) / energy[1:], tolerance=0.0)

    return holds_if("M >= 2; for M = 1 the longest mean is that of the class with n = 4b",
                    combine(*(falls(m) for m in (2, 3, 6))), falls(1))  # fmt: skip


def _largest(function) -> float:
    result = optimize.minimize_scalar(lambda t: -function(np.exp(t)), bounds=(-3, 3), method="bounded",
                                      options={"xatol": 1e-12})  # fmt: skip
    return -float(result.fun)


def _best(trial: Trial, sizes: tuple[int, ...], depth: int) -> tuple[FreeModel, DeepLinearMinimum]:
    return lowest_descent(trial.key, sizes, equal_penalty(depth, DECAY))[0], closed_form(sizes, depth, DECAY)


def _reached(trial: Trial, sizes: tuple[int, ...], depth: int) -> Evidence:
    value = lowest_descent(trial.key, sizes, equal_penalty(depth, DECAY))[1]
    return identity(closed_form(sizes, depth, DECAY).value, value, rtol=1e-10)


def _alive(trial: Trial, depth: int, share: float) -> float:
    """Fraction of random starts in which the smallest class lives."""
    sizes = (20, 10, 5)
    penalty = penalty_at_load(depth, sizes, share * death_threshold(depth))
    models, _ = descents(trial.key, 4, sizes, (6,) * depth, penalty, steps=1500)
    head = jax.vmap(layer_product)(models.layers)
    return float(np.mean(np.sum(head[:, 2] ** 2, axis=1) > 1e-4))


def _follow(trial: Trial, depth: int, share: float):
    """Head energy of the smallest class, descended from the branch at 0.97 T2; and that branch's, there and here."""
    sizes, edge = (20, 10, 5), spinodal_threshold(depth)
    targets, branch = jnp.asarray(class_targets(sizes)), []
    start, end = (penalty_at_load(depth, sizes, s * edge) for s in (0.97, share))
    for penalty in (start, end):
        branch.append(minimum_of(jnp.array(sizes, float), 35, penalty.layers, penalty.features, branch="metastable"))
    planted = plant_model(branch[0].layer_energy, jnp.eye(3), targets, start, trial.key, 4)
    run = jax.jit(lambda model, penalty: minimise(lambda m: squared_loss(m, targets, penalty), model, 2000)[0])
    head = layer_product(run(planted, end).layers)
    return jnp.sum(head[2] ** 2), [solution.head_energy[2] for solution in branch]
