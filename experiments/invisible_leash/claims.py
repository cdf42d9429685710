"""What "The Invisible Leash" claims about learning from a verifier, checked; statements re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from core.policies.tabular import exact_ascent
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.invisible_leash._bandits import prompts, sampled_ascent, shared_modes, support_change
from theory.entropy.one_state import tilted
from theory.short.support import entropy_peak, gradient_drift, pass_at, split_entropy, tilted_success

ANSWERS, RIGHT = 12, 4


def c01_zeros_stay_zeros(trial: Trial) -> Evidence:
    """An answer of probability 0 keeps it under every exact step: gradient, group-normalised, natural, and the tilt."""

    @jax.jit
    def ends(key: jax.Array) -> jax.Array:
        """The masked policy, and where the three ascents and the tilt take it."""
        logits, reward = _setting(key)
        masked = logits.at[:, 1].set(-jnp.inf).at[0, :RIGHT].set(-jnp.inf)  # the first prompt has no right answer left
        gains = jnp.broadcast_to(reward, logits.shape)

        def climbed(kind: str) -> jax.Array:
            return jax.nn.softmax(jax.lax.fori_loop(0, 20, lambda _, z: exact_ascent(kind, z, gains, 0.7), masked))

        climbs = [climbed(kind) for kind in ("gradient", "natural", "group")]
        return jnp.stack([jax.nn.softmax(masked), *climbs, tilted(masked, gains, 9.0)])

    start, *policies = np.asarray(ends(trial.key))
    stuck = np.array([np.append(p[:, 1], p[0, :RIGHT].sum()) for p in policies])
    started, *moved = (p[1:, :RIGHT].sum(1).mean() for p in (start, *policies))
    return combine(identity(0.0, stuck, rtol=0.0), bound(np.array(moved) - started - 0.05, tolerance=0.0))


def c02_what_is_not_sampled_can_grow() -> Evidence:
    """Read for the empirical support: an answer that is never sampled never gains probability."""
    logits = np.array([1.0, 0.0, -3.0, -3.0])
    before = special.softmax(logits)
    step = before - np.eye(4)[0]  # A ∇ log p of the sample 0 with A = -1
    gain = (special.softmax(logits + 0.5 * step) - before)[2:]
    return refuted("a wrong sample with a negative advantage pushes all others up", bound(-gain, tolerance=1e-9))


def c03_the_tilt_moves_success_only(trial: Trial) -> Evidence:
    """The tilt takes success from ρ to ρe^β/(1 + ρ(e^β - 1)) and leaves the laws within right and wrong alone."""
    strengths = np.array([0.5, 3.0])

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits, reward = _setting(key)
        base, gains = jax.nn.softmax(logits), jnp.broadcast_to(reward, logits.shape)

        def at(beta: jax.Array) -> tuple[jax.Array, jax.Array]:
            return tilted_success(base[:, :RIGHT].sum(1), beta), tilted(logits, gains, beta)

        return base, *jax.vmap(at)(strengths)

    base, *closed = (np.asarray(x) for x in measure(trial.key))
    parts = []
    for beta, success, policy in zip(strengths, *closed, strict=True):
        weight = base * np.exp(beta * (np.arange(ANSWERS) < RIGHT))
        found = weight / weight.sum(1, keepdims=True)
        parts.append(identity(success, found[:, :RIGHT].sum(1), rtol=1e-12))
        for part in (slice(RIGHT), slice(RIGHT, None)):
            inside = policy[:, part]
            kept = base[:, part] / base[:, part].sum(1, keepdims=True)
            parts.append(identity(kept, inside / inside.sum(1, keepdims=True), rtol=1e-12))
    return combine(*parts)


def c04_law_among_right_answers(trial: Trial) -> Evidence:
    """Learning leaves the law among the right answers as it is."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits, reward = _setting(key)
        gains, base = jnp.broadcast_to(reward, logits.shape), jax.nn.softmax(logits)
        natural, plain = (exact_ascent(kind, logits, gains, 1e-4) for kind in ("natural", "gradient"))
        ratios = (z[:, 0] - z[:, 1] for z in (logits, natural, plain))
        return gradient_drift(base[:, 0], base[:, 1], base @ reward), *ratios

    drift, ratio, natural, plain = (np.asarray(x) for x in measure(trial.key))
    found = holds_if(
        "the step is a natural gradient or a tilt; under the plain softmax gradient the frequent ones grow",
        identity(ratio, natural, rtol=0.0, atol=1e-12),
        identity(ratio, plain, rtol=0.0, atol=1e-12),
    )
    exact = identity(drift, (plain - ratio) / 1e-4, rtol=1e-7, atol=1e-10)
    return found if exact.verdict == "holds" else exact


