"""The mean over tokens and the rest: how attention, gradients and residual branches treat each.

With J = 11ᵀ/T and P = I - J acting on the token axis, every X of shape (T, d) splits into JX and PX. A row-stochastic A
has AJ = J, so that P A X = (P A P)(P X): a mean passes untouched and the rest is multiplied by PAP. The gradient of a
layer that writes z_t = W y_t splits as well, into a coherent part that grows like T and a centred one, like √T.

Source: arXiv 2605.06169.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


class Split(NamedTuple):
    """Two matrices that sum to the whole.

    Attributes:
        mean: what the mean over tokens carries.
        centred: what the deviations from it carry.
    """

    mean: Float[Array, "*batch m n"]
    centred: Float[Array, "*batch m n"]


def token_split(x: Float[ArrayLike, "*batch T d"]) -> Split:
    """JX and PX.

    >>> token_split(jnp.array([[1.0], [3.0]])).centred.ravel().tolist()
    [-1.0, 1.0]
    """
    whole = jnp.asarray(x)
    mean = jnp.broadcast_to(jnp.mean(whole, axis=-2, keepdims=True), whole.shape)
    return Split(mean, whole - mean)


def writer_gradient_split(errors: Float[ArrayLike, "T out"], inputs: Float[ArrayLike, "T into"]) -> Split:
    """∇W = Σ δ_t y_tᵀ = T δ̄ ȳᵀ + Σ (δ_t - δ̄)(y_t - ȳ)ᵀ.

    Args:
        errors: δ_t, the loss's derivative in what the layer writes at token t.
        inputs: y_t, what the layer reads.

    >>> tokens = jnp.array([[1.0], [3.0]])
    >>> [part.tolist() for part in writer_gradient_split(tokens, tokens)]  # of 1 + 9
    [[[8.0]], [[2.0]]]
    """
    delta, y = token_split(errors), token_split(inputs)
    return Split(delta.mean.T @ y.mean, delta.centred.T @ y.centred)


def expected_gradient_energy(
    tokens: Float[ArrayLike, "*#n"],
    error_mean: Float[ArrayLike, "*#n"],
    error_spread: Float[ArrayLike, "*#n"],
    input_mean: Float[ArrayLike, "*#n"],
    input_spread: Float[ArrayLike, "*#n"],
) -> tuple[Float[Array, "*n"], Float[Array, "*n"]]:
    """E‖·‖_F² of the coherent and the centred part when all δ_t = μ + ε_t and y_t = ν + η_t are independent.

    (T|μ|² + s_δ²)(T|ν|² + s_y²) and (T - 1) s_δ² s_y².

    Args:
        tokens: T.
        error_mean: |μ|.
        error_spread: s_δ = √E|ε|².
        input_mean: |ν|.
        input_spread: s_y = √E|η|².

    >>> [float(x) for x in expected_gradient_energy(4.0, 1.0, 1.0, 1.0, 1.0)]
    [25.0, 3.0]
    """
    T = within("tokens", tokens, 1)
    error, read = jnp.asarray(error_spread) ** 2, jnp.asarray(input_spread) ** 2
    coherent = (T * jnp.asarray(error_mean) ** 2 + error) * (T * jnp.asarray(input_mean) ** 2 + read)
    return coherent, (T - 1) * error * read


def centred_gain(attention: Float[Array, "*batch T T"]) -> Float[Array, "*batch"]:
    """‖PAP‖₂: the largest factor by which attention multiplies the norm of the centred part.

    At most 1 for a doubly stochastic A; for a row-stochastic A it can reach √(T/2), when half of the tokens look at
    one token and half at another.

    >>> print(f"{centred_gain(jnp.eye(2)):.4f} {centred_gain(jnp.full((2, 2), 0.5)):.4f}")  # to itself, to all alike
    1.0000 0.0000
    """
    kept = token_split(attention).centred
    kept = kept - jnp.mean(kept, axis=-1, keepdims=True)
    return jnp.linalg.norm(kept, 2, axis=(-2, -1))


def dobrushin(attention: Float[Array, "T T"]) -> Float[Array, ""]:
    """max_ij |A_i - A_j|₁ / 2 <= 1: the factor by which attention shrinks max_t x_t - min_t x_t at least.

    >>> float(dobrushin(jnp.array([[0.75, 0.25], [0.25, 0.75]])))
    0.5
    """
    return jnp.max(jnp.sum(jnp.abs(attention[:, None] - attention[None]), axis=-1)) / 2


def logit_gradient(
    attention: Float[Array, "T T"], values: Float[Array, "T d"], upstream: Float[Array, "T d"]
) -> Float[Array, "T T"]:
    """∂L/∂z_ij = a_ij g_i·(v_j - Σ_k a_ik v_k), for logits z, Y = A V and g = ∂L/∂Y.

    The softmax Jacobian diag(a) - aaᵀ kills constants and has norm at most 1/2, so only the centred values count:
    ‖·‖_F <= ‖PV‖₂ ‖G‖_F / 2.

    >>> values = jnp.array([[1.0], [3.0]])
    >>> logit_gradient(jnp.full((2, 2), 0.5), values, jnp.ones((2, 1))).tolist()  # ±1 from the mean, halved
    [[-0.5, 0.5], [-0.5, 0.5]]
    """
    reach = upstream @ values.T
    return attention * (reach - jnp.sum(attention * reach, axis=-1, keepdims=True))


def split_residual(
    stream: Float[Array, "*batch T d"],
    branch: Float[Array, "*batch T d"],
    mean_gain: Float[ArrayLike, ""],
    centred_gain: Float[ArrayLike, ""],
) -> Float[Array, "*batch T d"]:
    """MV-Split: Z = X + β P F + α J (F - X), so JZ = (1-α) JX + α JF and PZ = PX + β PF.

    Backwards, ∂L/∂F = β P G + α J G and ∂L/∂X = P G + (1-α) J G, G = ∂L/∂Z.

    Args:
        stream: X.
        branch: F, what a block wants to add.
        mean_gain: α, the leak; at 0 no block can move the mean.
        centred_gain: β.

    >>> stream, branch = jnp.array([[1.0], [3.0]]), jnp.array([[10.0], [20.0]])
    >>> split_residual(stream, branch, 0.0, 1.0).ravel().tolist()  # the mean stays 2
    [-4.0, 8.0]
    """
    x, f = token_split(stream), token_split(branch)
    alpha, beta = jnp.asarray(mean_gain), jnp.asarray(centred_gain)
    return x.mean + alpha * (f.mean - x.mean) + x.centred + beta * f.centred


def token_cosine(x: Float[ArrayLike, "*batch T d"]) -> Float[Array, "*batch"]:
    """Mean cosine of two different tokens.

    >>> float(token_cosine(jnp.eye(2))), float(token_cosine(jnp.array([[1.0, 0.0], [3.0, 0.0]])))
    (0.0, 1.0)
    """
    whole = jnp.asarray(x)
    unit = whole / jnp.linalg.norm(whole, axis=-1, keepdims=True)
    tokens = unit.shape[-2]
    return (jnp.sum(jnp.sum(unit, axis=-2) ** 2, axis=-1) - tokens) / (tokens * (tokens - 1))
