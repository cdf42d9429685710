"""What this machine can do at most: random words, exponentials, copied bytes, products. Each does the work and no more.

Every function gives a `Limit` whose one call does so many units of its resource, in JAX, on all cores that XLA uses.
"""

import jax
import jax.numpy as jnp

from core.probes.power_of_two import power_of_two
from core.trees.threefry import threefry_block
from launch.measure import Limit

BLOCK, CACHED = 2**16, 2**14  # what stays in a core's second cache, and nearly in its first


def random_words(count: float, name: str = "random words") -> Limit:
    """Threefry words, 32 bits each, summed and thrown away."""
    key = jax.random.key(0)

    @jax.jit
    def draw() -> jax.Array:
        def one(i: jax.Array) -> jax.Array:
            first, second = threefry_block(key, jnp.full(BLOCK, i, jnp.uint32), jax.lax.iota(jnp.uint32, BLOCK))
            return jnp.sum(first ^ second, dtype=jnp.uint32)

        pieces = max(1, round(count / (2 * BLOCK)))
        return jnp.sum(jax.lax.map(one, jnp.arange(pieces, dtype=jnp.uint32)), dtype=jnp.uint32)

    return Limit(name, lambda: draw().block_until_ready())


def normals(count: float) -> Limit:
    """Standard normals by address, one for each coordinate of a swarm, summed and thrown away."""
    from core.particles.normals import addressed_normals

    @jax.jit
    def draw() -> jax.Array:
        def one(key: jax.Array) -> jax.Array:
            numbers = addressed_normals(key, 2, jax.lax.iota(jnp.uint32, BLOCK // 2))
            return jnp.sum(numbers.reshape(-1, 64), axis=0)

        return jax.lax.map(one, jax.random.split(jax.random.key(0), max(1, round(count / BLOCK))))

    return Limit("normals", lambda: draw().block_until_ready())


def exponentials(count: float) -> Limit:
    """So many float32 powers of two, made from numbers in the cache and added to sums in the cache."""
    numbers = jnp.linspace(-20.0, 0.0, CACHED, dtype=jnp.float32)

    @jax.jit
    def total() -> jax.Array:
        def one(sums: jax.Array, shift: jax.Array) -> tuple[jax.Array, None]:
            return sums + power_of_two(numbers - shift), None

        shifts = jnp.linspace(0.0, 1.0, max(1, round(count / CACHED)), dtype=jnp.float32)
        return jax.lax.scan(one, jnp.zeros_like(numbers), shifts)[0]

    return Limit("exponentials", lambda: total().block_until_ready())


def copies(floats: float) -> Limit:
    """Float32 numbers read from memory and written again."""
    x = jnp.zeros(int(floats), jnp.float32)
    scale = jax.jit(lambda x: x * 1.5)
    return Limit("copying", lambda: scale(x).block_until_ready())


def products(count: float, inner: int) -> Limit:
    """Inner products of rows of float32 numbers, so many, as products of matrices of a thousand rows."""
    side = int(min(1024, count**0.5))
    rows = jnp.ones((side, inner), jnp.float32)
    multiply = jax.jit(lambda left, right: jnp.matmul(left, right.T, precision=jax.lax.Precision.HIGHEST))

    def run() -> None:
        for _ in range(max(1, round(count / side**2))):
            multiply(rows, rows).block_until_ready()

    return Limit("the matrix product", run)
