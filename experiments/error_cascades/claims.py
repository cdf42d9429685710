"""What "From Spark to Fire" says about errors that spread between agents, checked on its model, re-derived here.

The criterion is the risk R = β λ_1(W)/δ of a susceptible-infected-susceptible process on the graph W of dependence. It
is a statement on the mean field; the claims below say what of it survives in the stochastic process. Star and complete
graph have small exact Markov chains, by the number of leaves in error and the state of the hub.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from core.trees.cascade import recurring, simulate_cascade, single_chance
from core.trees.graphs import complete, random_graph, ring, star
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.law import law, law_counts
from core.verify.trial import Trial
from experiments.error_cascades._graphs import four_graphs, influence
from theory.trees.cascade import cascade, cascade_step, early_growth, reproduction_number, spectral_radius

AGENTS, DELTA = 60, 0.15


def e01_early_growth(trial: Trial) -> Evidence:
    """Few errors grow by 1 - δ + β λ_1 a step, the spectral radius of the mean field's derivative at no errors."""
    beta, delta = np.array([(0.02, 0.1), (0.1, 0.5), (0.3, 0.9)]).T

    @jax.jit
    def growth(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(graph: jax.Array, beta: jax.Array, delta: jax.Array) -> tuple[jax.Array, jax.Array]:
            return early_growth(graph, beta, delta), jax.jacfwd(cascade_step)(jnp.zeros(12), graph, beta, delta)

        by_case = jax.vmap(jax.vmap(one, (None, 0, 0)), (0, None, None))
        return by_case(four_graphs(key, 12, 4.0), beta, delta)

    predicted, slopes = map(np.asarray, growth(trial.key))
    return identity(predicted, np.abs(np.linalg.eigvals(slopes)).max(-1), rtol=1e-10)


def e02_first_step_is_exact(trial: Trial) -> Evidence:
    """After one error, errors weighted by the left Perron vector grow by exactly 1 - δ + β λ_1 in the mean."""
    replicas, settings = 4000, 6 * trial.effort

    def first(key: jax.Array) -> tuple[jax.Array, ...]:
        graph_key, seed_key, risk_key, key = jax.random.split(key, 4)
        graph = random_graph(graph_key, 20, 6.0)
        weight = influence(graph)
        seed = jnp.arange(20) == jax.random.categorical(seed_key, jnp.log(weight))
        beta = jax.random.uniform(risk_key, maxval=4.0) * DELTA / spectral_radius(graph)
        errors = simulate_cascade(key, graph, seed, beta, 1, replicas, recurring(DELTA)).errors[1]
        mass = weight @ errors / (weight @ seed)
        return mass.mean(), early_growth(graph, beta, DELTA), mass.std(ddof=1) / replicas**0.5

    found, exact, error = jax.jit(lambda key: jax.lax.map(first, jax.random.split(key, settings)))(trial.key)
    return law(found, exact, error)


def e03_mean_field_threshold(trial: Trial) -> Evidence:
    """In the mean field of a strongly connected graph all errors die out iff R <= 1; else a share stays wrong."""
    risks = np.array([0.5, 0.8, 0.95, 1.05, 1.3, 2.0])

    def survives(graph: jax.Array, risk: jax.Array) -> tuple[jax.Array, jax.Array]:
        beta = risk * DELTA / spectral_radius(graph)
        return reproduction_number(graph, beta, DELTA), cascade(jnp.full(20, 0.5), graph, beta, DELTA, 4000)[-1].min()

    by_risk = jax.vmap(jax.vmap(survives, (None, 0)), (0, None))
    number, left = map(np.asarray, jax.jit(lambda key: by_risk(four_graphs(key, 20, 6.0), risks))(trial.key))
    return identity(number > 1, left > 1e-6, rtol=0)


def e04_linear_growth_is_a_bound(trial: Trial) -> Evidence:
    """The mean number of errors never exceeds 1ᵀ((1-δ) + βW)^t x_0 on any graph, so that R < 1 ends every cascade."""
    agents, steps = 4, 6
    seeds = np.eye(agents)[0]

    def slack(point: jax.Array) -> jax.Array:
        beta, delta = jax.nn.sigmoid(point[:2])
        graph = jax.nn.sigmoid(point[2:].reshape(agents, agents)) * (1 - np.eye(agents))
        exact = _errors_by_enumeration(graph, beta, delta, seeds, steps)
        linear = jax.lax.scan(lambda x, _: ((1 - delta) * x + beta * graph @ x, None), seeds * 1.0, length=steps)[0]
        return 1 - exact / linear.sum()

    def sample(key: jax.Array) -> jax.Array:
        return 2 * jax.random.normal(key, (2 + agents * agents,))

    points = 50 * trial.effort
    at_random = jax.jit(lambda key: jax.vmap(slack)(jax.vmap(sample)(jax.random.split(key, points))))
    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=40, polish=2)
    return bound(at_random(trial.key), tolerance=1e-12, falsified=found)


