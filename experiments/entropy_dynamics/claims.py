"""What "On the Entropy Dynamics in Reinforcement Fine-Tuning" claims about single tokens, checked."""

from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.interface import NOTHING, Intervention
from core.policies.interventions.one_of import one_of
from core.policies.interventions.quadrant import quadrant
from core.policies.lens import one_step
from core.policies.testbed import bandit_recipe, compare, sum_bases, sum_recipe
from core.probes.tokens import token_stats
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.law import law
from core.verify.order import order
from core.verify.trial import Trial
from theory.entropy.extremes import discriminator_range
from theory.entropy.laws import (
    change_one_logit,
    change_sampled_token,
    exact_change_one_logit,
    second_change_one_logit,
)
from theory.entropy.softmax import discriminator, entropy, entropy_curvature, expected_discriminator, log_prob

VOCABULARY = 40
BUMPS = np.geomspace(1e-4, 1e-2, 9)
QUADRANTS = {(rewarded, above): quadrant(rewarded, above) for rewarded in (True, False) for above in (True, False)}


def c01_gradient_and_curvature(trial: Trial) -> Evidence:
    """∂H/∂z = -S with S_i = p_i (log p_i + H), and v'(∂²H)v is an O(V) sum."""

    @jax.jit
    def measure(logits: jax.Array, direction: jax.Array) -> tuple[tuple[jax.Array, ...], ...]:
        slope = jax.vmap(jax.grad(_plain_entropy))(logits)
        bend = jax.vmap(lambda z, v: jax.jvp(jax.grad(_plain_entropy), (z,), (v,))[1] @ v)(logits, direction)
        return (-discriminator(logits), slope), (entropy_curvature(logits, direction), bend)

    logits, _, direction = _rows(trial.key, 200)
    first, second = measure(logits, direction)
    return combine(identity(*first, rtol=0.0, atol=1e-13), identity(*second, rtol=1e-10, atol=1e-11))


def c02_single_logit_law(trial: Trial) -> Evidence:
    """Raising one logit by ε changes the entropy by -ε S_k + O(ε²) (Theorem 3.2)."""

    def misses(logits: jax.Array, token: jax.Array, bump: jax.Array) -> jax.Array:
        moved = _plain_entropy(logits + bump * jax.nn.one_hot(token, VOCABULARY)) - _plain_entropy(logits)
        return moved - change_one_logit(logits, token, jnp.full(len(logits), bump))

    return order(BUMPS, _sizes(misses, trial, BUMPS), expected=2)


def c03_second_order_of_the_single_logit(trial: Trial) -> Evidence:
    """What Theorem 3.2 leaves over is ε²/2 (-p(1-2p)(l+H) - p(1-p)), up to O(ε³)."""

    def misses(logits: jax.Array, token: jax.Array, bump: jax.Array) -> jax.Array:
        moved = _plain_entropy(logits + bump * jax.nn.one_hot(token, VOCABULARY)) - _plain_entropy(logits)
        first = change_one_logit(logits, token, jnp.full(len(logits), bump))
        return moved - first - bump**2 / 2 * second_change_one_logit(log_prob(logits, token), entropy(logits))

    bumps = np.geomspace(3e-3, 5e-2, 7)
    return order(bumps, _sizes(misses, trial, bumps), expected=3)


def c04_exact_single_logit(trial: Trial) -> Evidence:
    """For any finite ε, H' - H = log(1+w) - (w(l+H) + ε(p+w))/(1+w) with w = p(e^ε - 1): no first order needed."""

    @jax.jit
    def measure(logits: jax.Array, token: jax.Array) -> tuple[jax.Array, jax.Array]:
        hot, start = jax.nn.one_hot(token, VOCABULARY), entropy(logits)

        def at(bump: jax.Array) -> tuple[jax.Array, jax.Array]:
            closed = exact_change_one_logit(log_prob(logits, token), start, bump)
            return closed, _plain_entropy(logits + bump * hot) - start

        return jax.lax.map(at, np.array([-3.0, -1.0, -1e-3, 0.5, 3.0, 6.0]))

    return identity(*measure(*_rows(trial.key, 200)[:2]), rtol=0.0, atol=1e-12)


def c05_group_step_law(trial: Trial) -> Evidence:
    """A sampled-token step z += α(e_k - p) changes the entropy by -α(S_k - E_p[S]) + O(α²) (Theorem 3.3)."""

    def misses(logits: jax.Array, token: jax.Array, step: jax.Array) -> jax.Array:
        push = jax.nn.one_hot(token, VOCABULARY) - jax.nn.softmax(logits)
        moved = _plain_entropy(logits + step * push) - _plain_entropy(logits)
        return moved - change_sampled_token(logits, token, jnp.full(len(logits), step))

    return order(BUMPS, _sizes(misses, trial, BUMPS), expected=2)


