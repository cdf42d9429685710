"""What a claim may ask of its verifier."""

from typing import NamedTuple

import jax


class Trial(NamedTuple):
    """The circumstances in which a claim is checked; two trials with the same values give the same evidence."""

    key: jax.Array  # the claim's own random key
    effort: int  # multiplies sample sizes: 1 smoke, 10 laptop, 100 paper
    mesh: jax.sharding.Mesh  # one axis, "devices"


EFFORT = {"smoke": 1, "laptop": 10, "paper": 100}
