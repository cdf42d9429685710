"""Two losses for one student, gradient against gradient: cross-entropy on labels, a binary KL to a teacher's logits.

Cross-entropy's residual at the logits, softmax(z) - y, sums to zero. That of the binary KL, σ(z^s) - σ(z^t), does not.
Class means that form a simplex ETF, Wᵀ 1 = 0, never pass an all-ones residual on to the features.

Source: derived here, for the losses of arXiv 2411.08937.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Real


def binary_divergence(student: Float[Array, "*batch K"], teacher: Float[Array, "*batch K"]) -> Float[Array, "*batch"]:
    """Σ_k KL(σ(z_k^t) ‖ σ(z_k^s)), by logits, stable for large ones.

    >>> teacher = jnp.log(jnp.array([3.0, 1 / 3]))
    >>> print(f"{jax.jit(binary_divergence)(jnp.zeros(2), teacher):.4f}")  # twice log 2 - h(1/4)
    0.2616
    """
    truth = jax.nn.sigmoid(teacher)
    to_one = jax.nn.log_sigmoid(teacher) - jax.nn.log_sigmoid(student)
    to_zero = jax.nn.log_sigmoid(-teacher) - jax.nn.log_sigmoid(-student)
    return jnp.sum(truth * to_one + (1 - truth) * to_zero, axis=-1)


def binary_residual(student: Float[Array, "*batch K"], teacher: Float[Array, "*batch K"]) -> Float[Array, "*batch K"]:
    """Gradient of `binary_divergence` in the student's logits: σ(z^s) - σ(z^t).

    >>> binary_residual(jnp.zeros(2), jnp.log(jnp.array([3.0, 3.0]))).round(4).tolist()  # 1/2 - 3/4: of sum -1/2
    [-0.25, -0.25]
    """
    return jax.nn.sigmoid(student) - jax.nn.sigmoid(teacher)


def label_residual(student: Float[Array, "*batch K"], label: Int[ArrayLike, "*batch"]) -> Float[Array, "*batch K"]:
    """Gradient of cross-entropy in the logits: softmax(z) - y, of sum zero.

    >>> label_residual(jnp.zeros(2), 0).tolist()
    [-0.5, 0.5]
    """
    return jax.nn.softmax(student) - jax.nn.one_hot(label, student.shape[-1])


def symmetric_logits(
    target: Real[ArrayLike, "*#batch"], others: Real[ArrayLike, "*#batch"], classes: int
) -> Float[Array, "*#batch K"]:
    """Logits that are a for class 0 and b for every other one.

    >>> symmetric_logits(2.0, -1.0, 3).tolist()
    [2.0, -1.0, -1.0]
    """
    target, others = jnp.broadcast_arrays(jnp.asarray(target) * 1.0, jnp.asarray(others) * 1.0)
    return jnp.where(jnp.arange(classes) == 0, target[..., None], others[..., None])


def features_agree(
    student_target: Real[ArrayLike, "*#batch"],
    student_others: Real[ArrayLike, "*#batch"],
    teacher_target: Real[ArrayLike, "*#batch"],
    teacher_others: Real[ArrayLike, "*#batch"],
) -> Bool[Array, "*#batch"]:
    """Whether both losses push the features the same way, in the symmetric regime with an ETF head.

    σ(a_s) - σ(b_s) < σ(a_t) - σ(b_t): the all-ones component of the binary residual is lost on the way through Wᵀ,
    and what remains is a multiple of e_0 - 1/K, as cross-entropy's residual is.

    >>> [bool(features_agree(margin, -margin, 2.0, -2.0)) for margin in (1.0, 3.0)]  # short of the teacher, beyond it
    [True, False]
    """
    sigmoid = jax.nn.sigmoid
    margin_student = sigmoid(jnp.asarray(student_target) * 1.0) - sigmoid(jnp.asarray(student_others) * 1.0)
    margin_teacher = sigmoid(jnp.asarray(teacher_target) * 1.0) - sigmoid(jnp.asarray(teacher_others) * 1.0)
    return margin_student < margin_teacher


def head_rows_agree(
    student_others: Real[ArrayLike, "*#batch"], teacher_others: Real[ArrayLike, "*#batch"]
) -> Bool[Array, "*#batch"]:
    """Whether both losses move the head's non-target rows the same way: σ(b_s) > σ(b_t), that is b_s > b_t.

    Row j of the head's gradient is the residual's entry j times the feature; cross-entropy's entry is p_j > 0.

    >>> [bool(head_rows_agree(others, -2.0)) for others in (-1.0, -3.0)]
    [True, False]
    """
    return jnp.asarray(student_others) > jnp.asarray(teacher_others)
