"""Pairs of a chosen and a rejected answer, and the rewards that explain them best."""

import jax
import jax.numpy as jnp

from core.draws import normals


def random_policies(key: jax.Array, answers: int, spread: float = 1.0) -> tuple[jax.Array, jax.Array]:
    """Log-probabilities of a reference and of a target."""
    first, second = normals(jax.random.split(key), [(answers,)] * 2)
    return jax.nn.log_softmax(1.5 * first), jax.nn.log_softmax(1.5 * first + spread * second)


def sample_pairs(key: jax.Array, log_chosen: jax.Array, log_rejected: jax.Array, sizes: tuple[int, ...]) -> jax.Array:
    """Counts (sizes, answers, answers) of chosen against rejected, each among the first so many of the same pairs."""

    def sample(key: jax.Array, logits: jax.Array) -> jax.Array:
        return jax.random.categorical(key, logits, shape=(max(sizes),))

    chosen, rejected = jax.vmap(sample)(jax.random.split(key), jnp.stack([log_chosen, log_rejected]))
    counted = jnp.arange(max(sizes)) < jnp.array(sizes)[:, None]
    return jax.vmap(jnp.zeros((log_chosen.size,) * 2).at[chosen, rejected].add)(counted * 1.0)


def best_rewards(counts: jax.Array, sweeps: int = 40) -> jax.Array:
    """Rewards of mean 0 that minimise Σ n(y, y') log(1 + e^{r(y') - r(y)}), by damped Newton steps; n > 0 somewhere."""
    total = jnp.sum(counts)

    def loss(r):
        return jnp.sum(counts * jnp.logaddexp(0.0, r[None, :] - r[:, None])) / total

    def newton(_, r):
        slope, bend = jax.grad(loss)(r), jax.hessian(loss)(r)
        # constants are the null space; the tiny ridge keeps answers that no pair shows where they are
        step = jnp.linalg.solve(bend + jnp.ones_like(bend) / r.size + 1e-9 * jnp.eye(r.size), slope)
        return r - step * jnp.minimum(1.0, 2.0 / jnp.maximum(jnp.max(jnp.abs(step)), 1e-12))

    r = jax.lax.fori_loop(0, sweeps, newton, jnp.zeros(counts.shape[0]))
    return r - r.mean()
