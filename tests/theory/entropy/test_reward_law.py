import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import reward_law
from theory.entropy.reward_law import ExponentialLaw

fit_law = compiled(reward_law.fit_law)
law_reward = compiled(reward_law.law_reward)
parent_entropy = compiled(reward_law.parent_entropy)


def test_the_parent_curve_is_the_entropy_of_its_softmax():
    for answers in (2, 5, 50):
        p = 0.7
        row = np.full(answers, (1 - p) / (answers - 1))
        row[0] = p
        np.testing.assert_allclose(parent_entropy(p, answers), -np.sum(row * np.log(row)), rtol=1e-14)
    assert float(parent_entropy(1.0, 5)) == 0.0


def test_the_fit_recovers_and_is_least_squares():
    law = ExponentialLaw(np.array(0.2), np.array(1.1), np.array(1.0))
    h = np.linspace(0, 1.5, 40)
    exact = fit_law(h, law_reward(law, h))
    np.testing.assert_allclose(exact, [0.2, 1.1, 1.0], rtol=1e-12)
    noisy = law_reward(law, h) + 0.1 * np.random.default_rng(0).normal(size=40)
    found = fit_law(h, noisy)
    design = np.stack([-np.exp(h), np.ones(40)], 1)
    np.testing.assert_allclose(found[:2], np.linalg.lstsq(design, np.asarray(noisy), rcond=None)[0], rtol=1e-10)


def test_how_good_a_chord_it_is():
    """With five answers from p = 1/2 the law misses nothing; with a hundred it is visibly another curve."""
    p = np.linspace(0.5, 0.999, 400)
    assert fit_law(parent_entropy(p, 5), p).r2 > 0.9995
    p = np.linspace(0.3, 0.999, 400)
    assert fit_law(parent_entropy(p, 100), p).r2 < 0.95


def test_the_door():
    with pytest.raises(ValueError, match="success"):
        reward_law.parent_entropy(1.2, 5)
