import jax
import jax.numpy as jnp

from theory.entropy.estimators import full_estimate, own_logit_estimate
from theory.entropy.softmax import entropy, expected_discriminator, log_prob


def test_rewarding_the_rarer_of_two_tokens():
    """The truncated estimate of p = 0.3 against 0.7 is off by its whole missing term, and by more than half."""
    logits, token, adv = jnp.log(jnp.array([0.3, 0.7])), jnp.array(0), jnp.array(1.0)
    l, h = log_prob(logits, token), entropy(logits)

    def plain_entropy(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z))

    push = jnp.array([1.0, 0.0]) - jax.nn.softmax(logits)
    exact = jax.jvp(plain_entropy, (logits,), (push,))[1]
    assert abs(full_estimate(l, h, expected_discriminator(logits), adv) / exact - 1) < 1e-12
    assert abs(own_logit_estimate(l, h, adv) / exact - 1) > 0.4
