import jax
import jax.numpy as jnp

from theory.entropy.clipping import change_by_clipping
from theory.entropy.softmax import covariance, softmax_row
from theory.entropy.tail_risk import lower_tail, tail_advantage


def test_the_tail_advantage_costs_more_entropy_where_likely_answers_pay_more():
    logits, rewards = jnp.array([0.0, 0.2, 0.4, 0.6]), jnp.array([-3.0, 0.0, 0.1, 0.2])
    p = jax.nn.softmax(logits)
    adv = tail_advantage(rewards, lower_tail(p, rewards, 0.2)[1], lower_tail(p, rewards, 0.8)[1])
    log_prob = softmax_row(logits).shifted
    assert covariance(logits, log_prob, adv) > covariance(logits, log_prob, rewards)


def test_clipping_below_can_lower_the_entropy_of_a_single_state():
    """A frequent token whose probability has fallen: clipping protects it, and the policy sharpens."""
    old = jnp.log(jnp.array([0.8, 0.1, 0.1]))
    new = jnp.log(jnp.array([0.6, 0.2, 0.2]))
    lower, _ = change_by_clipping(new, old, 0.1, 10.0, 1.0)
    assert lower < 0
