"""What "The Invisible Leash" claims about learning from a verifier, checked; statements re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

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
    logits, reward = _setting(trial)
    masked = logits.at[:, 1].set(-jnp.inf).at[0, :RIGHT].set(-jnp.inf)  # the first prompt has no right answer left
    gains = jnp.broadcast_to(reward, logits.shape)
    ends = [masked] * 3
    for _ in range(20):
        ends = [
            exact_ascent(kind, z, gains, 0.7) for kind, z in zip(("gradient", "natural", "group"), ends, strict=True)
        ]
    policies = [jax.nn.softmax(z) for z in ends] + [tilted(masked, gains, 9.0)]
    stuck = np.array([np.append(np.asarray(p[:, 1]), float(p[0] @ reward)) for p in policies])
    moved = np.array([float((p[1:] @ reward).mean()) for p in policies])
    started = float((jax.nn.softmax(masked)[1:] @ reward).mean())
    return combine(identity(0.0, stuck, rtol=0.0), bound(moved - started - 0.05, tolerance=0.0))


def c02_what_is_not_sampled_can_grow() -> Evidence:
    """Read for the empirical support: an answer that is never sampled never gains probability."""
    logits = jnp.array([1.0, 0.0, -3.0, -3.0])
    step = -(jax.nn.one_hot(0, 4) - jax.nn.softmax(logits))  # A ∇ log p of the sample 0 with A = -1
    gain = np.asarray(jax.nn.softmax(logits + 0.5 * step) - jax.nn.softmax(logits))[2:]
    return refuted("a wrong sample with a negative advantage pushes all others up", bound(-gain, tolerance=1e-9))


def c03_the_tilt_moves_success_only(trial: Trial) -> Evidence:
    """The tilt takes success from ρ to ρe^β/(1 + ρ(e^β - 1)) and leaves the laws within right and wrong alone."""
    logits, reward = _setting(trial)
    base = np.asarray(jax.nn.softmax(logits))
    parts = []
    for beta in (0.5, 3.0):
        weight = base * np.exp(beta * np.asarray(reward))
        found = weight / weight.sum(1, keepdims=True)
        parts.append(identity(tilted_success(base[:, :RIGHT].sum(1), beta), found[:, :RIGHT].sum(1), rtol=1e-12))
        for part in (slice(RIGHT), slice(RIGHT, None)):
            inside = np.asarray(tilted(logits, jnp.broadcast_to(reward, logits.shape), beta))[:, part]
            kept = base[:, part] / base[:, part].sum(1, keepdims=True)
            parts.append(identity(kept, inside / inside.sum(1, keepdims=True), rtol=1e-12))
    return combine(*parts)


def c04_law_among_right_answers(trial: Trial) -> Evidence:
    """Learning leaves the law among the right answers as it is."""
    logits, reward = _setting(trial)
    gains, base = jnp.broadcast_to(reward, logits.shape), jax.nn.softmax(logits)
    ratio = np.asarray(logits[:, 0] - logits[:, 1])
    natural, plain = (exact_ascent(kind, logits, gains, 1e-4) for kind in ("natural", "gradient"))
    drift = gradient_drift(base[:, 0], base[:, 1], base @ reward)
    grown = np.asarray(plain[:, 0] - plain[:, 1]) - ratio
    found = holds_if(
        "the step is a natural gradient or a tilt; under the plain softmax gradient the frequent ones grow",
        identity(ratio, natural[:, 0] - natural[:, 1], rtol=0.0, atol=1e-12),
        identity(ratio, plain[:, 0] - plain[:, 1], rtol=0.0, atol=1e-12),
    )
    exact = identity(drift, grown / 1e-4, rtol=1e-7, atol=1e-10)
    return found if exact.verdict == "holds" else exact


def c05_entropy_falls_with_reward(trial: Trial) -> Evidence:
    """Along the tilt the entropy falls while the reward rises."""
    base = np.asarray(jax.nn.softmax(_setting(trial)[0]))
    inside = [stats.entropy(base[:, part], axis=1) for part in (slice(RIGHT), slice(RIGHT, None))]
    peak, top = entropy_peak(*inside)
    away = np.array([[0.05], [0.3], [1.0], [3.0]])
    logit = np.log(peak / (1 - peak))
    after, before = (1 / (1 + np.exp(-(logit + sign * away))) for sign in (1, -1))
    level = [_entropy_at(base, rho) for rho in (after, before)]
    split = identity(split_entropy(after[2], *inside), level[0][2], rtol=1e-11)
    highest = identity(top, _entropy_at(base, np.asarray(peak)[None])[0], rtol=1e-11)
    found = holds_if(
        "success is past ρ* = σ(H_right - H_wrong); before it learning raises the entropy",
        bound(-np.diff(level[0], axis=0), tolerance=0.0),
        bound(np.diff(level[1], axis=0), tolerance=0.0),  # from near the peak down to far before it
    )
    return found if split.verdict == highest.verdict == "holds" else combine(split, highest)


def c06_pass_at_k_crosses(trial: Trial) -> Evidence:
    """Learning raises pass@1 and lowers pass@k at large k below the base policy."""
    success = shared_modes(trial.key, 300, 8)
    weights = jax.nn.softmax(jnp.array([0.0, 40.0])[:, None] * success.mean(0)[None])
    shared = (success @ weights.T).T
    own = jnp.sum(success * jax.nn.softmax(4 * success), 1)
    private = jnp.stack([success.mean(1), own])
    few, many = (np.asarray(pass_at(shared, k).mean(1)) for k in (1.0, 256.0))
    return holds_if(
        "prompts share parameters; where each prompt has its own weights no pass@k falls",
        bound(np.array([few[1] - few[0], many[0] - many[1]]) - 0.02, tolerance=0.0),
        bound(-np.diff(np.asarray(pass_at(private, 256.0).mean(1))), tolerance=1e-9),
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
    rho = tilted_success(0.15, strength)
    closed = np.stack([split_entropy(rho, inside, np.log(wrong)) for inside in (0.0, np.log(ways))])
    return combine(
        identity(closed, np.stack([answers, tokens]), rtol=1e-11),
        bound(np.array([tokens[-1] - tokens[0], answers[0] - answers[-1]]) - 1, tolerance=0.0),
    )


def c08_shrinkage_exceeds_expansion(trial: Trial) -> Evidence:
    """Learning from groups of samples loses more right answers from the empirical support than it gains."""
    logits, reward = prompts(trial.key, 60, 20, 5)
    keys = jax.random.split(jax.random.fold_in(trial.key, 1), 4 + trial.effort)
    ends = jax.jit(jax.vmap(lambda key: sampled_ascent(key, logits, reward, 8, 200, 2.0)[-1]))(keys)
    base = jax.nn.softmax(logits)
    sampled = support_change(base, ends, reward, 0.005)
    tilt = support_change(base, tilted(logits, jnp.broadcast_to(reward, logits.shape), 3.0), reward, 0.005)
    learned = np.asarray((ends @ reward).mean(1) - (base @ reward).mean())
    found = holds_if(
        "the steps are plain softmax gradients, sampled or exact; a tilt loses none and gains some",
        bound(np.asarray(sampled["lost"] - sampled["gained"]), tolerance=0.0),
        bound(np.asarray(tilt["lost"] - tilt["gained"]), tolerance=0.0),
    )
    return combine(found, bound(learned - 0.3, tolerance=0.0))


def _setting(trial: Trial) -> tuple[jax.Array, jax.Array]:
    return prompts(jax.random.fold_in(trial.key, 3), 20, ANSWERS, RIGHT)


def _entropy_at(base: np.ndarray, success: np.ndarray) -> np.ndarray:
    """Entropy of the policies with this success and the base's laws within right and wrong, by enumeration."""
    right, wrong = base[:, :RIGHT], base[:, RIGHT:]
    rho = success[..., None]
    parts = (rho * right / right.sum(1, keepdims=True), (1 - rho) * wrong / wrong.sum(1, keepdims=True))
    return stats.entropy(np.concatenate(parts, axis=-1), axis=-1)
