import jax
import jax.numpy as jnp
import numpy as np

from experiments.invisible_leash._bandits import sampled_ascent, support_change
from experiments.invisible_leash.claims import c02_what_is_not_sampled_can_grow
from theory.entropy.one_state import success_gradient


def test_the_counterexample_works():
    assert c02_what_is_not_sampled_can_grow().verdict == "refuted"


def test_the_support_is_counted():
    before, after = jnp.array([[0.5, 0.3, 0.0, 0.2]]), jnp.array([[0.9, 0.0, 0.1, 0.0]])
    change = support_change(before, after, jnp.array([[1.0, 1.0, 1.0, 0.0]]), 0.01)
    assert {name: float(share) for name, share in change.items()} == {"kept": 0.5, "lost": 0.5, "gained": 0.5}


def test_sampled_steps_follow_the_gradient_on_average():
    logits, right = jnp.array([0.5, 0.0, -0.5]), np.array([True, False, False])
    many = jnp.tile(logits, (4000, 1))
    ends = jax.jit(lambda key: sampled_ascent(key, many, jnp.array(right * 1.0), 8, 2, 1e-3))(jax.random.key(0))
    moved = np.log(np.asarray(ends[1])) - np.log(np.asarray(ends[0]))
    moved = (moved - moved.mean(1, keepdims=True)) / 1e-3
    step = success_gradient(logits, right) * 7 / 8  # the group's own mean costs 1/8
    error = moved.std(0, ddof=1) / np.sqrt(4000)
    assert np.all(np.abs(moved.mean(0) - step) < 4 * error + 1e-3)
