"""What "Dual-Head Knowledge Distillation" claims about two losses on one head, checked.

The theorem itself was not available: statements are re-derived for the symmetric regime, where the target class has
one logit and all others another, and the head's rows form a simplex ETF.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.draws import normal
from core.verify.evidence import Evidence, combine, refuted
from core.verify.identity import identity
from core.verify.trial import Trial
from theory.collapse.distillation import (
    binary_divergence,
    binary_residual,
    features_agree,
    head_rows_agree,
    symmetric_logits,
)

CLASSES = 7


def c01_only_the_binary_residual_has_an_all_ones_part(trial: Trial) -> Evidence:
    """Cross-entropy's residual sums to zero; the binary divergence's sums to Σ σ(z_s) - σ(z_t)."""

    def residual_sums(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        student, teacher = 3 * normal(key, (2, 50 * trial.effort, CLASSES))
        cross_entropy = jax.grad(lambda z: jnp.sum(jax.nn.logsumexp(z, axis=1) - z[:, 0]))(student)
        binary = jax.grad(lambda z: jnp.sum(binary_divergence(z, teacher)))(student)
        expected = jnp.sum(jax.nn.sigmoid(student) - jax.nn.sigmoid(teacher), axis=1)
        return cross_entropy.sum(1), binary.sum(1), expected

    cross_entropy, binary, expected = jax.jit(residual_sums)(trial.key)
    return combine(identity(0.0, cross_entropy, rtol=0, atol=1e-13), identity(expected, binary, rtol=1e-10, atol=1e-12))


def c02_features_never_see_it(trial: Trial) -> Evidence:
    """Through a simplex ETF head, Wᵀ1 = 0, the all-ones part of a residual adds nothing to the features' gradient."""

    def slopes(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        student, teacher = 3 * normal(key, (2, 50, CLASSES))
        residual, head = binary_residual(student, teacher), _head(key)
        return residual @ head, (residual - residual.mean(1, keepdims=True)) @ head

    whole, centred = jax.jit(slopes)(trial.key)
    return identity(whole, centred, rtol=0, atol=1e-13)


def c03_when_the_features_agree(trial: Trial) -> Evidence:
    """In the symmetric regime both losses agree on the features iff σ(a_s) - σ(b_s) < σ(a_t) - σ(b_t)."""
    found = _gradients(trial.key, 500 * trial.effort)
    return identity(found.features_agree, (found.features > 0).astype(float), rtol=0)


def c04_when_the_rows_agree(trial: Trial) -> Evidence:
    """A non-target row of the head is pulled the same way by both losses iff b_s > b_t."""
    found = _gradients(trial.key, 500 * trial.effort)
    return identity(found.rows_agree, (found.row > 0).astype(float), rtol=0)


def c05_conflict_of_the_whole_head_without_one_of_the_features(trial: Trial) -> Evidence:
    """The head's whole gradients can conflict, negative inner product, while those of the features agree."""
    found = _gradients(trial.key, 500 * trial.effort)
    alike = np.mean(np.sign(found.features) == np.sign(found.head))
    same, opposite = identity(1.0, alike, rtol=0), identity(1.0, 1 - alike, rtol=0)
    claim = refuted("the symmetric regime: both inner products have one sign at every draw", opposite)
    return combine(claim, same)


def _head(key: jax.Array) -> jax.Array:
    """Rows of a simplex ETF, turned at random, in CLASSES + 2 dimensions."""
    turn = jax.random.orthogonal(key, CLASSES + 2)[:CLASSES]
    return (jnp.eye(CLASSES) - 1 / CLASSES) @ turn


class Products(NamedTuple):
    """Inner products of both losses' gradients at each draw, and what is said of their signs."""

    row: np.ndarray  # in a non-target row of the head
    features: np.ndarray
    head: np.ndarray  # the whole of it
    rows_agree: np.ndarray  # 1.0 or 0.0
    features_agree: np.ndarray


def _gradients(key: jax.Array, draws: int) -> Products:
    return jax.device_get(_products(key, draws))


@partial(jax.jit, static_argnums=1)
def _products(key: jax.Array, draws: int) -> Products:
    """By autodiff; logits a, b of student and teacher are both right: a > b."""
    pairs, head = 3 * normal(key, (2, 2, draws)), _head(key)
    (a_s, a_t), (b_s, b_t) = pairs.max(1), pairs.min(1)
    student, teacher = symmetric_logits(a_s, b_s, CLASSES), symmetric_logits(a_t, b_t, CLASSES)
    # features whose logits are the student's, up to a common offset that a bias carries
    features, offset = student @ head, (a_s + (CLASSES - 1) * b_s) / CLASSES

    def losses(head, feature, offset, teacher):
        logits = head @ feature + offset
        return jnp.stack([jax.nn.logsumexp(logits) - logits[0], binary_divergence(logits, teacher)])

    by_head, by_feature = jax.vmap(jax.jacrev(losses, (0, 1)), (None, 0, 0, 0))(head, features, offset, teacher)
    agree = head_rows_agree(b_s, b_t), features_agree(a_s, b_s, a_t, b_t)
    return Products(
        jnp.sum(by_head[:, 0, 1] * by_head[:, 1, 1], axis=1),
        jnp.sum(by_feature[:, 0] * by_feature[:, 1], axis=1),
        jnp.sum(by_head[:, 0] * by_head[:, 1], axis=(1, 2)),
        *(law.astype(float) for law in agree),
    )