def c06_centred_on_policy(trial: Trial) -> Evidence:
    """On policy the centred discriminator has mean zero: E_{k~p}[S_k - E_p S] = 0 (the reason why Clip_V centres)."""
    draws = 4000 * trial.effort

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits = 1.5 * _rows(key, 20)[2]
        token = jax.random.categorical(jax.random.fold_in(key, 1), logits[:, None], shape=(20, draws))
        score = jnp.take_along_axis(discriminator(logits), token, axis=1)
        error = jnp.std(score, axis=1, ddof=1) / np.sqrt(draws)
        return score.mean(1), expected_discriminator(logits), error

    return law(*measure(trial.key), degrees_of_freedom=draws - 1)


def c07_range_of_the_discriminator(trial: Trial) -> Evidence:
    """S_k lies in [-0.22387, 3.0037] for a vocabulary of 151,936, and an attack on a smaller one finds no way out."""
    lows, highs = (np.asarray(ends) for ends in jax.jit(discriminator_range)(np.array([2.0, 12.0, 151_936.0])))
    low, high = lows[1], highs[1]
    slack = {
        "low": lambda z: discriminator(z)[0] - low,
        "high": lambda z: high - discriminator(z)[0],
    }
    random = jax.jit(lambda key: [jax.vmap(slack[side])(_rows(key, 500)[0][:, :12]) for side in slack])(trial.key)
    attacks = [
        bound(
            found,
            tolerance=1e-9,
            falsified=falsify(slack[side], lambda k: 2 * jax.random.normal(k, (12,)), trial.key, starts=16, steps=200),
        )
        for side, found in zip(slack, random, strict=True)
    ]
    quoted = identity(np.array([-0.22387, 3.0036]), np.array([lows[-1], highs[-1]]), rtol=0.0, atol=1e-4)
    return combine(quoted, *attacks)


def c08_digits_near_collapse() -> Evidence:
    """One pass in float32, bfloat16 input included, gives H, S and E[S] to 1e-5 relative down to H = 1e-10."""
    gaps = np.array([2.0, 8.0, 16.0, 24.0, 32.0])
    rows = np.zeros((5, 1001))
    rows[:, 1:] = -gaps[:, None] - np.arange(1000) % 3

    @jax.jit
    def measure(rows: jax.Array) -> list[jax.Array]:
        token = jnp.array([0, 0, 1, 0, 0])
        kinds = jnp.float64, jnp.float32, jnp.bfloat16
        return [jnp.stack(token_stats(rows.astype(kind), token)) for kind in kinds]

    exact, *found = measure(rows)
    return combine(*(identity(exact, f, rtol=1e-5, atol=1e-37) for f in found))


def c09_clipping_keeps_entropy(trial: Trial) -> Evidence:
    """Clip_B and Clip_V (μ = 1) end with more entropy than plain GRPO, on the transformer twice as much.

    Each of the eight seeds on the transformer has a base policy of its own; on the bandits they share one.
    """
    methods = NOTHING, clip_batch(1.0), clip_vocabulary(1.0, 0.1)
    plain, *ends = _decision_entropies(trial, methods)[..., -10:].mean(-1)
    factor = 1 if trial.effort == 1 else 2
    return combine(*(_at_least(end, factor * plain) for end in ends))


def c10_four_quadrants_in_a_step(trial: Trial) -> Evidence:
    """A step without the tokens of (A>0, S>E S) or (A<0, S<E S) leaves more entropy, without the other two less."""

    @jax.jit
    def changes(key: jax.Array) -> jax.Array:
        recipe, params = bandit_recipe(jax.random.key(3), states=256)
        keys = jax.random.split(key, 10)

        def of_one(index: jax.Array) -> jax.Array:
            told = recipe._replace(method=one_of([NOTHING, *QUADRANTS.values()], index))
            return jax.lax.map(lambda k: one_step(told, params, k, 1e-2)[1], keys)

        return jax.lax.map(of_one, jnp.arange(1 + len(QUADRANTS)))

    plain, *dropped = np.asarray(changes(trial.key), float)
    signs = [1 if rewarded == above else -1 for rewarded, above in QUADRANTS]
    gaps = [sign * (change - plain) / np.abs(plain).mean() for sign, change in zip(signs, dropped, strict=True)]
    return combine(*(bound(gap, tolerance=0.0) for gap in gaps))


