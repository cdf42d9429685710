"""What "Dual-Head Knowledge Distillation" claims about two losses on one head, checked.

The theorem itself was not available: statements are re-derived for the symmetric regime, where the target class has
one logit and all others another, and the head's rows form a simplex ETF.
"""

import jax
import jax.numpy as jnp
import numpy as np

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
    student, teacher = 3 * jax.random.normal(trial.key, (2, 50 * trial.effort, CLASSES))
    cross_entropy = jax.jit(jax.grad(lambda z: jnp.sum(jax.nn.logsumexp(z, axis=1) - z[:, 0])))(student)
    binary = jax.jit(jax.grad(lambda z: jnp.sum(binary_divergence(z, teacher))))(student)
    sums = jnp.sum(jax.nn.sigmoid(student) - jax.nn.sigmoid(teacher), axis=1)
    return combine(identity(0.0, cross_entropy.sum(1), rtol=0, atol=1e-13),
                   identity(sums, binary.sum(1), rtol=1e-10, atol=1e-12))  # fmt: skip


def c02_features_never_see_it(trial: Trial) -> Evidence:
    """Through a simplex ETF head, Wᵀ1 = 0, the all-ones part of a residual adds nothing to the features' gradient."""
    head = _head(trial.key)
    student, teacher = 3 * jax.random.normal(trial.key, (2, 50, CLASSES))
    residual = binary_residual(student, teacher)
    centred = residual - residual.mean(1, keepdims=True)
    return identity(residual @ head, centred @ head, rtol=0, atol=1e-13)


def c03_when_the_features_agree(trial: Trial) -> Evidence:
    """In the symmetric regime both losses agree on the features iff σ(a_s) - σ(b_s) < σ(a_t) - σ(b_t)."""
    a_s, b_s, a_t, b_t = _draws(trial)
    _, feature_products, _ = _gradients(trial, a_s, b_s, a_t, b_t)
    predicted = features_agree(a_s, b_s, a_t, b_t)
    return identity(np.asarray(predicted, float), (feature_products > 0).astype(float), rtol=0)


def c04_when_the_rows_agree(trial: Trial) -> Evidence:
    """A non-target row of the head is pulled the same way by both losses iff b_s > b_t."""
    a_s, b_s, a_t, b_t = _draws(trial)
    row_products, _, _ = _gradients(trial, a_s, b_s, a_t, b_t)
    return identity(np.asarray(head_rows_agree(b_s, b_t), float), (row_products > 0).astype(float), rtol=0)


def c05_conflict_of_the_whole_head_without_one_of_the_features(trial: Trial) -> Evidence:
    """The head's whole gradients can conflict, negative inner product, while those of the features agree."""
    _, feature_products, head_products = _gradients(trial, *_draws(trial))
    same = identity(1.0, np.mean(np.sign(feature_products) == np.sign(head_products)), rtol=0)
    opposite = identity(1.0, np.mean(np.sign(feature_products) != np.sign(head_products)), rtol=0)
    claim = refuted("the symmetric regime: both inner products have one sign at every draw", opposite)
    return combine(claim, same)


def _head(key: jax.Array) -> jax.Array:
    """Rows of a simplex ETF, turned at random, in CLASSES + 2 dimensions."""
    turn = jax.random.orthogonal(key, CLASSES + 2)[:CLASSES]
    return (jnp.eye(CLASSES) - 1 / CLASSES) @ turn


def _draws(trial: Trial) -> tuple[jax.Array, ...]:
    """Logits a, b of student and teacher, both right: a > b."""
    pairs = 3 * jax.random.normal(trial.key, (2, 2, 500 * trial.effort))
    a, b = pairs.max(1), pairs.min(1)
    return a[0], b[0], a[1], b[1]


def _gradients(trial: Trial, a_s, b_s, a_t, b_t) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products of both losses' gradients: in a non-target row, in the features, and in the whole head; by autodiff."""
    head = _head(trial.key)
    student, teacher = symmetric_logits(a_s, b_s, CLASSES), symmetric_logits(a_t, b_t, CLASSES)
    # features whose logits are the student's, up to a common offset that a bias carries
    features, offset = student @ head, (a_s + (CLASSES - 1) * b_s) / CLASSES

    def losses(head, feature, offset, teacher):
        logits = head @ feature + offset
        return jnp.stack([jax.nn.logsumexp(logits) - logits[0], binary_divergence(logits, teacher)])

    by_head, by_feature = jax.jit(jax.vmap(jax.jacrev(losses, (0, 1)), (None, 0, 0, 0)))(
        head, features, offset, teacher
    )
    whole = jnp.sum(by_head[:, 0] * by_head[:, 1], axis=(1, 2))
    row = jnp.sum(by_head[:, 0, 1] * by_head[:, 1, 1], axis=1)
    return tuple(map(np.asarray, (row, jnp.sum(by_feature[:, 0] * by_feature[:, 1], axis=1), whole)))
