"""Bad input that a user of the entropy tools will sooner or later hand in: an error that says what, or the limit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.policies.advantages import batch_normalised, group_normalised
from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.contrast_halves import contrast_halves
from core.policies.interventions.entropy_advantage import entropy_advantage
from core.policies.interventions.entropy_balanced import entropy_balanced
from core.policies.interventions.interface import Context, masked_deviation, masked_mean, masked_quantile
from core.policies.interventions.kl_covariance import kl_covariance
from core.policies.interventions.one_of import one_of
from core.policies.interventions.outcome_bonus import outcome_bonus
from core.policies.interventions.reference_divergence import reference_divergence
from core.policies.interventions.steer import steer
from core.policies.interventions.tail_risk import tail_risk
from core.policies.interventions.tempered_targets import tempered_targets
from core.policies.interventions.top_entropy import top_entropy
from core.probes.tokens import token_stats
from tests.compiled import compiled


def test_logits_need_a_vocabulary():
    for bad in (jnp.asarray(1.0), jnp.zeros((3, 0))):
        with pytest.raises(ValueError, match="at least one token"):
            token_stats(bad, jnp.zeros(bad.shape[:-1], int))


def test_tokens_outside_the_vocabulary_are_refused_or_impossible():
    logits = jnp.zeros((2, 5))
    for bad in ([0, 5], [-1, 0]):
        with pytest.raises(ValueError, match="allowed is 0 to 4"):
            token_stats(logits, jnp.array(bad))
    traced = compiled(lambda tokens: token_stats(logits, tokens).log_prob)(jnp.array([0, 5]))
    np.testing.assert_array_equal(np.isneginf(traced), [False, True])


def test_a_group_of_one_has_no_halves():
    context = Context(jnp.asarray(0), 10, 4, 1, jax.random.key(0), ())
    with pytest.raises(ValueError, match="group size is 1; allowed are even"):
        contrast_halves().shape(None, None, context)


def test_equal_rewards_have_no_advantage():
    for rule in (compiled(group_normalised), compiled(batch_normalised)):
        for value in (0.0, 1.0):
            np.testing.assert_allclose(rule(np.full((3, 4), value)), 0, atol=1e-9)


def test_statistics_of_nothing_are_the_documented_limits():
    @compiled
    def statistics(values, mask):
        return masked_mean(values, mask), masked_deviation(values, mask), masked_quantile(values, mask, 0.5)

    np.testing.assert_array_equal(statistics(np.ones((2, 3)), np.zeros((2, 3))), [0, 0, np.inf])


@pytest.mark.parametrize(
    "build",
    [
        lambda: clip_batch(-1.0), lambda: clip_vocabulary(sides="left"), lambda: steer(0.0), lambda: top_entropy(0.0),
        lambda: clip_bounds(-0.1), lambda: clip_covariance(2.0), lambda: kl_covariance(-1.0), lambda: tail_risk(0.9),
        lambda: reference_divergence(kind="backward"), lambda: outcome_bonus(kind="all"),
        lambda: contrast_halves(2.0), lambda: tempered_targets(hot=0.5), lambda: entropy_advantage(cap=0.0),
        lambda: one_of([], jnp.asarray(0)), lambda: entropy_balanced(-1.0),
    ],
)  # fmt: skip
def test_the_door(build):
    with pytest.raises(ValueError, match="allowed"):
        build()