def e05_risk_above_one_is_not_enough() -> Evidence:
    """Where R > 1, errors persist: after 120 steps at R = 2 the share of agents in error is that of the mean field."""
    steps = 120
    chains = (
        _complete_chain(AGENTS, 2 * DELTA / (AGENTS - 1), DELTA, AGENTS, steps),
        _star_chain(AGENTS, 2 * DELTA / (AGENTS - 1) ** 0.5, DELTA, (1, AGENTS - 1), steps),
    )

    def field(graph: jax.Array) -> jax.Array:
        return cascade(jnp.ones(AGENTS), graph, 2 * DELTA / spectral_radius(graph), DELTA, 2000)[-1].mean()

    fields = jax.jit(lambda: jax.vmap(field)(jnp.stack([complete(AGENTS), star(AGENTS)])))()
    dense, sparse = (
        identity(share, chain[-1], rtol=0.05) for share, chain in zip(np.asarray(fields), chains, strict=True)
    )
    return holds_if("the graph is dense: complete, all agents in error at first", with_it=dense, without_it=sparse)


def e06_risk_below_one_allows_a_burst() -> Evidence:
    """Where R < 1, the mean number of errors falls from the first step on.

    A reading of the criterion as one for early stages; the paper's own wording of it was not read.
    """
    risk = 0.9
    beta = risk * DELTA / (AGENTS - 1) ** 0.5
    path = AGENTS * _star_chain(AGENTS, beta, DELTA, (1, 0), 3)
    exact = 1 - DELTA + beta * (AGENTS - 1)  # of one error, at the hub
    claim = bound(np.array([path[0] - path[1]]), tolerance=1e-12)
    words = f"one error at the hub of a star of {AGENTS}, R = {risk:g}: after one step {exact:.3f} in the mean"
    return combine(identity(exact, float(path[1]), rtol=1e-12), refuted(words, claim))


def e07_pipelines_have_no_risk_but_break() -> Evidence:
    """Where R = 0, an error at one agent leaves an agent far away undisturbed.

    The same reading. On a graph without cycles λ_1 = 0, however long and certain its paths are.
    """
    pipeline, first = np.eye(AGENTS, k=-1), np.eye(AGENTS)[0]  # agent i hears agent i - 1

    @jax.jit
    def spread() -> tuple[jax.Array, jax.Array]:
        after = cascade(first, pipeline, 1.0, DELTA, AGENTS - 1)[-1]
        return reproduction_number(pipeline, 1.0, DELTA), after[-1]

    number, last = map(float, spread())  # the last agent hears of it for certain, in the last step
    claim = bound(np.array([0.5 - last]), tolerance=0.0)
    words = f"a pipeline of {AGENTS}, β = 1, R = {number:g}: the last agent is in error with chance {last:g}"
    return combine(identity(0.0, number, rtol=0), refuted(words, claim))


