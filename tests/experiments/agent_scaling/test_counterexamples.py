"""What the logistic law does not do."""

from experiments.agent_scaling.claims import m06_errors_without_a_fit, m07_more_agents_are_better


def test_below_the_transition_more_agents_are_worse():
    """b = 3, γ = 0.6, no correlation: f_3(x) = (3x - x³)/2 < x/0.6 for every x."""
    bias = 0.1
    for _ in range(3):
        heard = 0.6 * bias
        assert (3 * heard - heard**3) / 2 < bias
        bias = (3 * heard - heard**3) / 2
    assert m07_more_agents_are_better().verdict == "holds-if"


def test_without_noise_the_law_is_off_by_more():
    assert m06_errors_without_a_fit().verdict == "holds-if"
