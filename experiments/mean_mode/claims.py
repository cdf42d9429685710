"""What "Mean Mode Screaming" claims about means and differences of tokens, checked.

The text was read in a third-party account only; the energies of c02, the counterexample of c04 and its repair c05 are
ours.
"""

import jax
import jax.numpy as jnp
import numpy as np

from core.draws import normal, normals
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.law import law
from core.verify.order import order
from core.verify.trial import Trial
from experiments.mean_mode._stack import RULES, forward, rules, sample_layers, sample_tokens
from theory.short.mean_mode import (
    centred_gain,
    dobrushin,
    expected_gradient_energy,
    logit_gradient,
    split_residual,
    token_cosine,
    token_split,
    writer_gradient_split,
)

TOKENS, WIDTH = 6, 4


def c01_writer_gradient_splits(trial: Trial) -> Evidence:
    """The gradient of a layer z_t = W y_t is T δ̄ ȳ' + Σ (δ_t - δ̄)(y_t - ȳ)', without a cross term."""

    @jax.jit
    def both(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        y, target, weight = normal(key, (3, 9, 9))
        loss = lambda w: jnp.sum(jnp.cos(y @ w.T) * target)  # noqa: E731
        errors = -jnp.sin(y @ weight.T) * target
        return sum(writer_gradient_split(errors, y)), jax.grad(loss)(weight)

    return identity(*both(trial.key), rtol=1e-12, atol=1e-12)


def c02_coherent_part_grows_like_tokens(trial: Trial) -> Evidence:
    """Independent tokens: E‖coherent‖² = (T|μ|² + s_δ²)(T|ν|² + s_y²), E‖centred‖² = (T-1) s_δ² s_y²: T against √T."""
    sizes, mean, spread, draws = (2, 8, 32, 128), (0.5, 0.8), (1.0, 1.5), 300 * trial.effort

    def energies(tokens: int, key: jax.Array) -> jax.Array:
        noise = normal(key, (draws, 2, tokens, WIDTH)) / WIDTH**0.5
        rows = noise * jnp.array(spread)[:, None, None] + jnp.array(mean)[:, None, None] / WIDTH**0.5
        parts = jax.vmap(writer_gradient_split)(rows[:, 0], rows[:, 1])
        return jnp.stack([jnp.sum(part**2, axis=(1, 2)) for part in parts])

    @jax.jit
    def both(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = [energies(tokens, jax.random.fold_in(key, index)) for index, tokens in enumerate(sizes)]
        exact = expected_gradient_energy(np.array(sizes, float), mean[0], spread[0], mean[1], spread[1])
        return jnp.stack(found), jnp.stack(exact, axis=-1)

    energy, predicted = map(np.asarray, both(trial.key))
    error = energy.std(axis=2, ddof=1) / draws**0.5
    return law(energy.mean(axis=2), predicted, error, degrees_of_freedom=draws - 1)


def c03_attention_keeps_the_mean(trial: Trial) -> Evidence:
    """Row-stochastic A: A(1c') = 1c' and PAX = (PAP)(PX), so ‖PAX‖ <= ‖PAP‖₂ ‖PX‖, with equality for some X."""

    def slack(point: jax.Array) -> jax.Array:
        attention, before = _attention(trial.key), token_split(point).centred
        after = token_split(attention @ before).centred
        return centred_gain(attention) - jnp.linalg.norm(after) / jnp.linalg.norm(before)

    @jax.jit
    def sides(key: jax.Array) -> tuple[jax.Array, ...]:
        attention, x = _attention(key), normal(key, (TOKENS, WIDTH))
        projector = jnp.eye(TOKENS) - 1 / TOKENS
        split = projector @ attention @ projector @ (projector @ x)
        slacks = jax.vmap(slack)(jax.vmap(draw)(jax.random.split(key, 100 * trial.effort)))
        return attention.sum(axis=1), split, token_split(attention @ x).centred, slacks

    draw = lambda key: normal(key, (TOKENS, 1))  # noqa: E731
    found = falsify(slack, draw, trial.key, starts=4 * trial.effort, steps=60, polish=2)
    rows, split, after, slacks = map(np.asarray, sides(trial.key))
    return combine(
        identity(rows, 1.0, rtol=1e-14),
        identity(split, after, rtol=1e-10, atol=1e-14),
        bound(slacks, tolerance=1e-12, falsified=found),
    )


def c04_contraction_needs_balance(trial: Trial) -> Evidence:
    """Attention shrinks the centred energy, ‖PAP‖₂ <= 1: true if every token is also looked at equally much."""
    balanced = np.asarray(jax.jit(_attention)(trial.key))
    for _ in range(200):  # Sinkhorn, ending with rows
        balanced = balanced / balanced.sum(axis=0, keepdims=True)
        balanced = balanced / balanced.sum(axis=1, keepdims=True)
    half, two_stars = TOKENS // 2, np.zeros((TOKENS, TOKENS))
    two_stars[:half, 0] = two_stars[half:, 1] = 1.0
    slacks = 1 - np.asarray(jax.jit(centred_gain)(np.stack([balanced, two_stars])))
    return holds_if("A is doubly stochastic", *(bound(slack, tolerance=1e-9) for slack in slacks))


def c05_range_always_contracts(trial: Trial) -> Evidence:
    """What always shrinks is the range: max Ax - min Ax <= δ(A) (max x - min x), δ(A) = max_ij |A_i - A_j|₁/2 <= 1."""

    def slacks(point: jax.Array) -> jax.Array:
        attention, x = jax.nn.softmax(2 * point[:TOKENS]), point[TOKENS]
        gain = dobrushin(attention)
        return jnp.stack([gain - jnp.ptp(attention @ x) / jnp.ptp(x), 1 - gain])

    draw = lambda key: normal(key, (TOKENS + 1, TOKENS))  # noqa: E731
    found = falsify(lambda p: slacks(p)[0], draw, trial.key, starts=4 * trial.effort, steps=100, polish=2)
    each = jax.vmap(lambda key: slacks(draw(key)))
    at_random = jax.jit(lambda key: each(jax.random.split(key, 200 * trial.effort)))(trial.key)
    return bound(at_random, tolerance=1e-12, falsified=found)


def c06_equal_values_send_no_gradient_to_logits(trial: Trial) -> Evidence:
    """With values v̄ + ε ṽ_t the gradient of the logits is linear in ε, zero at ε = 0, and <= ε ‖Ṽ‖₂ ‖G‖_F / 2."""
    spreads = 2.0 ** -np.arange(0, 8)

    def slack(point: jax.Array) -> jax.Array:
        values, up = point[1:, :, :WIDTH], point[1:, :, :WIDTH]
        size = jnp.linalg.norm(logit_gradient(jax.nn.softmax(point[0]), values[0], up[1]))
        return 0.5 - size / jnp.linalg.norm(token_split(values[0]).centred, 2) / jnp.linalg.norm(up[1])

    draw = lambda key: normal(key, (3, TOKENS, TOKENS))  # noqa: E731

    @jax.jit
    def measured(key: jax.Array) -> tuple[jax.Array, ...]:
        keys = jax.random.split(key, 4)
        shapes = (TOKENS, TOKENS), (2, TOKENS, WIDTH), (1, WIDTH)
        logits, (upstream, own), common = normals(keys[:3], shapes)
        loss = lambda z, spread: jnp.sum(upstream * (jax.nn.softmax(z) @ (common + spread * own)))  # noqa: E731
        gradients = jax.vmap(lambda spread: jax.grad(loss)(logits, spread))(np.array([0.0, *spreads]))
        slacks = jax.vmap(lambda key: slack(draw(key)))(jax.random.split(keys[3], 100 * trial.effort))
        return keys[3], gradients, slacks

    attack_key, gradients, slacks = measured(trial.key)
    gradients = np.asarray(gradients)
    found = falsify(slack, draw, attack_key, starts=4 * trial.effort, steps=60, polish=2)
    return combine(
        order(spreads, np.linalg.norm(gradients[1:], axis=(1, 2)), expected=1, tolerance=1e-9),
        identity(gradients[:1], 0.0, rtol=0, atol=1e-14),
        bound(slacks, tolerance=1e-12, falsified=found),
    )


def c07_split_residual(trial: Trial) -> Evidence:
    """MV-Split: JZ = (1-α)JX + αJF, PZ = PX + βPF; backwards ∂L/∂F = βPG + αJG and ∂L/∂X = PG + (1-α)JG."""
    alpha, beta = 0.03, 0.7

    @jax.jit
    def passes(key: jax.Array) -> tuple[jax.Array, ...]:
        x, branch, upstream = normal(key, (3, TOKENS, WIDTH))
        z, pull = jax.vjp(lambda a, b: split_residual(a, b, alpha, beta), x, branch)
        return x, branch, upstream, z, *pull(upstream)

    x, branch, upstream, z, to_stream, to_branch = map(np.asarray, passes(trial.key))
    mean = np.full((TOKENS, TOKENS), 1 / TOKENS)
    rest = np.eye(TOKENS) - mean
    return combine(
        identity((1 - alpha) * mean @ x + alpha * mean @ branch, mean @ z, rtol=1e-12, atol=1e-14),
        identity(rest @ x + beta * rest @ branch, rest @ z, rtol=1e-12, atol=1e-14),
        identity(beta * rest @ upstream + alpha * mean @ upstream, to_branch, rtol=1e-12, atol=1e-14),
        identity(rest @ upstream + (1 - alpha) * mean @ upstream, to_stream, rtol=1e-12, atol=1e-14),
    )


def c08_tokens_align_with_depth(trial: Trial) -> Evidence:
    """Mean cosine of two tokens after 64 random layers, by residual rule: reported."""
    seeds = 2 * trial.effort

    def last(layer_key: jax.Array, token_key: jax.Array) -> jax.Array:
        tokens, layers = sample_tokens(token_key, 8, 16), sample_layers(layer_key, 64, 16)
        run = lambda rule: token_cosine(forward(tokens, layers, rule, jnp.zeros((64, 2, 8, 16)))[-1])  # noqa: E731
        return jax.vmap(run)(rules())

    cosines = np.asarray(jax.jit(lambda key: jax.vmap(last)(*jax.random.split(key, (2, seeds))))(trial.key))
    means = dict(zip((f"rule_{i}" for i in range(len(RULES))), cosines.mean(axis=0), strict=True))
    note = f"{seeds} seeds; rules are {', '.join(RULES)}; the error is the largest standard deviation over seeds"
    return fit(means, r2=0.0, holdout_error=cosines.std(axis=0).max(), note=note)


def _attention(key: jax.Array) -> jax.Array:
    return jax.nn.softmax(2 * normal(key, (TOKENS, TOKENS)))