def c11_four_quadrants_over_training(trial: Trial) -> Evidence:
    """Runs without one quadrant's tokens keep the four signs of c10: early on, and not where less learning wins.

    On bandits. Later the runs that were to lose entropy have learned less for want of those tokens, and end with more
    of it. On the transformer (figure `quadrants`) the rare quadrant (A>0, S<E S) makes no difference to begin with.
    """
    pace = 2 if trial.effort == 1 else 1  # with steps twice as long half as many rollouts show the same

    @jax.jit
    def entropies(key: jax.Array) -> jax.Array:
        recipe, params = bandit_recipe(jax.random.key(3), rate=2.0 * pace, prompts=64, horizon=60 // pace)
        methods, keys = [NOTHING, *QUADRANTS.values()], jax.random.split(key, 8)
        return compare(recipe, params, methods, keys, mesh=trial.mesh, names=("entropy",))["entropy"]

    runs = np.asarray(entropies(trial.key), float)

    def signs(first: int, last: int) -> Evidence:
        plain, *dropped = np.log(runs[..., first // pace : last // pace].mean(-1))
        parts = []
        for (rewarded, above), end in zip(QUADRANTS, dropped, strict=True):
            gap = (1 if rewarded == above else -1) * (end - plain)  # one draw for both: the seeds are pairs
            reach = stats.t.ppf(0.975, len(gap) - 1) / np.sqrt(len(gap)) * gap.std(ddof=1)
            # a wrong sign contradicts only where the whole interval has it
            parts.append(bound(gap.mean() - reach if gap.mean() > 0 else gap.mean() + reach, tolerance=0.0))
        return combine(*parts)

    return holds_if("training has just begun (rollouts 5 to 15 of 60)", signs(5, 15), signs(50, 60))


@partial(jax.jit, static_argnums=1)
def _rows(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Logits from flat to peaked, a token sampled from each, and a direction."""
    keys = jax.random.split(key, 4)
    scale = jnp.exp(jax.random.normal(keys[0], (count, 1)))
    logits = 2 * scale * jax.random.normal(keys[1], (count, VOCABULARY))
    return logits, jax.random.categorical(keys[2], logits), jax.random.normal(keys[3], logits.shape)


def _plain_entropy(logits: jax.Array) -> jax.Array:
    """-Σ p log p as everyone writes it; shares no code with the theory."""
    return -jnp.sum(jax.nn.softmax(logits) * jax.nn.log_softmax(logits), axis=-1)


def _sizes(misses: Callable[..., jax.Array], trial: Trial, steps: np.ndarray) -> np.ndarray:
    """The root mean square over rows of what `misses(logits, token, step)` finds, at each step."""

    def sizes(logits: jax.Array, token: jax.Array) -> jax.Array:
        return jax.lax.map(lambda step: jnp.sqrt(jnp.mean(misses(logits, token, step) ** 2)), steps)

    return np.asarray(jax.jit(sizes)(*_rows(trial.key, 200 * trial.effort)[:2]))


@cache
def _bed(effort: int, mesh: jax.sharding.Mesh):
    """Bandits at smoke effort, the tiny transformer above."""
    if effort == 1:
        return bandit_recipe(jax.random.key(3), rate=20.0, horizon=50)
    recipe, model = sum_recipe(horizon=100)
    return recipe, jax.jit(partial(sum_bases, recipe, model, mesh=mesh))(jax.random.split(jax.random.key(0), 8))


def _decision_entropies(trial: Trial, methods: tuple[Intervention, ...]) -> np.ndarray:
    """Of each method and seed at each rollout, (methods, 8, rollouts)."""
    recipe, params = _bed(trial.effort, trial.mesh)
    shown = {"own": trial.effort > 1, "names": ("decision_entropy",)}
    runs = jax.jit(partial(compare, recipe, methods=methods, mesh=trial.mesh, **shown))
    return np.asarray(runs(params, keys=jax.random.split(trial.key, 8))["decision_entropy"], float)


def _at_least(higher: np.ndarray, lower: np.ndarray) -> Evidence:
    """The 95 % intervals of two means over seeds do not overlap: relative slack between their nearer ends."""
    reach = stats.t.ppf(0.975, len(higher) - 1) / np.sqrt(len(higher))
    low = higher.mean() - reach * higher.std(ddof=1)
    high = lower.mean() + reach * lower.std(ddof=1)
    return bound(low / high - 1, tolerance=0.0)
