"""The installed JAX computes what NumPy computes, on the operation that jax 0.10.2 got wrong (jax-ml/jax#39103)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.mark.parametrize(("rows", "dtype"), [(16385, np.float64), (20000, np.float64), (32769, np.float32)])
def test_vmapped_matrix_row_square_sum_matches_numpy(rows, dtype):
    rng = np.random.default_rng(0)
    x, matrix = rng.normal(size=(rows, 3)).astype(dtype), rng.normal(size=(3, 3)).astype(dtype)
    jitted = jax.jit(jax.vmap(lambda row: jnp.sum((matrix @ row) ** 2)))(x)
    np.testing.assert_allclose(jitted, ((x @ matrix.T) ** 2).sum(1), rtol=100 * np.finfo(dtype).eps)