def c05_entropy_falls_with_reward(trial: Trial) -> Evidence:
    """Along the tilt the entropy falls while the reward rises."""
    base = np.asarray(jax.jit(lambda key: jax.nn.softmax(_setting(key)[0]))(trial.key))
    inside = [stats.entropy(base[:, part], axis=1) for part in (slice(RIGHT), slice(RIGHT, None))]
    peak, top = (np.asarray(x) for x in jax.jit(entropy_peak)(*inside))
    away = np.array([[0.05], [0.3], [1.0], [3.0]])
    logit = np.log(peak / (1 - peak))
    after, before = (1 / (1 + np.exp(-(logit + sign * away))) for sign in (1, -1))
    level = [_entropy_at(base, rho) for rho in (after, before)]
    split = identity(jax.jit(split_entropy)(after[2], *inside), level[0][2], rtol=1e-11)
    highest = identity(top, _entropy_at(base, peak[None])[0], rtol=1e-11)
    found = holds_if(
        "success is past ρ* = σ(H_right - H_wrong); before it learning raises the entropy",
        bound(-np.diff(level[0], axis=0), tolerance=0.0),
        bound(np.diff(level[1], axis=0), tolerance=0.0),  # from near the peak down to far before it
    )
    return found if split.verdict == highest.verdict == "holds" else combine(split, highest)


def c06_pass_at_k_crosses(trial: Trial) -> Evidence:
    """Learning raises pass@1 and lowers pass@k at large k below the base policy."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        success = shared_modes(key, 300, 8)
        weights = jax.nn.softmax(np.array([0.0, 40.0])[:, None] * success.mean(0)[None])
        shared = (success @ weights.T).T
        private = jnp.stack([success.mean(1), jnp.sum(success * jax.nn.softmax(4 * success), 1)])
        return tuple(pass_at(rho, k).mean(1) for rho, k in ((shared, 1.0), (shared, 256.0), (private, 256.0)))

    few, many, private = (np.asarray(x) for x in measure(trial.key))
    return holds_if(
        "prompts share parameters; where each prompt has its own weights no pass@k falls",
        bound(np.array([few[1] - few[0], many[0] - many[1]]) - 0.02, tolerance=0.0),
        bound(-np.diff(private), tolerance=1e-9),
    )


def c07_token_and_answer_entropy() -> Evidence:
    """Token entropy can rise while answer entropy falls: many ways to write the one right answer."""
    strength, ways, wrong = np.linspace(0, 6, 30), 100, 10
    answers, tokens = [], []
    for beta in strength:
        weight = np.append(0.15 * np.exp(beta), np.full(wrong, 0.85 / wrong))
        answer = weight / weight.sum()
        answers.append(stats.entropy(answer))
        tokens.append(stats.entropy(np.append(np.full(ways, answer[0] / ways), answer[1:])))

    @jax.jit
    def closed(strength: jax.Array) -> list[jax.Array]:
        rho = tilted_success(0.15, strength)
        return [split_entropy(rho, inside, np.log(wrong)) for inside in (0.0, np.log(ways))]

    return combine(
        identity(np.stack(closed(strength)), np.stack([answers, tokens]), rtol=1e-11),
        bound(np.array([tokens[-1] - tokens[0], answers[0] - answers[-1]]) - 1, tolerance=0.0),
    )


def c08_shrinkage_exceeds_expansion(trial: Trial) -> Evidence:
    """Learning from groups of samples loses more right answers from the empirical support than it gains."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits, reward = prompts(key, 60, 20, 5)
        keys = jax.random.split(jax.random.fold_in(key, 1), 4 + trial.effort)
        ends = jax.vmap(lambda key: sampled_ascent(key, logits, reward, 8, 200, 2.0)[-1])(keys)
        base, tilt = jax.nn.softmax(logits), tilted(logits, jnp.broadcast_to(reward, logits.shape), 3.0)
        changes = (support_change(base, after, reward, 0.005) for after in (ends, tilt))
        shrunk = (change["lost"] - change["gained"] for change in changes)
        return (ends @ reward).mean(1) - (base @ reward).mean(), *shrunk

    learned, sampled, tilt = (np.asarray(x) for x in measure(trial.key))
    found = holds_if(
        "the steps are plain softmax gradients, sampled or exact; a tilt loses none and gains some",
        bound(sampled, tolerance=0.0),
        bound(tilt, tolerance=0.0),
    )
    return combine(found, bound(learned - 0.3, tolerance=0.0))


def _setting(key: jax.Array) -> tuple[jax.Array, jax.Array]:
    return prompts(jax.random.fold_in(key, 3), 20, ANSWERS, RIGHT)


def _entropy_at(base: np.ndarray, success: np.ndarray) -> np.ndarray:
    """Entropy of the policies with this success and the base's laws within right and wrong, by enumeration."""
    right, wrong = base[:, :RIGHT], base[:, RIGHT:]
    rho = success[..., None]
    parts = (rho * right / right.sum(1, keepdims=True), (1 - rho) * wrong / wrong.sum(1, keepdims=True))
    return stats.entropy(np.concatenate(parts, axis=-1), axis=-1)