def e08_hub_against_leaf(trial: Trial) -> Evidence:
    """Handed on once, an error at the hub of a star reaches 1 + (n-1)β agents, one at a leaf 1 + β + (n-2)β²."""
    replicas, betas = 4000, np.linspace(0.1, 0.9, 3 * trial.effort)
    hub_and_leaf = np.arange(2)

    @jax.jit
    def caught(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(agent: jax.Array, key: jax.Array, beta: jax.Array) -> tuple[jax.Array, jax.Array]:
            seeds = jnp.arange(AGENTS) == agent
            size = simulate_cascade(key, star(AGENTS), seeds, beta, 3, replicas, single_chance).ever[-1].sum(0)
            return size.mean(), size.std(ddof=1) / replicas**0.5

        def of_agent(agent: jax.Array) -> tuple[jax.Array, jax.Array]:
            keys = jax.random.split(jax.random.fold_in(key, agent), len(betas))
            return jax.lax.map(lambda case: one(agent, *case), (keys, betas))

        return jax.lax.map(of_agent, hub_and_leaf)

    exact = (1 + (AGENTS - 1) * betas, 1 + betas + (AGENTS - 2) * betas**2)
    both = zip(*map(np.asarray, caught(trial.key)), exact, strict=True)
    return combine(*(law(found, formula, error, family_error=5e-4) for found, error, formula in both))


def e09_simulation_matches_the_chains(trial: Trial) -> Evidence:
    """Simulated cascades on a star and a complete graph die as often as their exact Markov chains say."""
    replicas, agents, steps = 2000, 8, 20
    betas = np.linspace(0.03, 0.12, 3 * trial.effort)

    @jax.jit
    def deaths(key: jax.Array) -> jax.Array:
        def one(graph: jax.Array, key: jax.Array, beta: jax.Array) -> jax.Array:
            first = jnp.arange(agents) == 0
            states = simulate_cascade(key, graph, first, beta, steps, replicas, recurring(DELTA))
            return jnp.sum(~states.errors[-1].any(0))

        def on_graph(case: tuple[jax.Array, jax.Array]) -> jax.Array:
            place, graph = case
            keys = jax.random.split(jax.random.fold_in(key, place), len(betas))
            return jax.lax.map(lambda case: one(graph, *case), (keys, betas))

        return jax.lax.map(on_graph, (jnp.arange(2), jnp.stack([complete(agents), star(agents)])))

    checks = []
    for counts, chain in zip(np.asarray(deaths(trial.key)), (_complete_dies, _star_dies), strict=True):
        exact = np.array([chain(agents, beta, DELTA, steps) for beta in betas])
        checks.append(law_counts(counts, replicas, exact, family_error=5e-4))
    return combine(*checks)


def e10_ring_needs_more(trial: Trial) -> Evidence:
    """On a ring of 60 at R = 2 fewer than one agent in five is in error after 120 steps; the mean field says half."""
    replicas = 100 * trial.effort
    beta = 2 * DELTA / 2

    @jax.jit
    def shares(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        everybody, rule = jnp.ones(AGENTS, bool), recurring(DELTA)
        states = simulate_cascade(key, ring(AGENTS), everybody, beta, 120, replicas, rule)
        return states.errors[-1].mean(0), cascade(jnp.ones(AGENTS), ring(AGENTS), beta, DELTA, 2000)[-1].mean()

    share, field = map(np.asarray, shares(trial.key))
    highest = share.mean() + stats.norm.isf(5e-4) * share.std(ddof=1) / replicas**0.5
    return combine(bound(np.array([0.2 - highest]), tolerance=0.0), identity(0.5, field, rtol=0, atol=0.03))


def _errors_by_enumeration(graph: jax.Array, beta, delta, seeds: jax.Array, steps: int) -> jax.Array:
    """The mean number of errors after some steps, from the law over all configurations."""
    agents = graph.shape[0]
    states = np.array(list(itertools.product([0.0, 1.0], repeat=agents)))
    spared = jnp.prod(1 - beta * graph[None] * states[:, None, :], axis=2)
    wrong = jnp.where(states > 0, 1 - delta, 1 - spared)  # (now, agent)
    chance = jnp.prod(jnp.where(states[None] > 0, wrong[:, None], 1 - wrong[:, None]), axis=2)
    start = jnp.prod(states == seeds[None], axis=1) * 1.0
    return jax.lax.scan(lambda law, _: (law @ chance, None), start, length=steps)[0] @ states.sum(1)


def _complete_law(agents: int, beta: float, delta: float, start: int, steps: int) -> np.ndarray:
    """(steps + 1, agents + 1): chances of each number of errors on a complete graph."""
    chance = np.zeros((agents + 1, agents + 1))
    for now in range(agents + 1):
        kept = stats.binom.pmf(np.arange(now + 1), now, 1 - delta)
        caught = stats.binom.pmf(np.arange(agents - now + 1), agents - now, 1 - (1 - beta) ** now)
        chance[now] = np.convolve(kept, caught)
    path = [np.eye(agents + 1)[start]]
    for _ in range(steps):
        path.append(path[-1] @ chance)
    return np.stack(path)


def _star_law(agents: int, beta: float, delta: float, start: tuple[int, int], steps: int) -> np.ndarray:
    """(steps + 1, 2, agents): chances of the hub's state and the number of leaves in error."""
    leaves = agents - 1
    chance = np.zeros((2, agents, 2, agents))
    for hub, now in itertools.product(range(2), range(agents)):
        kept = stats.binom.pmf(np.arange(now + 1), now, 1 - delta)
        caught = stats.binom.pmf(np.arange(leaves - now + 1), leaves - now, beta * hub)
        wrong = 1 - delta if hub else 1 - (1 - beta) ** now
        chance[hub, now] = np.outer([1 - wrong, wrong], np.convolve(kept, caught))
    path = [np.zeros((2, agents))]
    path[0][start] = 1
    for _ in range(steps):
        path.append(np.einsum("hl,hlgm->gm", path[-1], chance))
    return np.stack(path)


def _complete_chain(agents: int, beta: float, delta: float, start: int, steps: int) -> np.ndarray:
    """Mean share in error after each step."""
    return _complete_law(agents, beta, delta, start, steps) @ np.arange(agents + 1) / agents


def _star_chain(agents: int, beta: float, delta: float, start: tuple[int, int], steps: int) -> np.ndarray:
    """Mean share in error after each step."""
    path = _star_law(agents, beta, delta, start, steps)
    return (path.sum(1) @ np.arange(agents) + path[:, 1].sum(1)) / agents


def _complete_dies(agents: int, beta: float, delta: float, steps: int) -> float:
    """P(no errors are left) from one."""
    return float(_complete_law(agents, beta, delta, 1, steps)[-1, 0])


def _star_dies(agents: int, beta: float, delta: float, steps: int) -> float:
    """P(no errors are left) from one at the hub."""
    return float(_star_law(agents, beta, delta, (1, 0), steps)[-1, 0, 0])
