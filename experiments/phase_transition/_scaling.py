"""The critical region in one variable: what depth makes of a distance α - 1 to the transition that shrinks with it."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


def scaling_function(
    scaled_excess: Float[ArrayLike, "*#batch"], scaled_leaf: Float[ArrayLike, "*#batch"] = jnp.inf
) -> Float[Array, "*#batch"]:
    """The limit of μ_L √(2cL) as L → ∞ with z = (α-1)L and y = μ_0 √(2cL) held fixed.

    Over many levels μ' = (α-1)μ - cμ³. In μ⁻² that is linear, so that with μ_L √(2cL) = F

        F⁻² = e^{-2z} y⁻² + (1 - e^{-2z})/(2z).

    From strong leaves, y = ∞, F(0) = 1 is the critical decay, F ~ √(2z) the ceiling √((α-1)/c) above the transition,
    and F ~ √(2|z|) e^{-|z|} the exponential decay below it.
    """
    z = jnp.asarray(scaled_excess)
    near = jnp.abs(z) < 1e-6  # (1 - e^{-2z})/(2z) = 1 - z + O(z²)
    spent = jnp.where(near, 1 - z, -jnp.expm1(-2 * z) / jnp.where(near, 1, 2 * z))
    return 1 / jnp.sqrt(jnp.exp(-2 * z) / jnp.asarray(scaled_leaf) ** 2 + spent)
