"""What the paper, or its published script, has wrong stays wrong: each counterexample by a route of its own."""

import numpy as np


def cross_entropy_of(code, scale, per_class, decay, depth):
    """Loss and least penalty of logits scale * code, each class copied."""
    logits = scale * code
    loss = np.mean(np.log(np.exp(logits - np.diag(logits)[None, :]).sum(0)))
    singular = np.linalg.svd(np.kron(logits, np.ones((1, per_class))), compute_uv=False)
    # `depth` layers and the features share each singular value: λ/2 (depth + 1) s^(2/(depth + 1))
    return loss + decay / 2 * (depth + 1) * np.sum(singular[singular > 1e-9] ** (2 / (depth + 1)))


def test_another_code_costs_less_than_the_simplex_for_two_layers_and_six_classes():
    simplex = np.eye(6) - 1 / 6
    pairs = np.kron(np.eye(3), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    scales = np.geomspace(0.5, 30, 400)
    for depth, wins in ((1, False), (2, True), (3, True)):
        best = [min(cross_entropy_of(code, s, 5, 5e-3, depth) for s in scales) for code in (pairs, simplex)]
        assert (best[0] < best[1]) == wins


def test_the_largest_root_can_cost_more_than_a_dead_class():
    load = 0.6  # for two layers the threshold is 1/2, the spinodal 0.6495
    x = max(root.real for root in np.roots([load, 0, 2 * load, -2, load]) if abs(root.imag) < 1e-9)
    assert 1 / (1 + x**2) + load * x > 1


def test_with_one_layer_the_longest_mean_is_not_that_of_the_smallest_class():
    sizes = np.array([1.5, 4.0, 20.0])  # over the load b
    energy = 1 / np.sqrt(sizes) - 1 / sizes
    assert np.argmax(energy) == 1
