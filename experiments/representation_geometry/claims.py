"""What "Tracing the Representation Geometry of Language Models" claims about phases, looked at in a toy of ours.

Free features of 64 tokens under cross-entropy and plain gradient descent. Claims about post-training are out of scope.
"""

import jax
import jax.numpy as jnp
import numpy as np

from core.probes.spectra import effective_rank, spectral_decay
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.representation_geometry._training import record_times, train

SKEWS = (0.0, 1.0, 1.5)
TIMES = tuple(record_times(3000, 24))


def c01_probes_read_known_spectra() -> Evidence:
    """RankMe of r equal eigenvalues is r; alpha-ReQ of λ_i = i^(-α) is α."""
    ranks = [effective_rank(jnp.where(jnp.arange(32) < r, 2.0, 0.0)) for r in (1, 5, 32)]
    alphas = [spectral_decay(jnp.arange(1.0, 65) ** -a, 2, 60) for a in (0.7, 1.4)]
    return combine(identity(np.array([1.0, 5.0, 32.0]), np.array(ranks), rtol=1e-12),
                   identity(np.array([0.7, 1.4]), np.array(alphas), rtol=1e-12))  # fmt: skip


def c02_skew_makes_the_rank_dip(trial: Trial) -> Evidence:
    """With Zipf exponent 1 or more the effective rank falls by 5 % or more early in training, and then rises again."""
    ranks = _ranks(trial)[1:]
    fall, rise = 1 - ranks.min(-1) / ranks[..., 0], ranks[..., -1] / ranks.min(-1) - 1
    return combine(bound(fall - 0.05, tolerance=0.0), bound(rise - 0.02, tolerance=0.0))


def c03_without_skew_it_does_not(trial: Trial) -> Evidence:
    """From one start, equal frequencies make the effective rank dip less than a Zipf law, and leave it raised."""
    ranks = _ranks(trial)
    fall = 1 - ranks.min(-1) / ranks[..., 0]
    return combine(bound(fall[1:] - fall[0], tolerance=0.0),
                   bound(ranks[0, :, -1] / ranks[0, :, 0] - 1, tolerance=0.0))  # fmt: skip


def c04_no_third_phase_in_the_toy(trial: Trial) -> Evidence:
    """Language models are said to end with the rank falling again; reported here is whether the toy's does."""
    ranks = _ranks(trial)[1]
    final, peak = ranks[:, -1].mean(), ranks[:, ranks.shape[1] // 2 :].max(1).mean()
    return fit({"rank_at_the_end": final, "largest_in_the_second_half": peak}, 1.0, 0.0, note="no law is fitted")


def _ranks(trial: Trial) -> np.ndarray:
    """RankMe, (skews, seeds, times)."""
    keys = jax.random.split(trial.key, 2 + trial.effort)
    return np.asarray(effective_rank(_spectra(keys, jnp.array(SKEWS)), of="eigen"))


@jax.jit
def _spectra(keys: jax.Array, skews: jax.Array) -> jax.Array:
    """One program for all claims: eigenvalues, (skews, seeds, times, d)."""
    by_seed = jax.vmap(lambda key, skew: train(key, skew, 64, 8, TIMES, 2.0, 0.3)[1], (0, None))
    return jax.vmap(by_seed, (None, 0))(keys, skews)
