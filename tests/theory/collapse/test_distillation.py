import jax
import numpy as np

from tests.compiled import compiled
from theory.collapse import distillation

binary_divergence = compiled(distillation.binary_divergence)
binary_residual = compiled(distillation.binary_residual)
features_agree = compiled(distillation.features_agree)
head_rows_agree = compiled(distillation.head_rows_agree)
label_residual = compiled(distillation.label_residual)
symmetric_logits = compiled(distillation.symmetric_logits)


def test_residuals_are_the_gradients_of_their_losses():
    student, teacher = np.random.default_rng(0).normal(size=(2, 7))
    student, teacher = jax.numpy.asarray(3 * student), jax.numpy.asarray(3 * teacher)
    np.testing.assert_allclose(
        compiled(jax.grad(binary_divergence))(student, teacher), binary_residual(student, teacher), atol=1e-13
    )
    cross_entropy = compiled(jax.grad(lambda z: jax.nn.logsumexp(z) - z[2]))(student)
    np.testing.assert_allclose(label_residual(student, 2), cross_entropy, atol=1e-14)
    assert abs(float(label_residual(student, 2).sum())) < 1e-14
    assert abs(float(binary_residual(student, teacher).sum())) > 1e-2


def test_divergence_is_zero_at_the_teacher_and_finite_far_away():
    logits = jax.numpy.asarray([-800.0, 0.0, 800.0])
    assert float(binary_divergence(logits, logits)) == 0
    assert np.isfinite(float(binary_divergence(-logits, logits)))


def test_agreement_is_the_sign_of_the_inner_products_through_an_etf_head():
    classes, rng = 5, np.random.default_rng(1)
    head = np.eye(classes) - 1 / classes
    a_s, b_s, a_t, b_t = rng.normal(size=(4, 500)) * 3
    student, teacher = symmetric_logits(a_s, b_s, classes), symmetric_logits(a_t, b_t, classes)
    label, binary = label_residual(student, np.zeros(500, int)), binary_residual(student, teacher)
    inner = np.sum((np.asarray(label) @ head) * (np.asarray(binary) @ head), axis=1)
    assert np.array_equal(inner > 0, features_agree(a_s, b_s, a_t, b_t))
    rows = np.asarray(label)[:, 1] * np.asarray(binary)[:, 1]
    assert np.array_equal(rows > 0, head_rows_agree(b_s, b_t))
