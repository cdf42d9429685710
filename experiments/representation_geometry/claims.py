"""What "Tracing the Representation Geometry of Language Models" claims about phases, looked at in a toy of ours.

Free features of 64 tokens under cross-entropy and plain gradient descent. Claims about post-training are out of scope.
"""

from functools import partial

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


def c01_probes_read_known_spectra() -> Evidence:
    """RankMe of r equal eigenvalues is r; alpha-ReQ of λ_i = i^(-α) is α."""
    ranks, alphas = np.array([1.0, 5.0, 32.0]), np.array([0.7, 1.4])
    flat = np.where(np.arange(32) < ranks[:, None], 2.0, 0.0)
    decay = jax.jit(lambda spectra: spectral_decay(spectra, 2, 60))(np.arange(1.0, 65) ** -alphas[:, None])
    return combine(identity(ranks, jax.jit(effective_rank)(flat), rtol=1e-12), identity(alphas, decay, rtol=1e-12))


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
    times = tuple(record_times(1000 if trial.effort < 10 else 3000, 24))
    return np.asarray(_all_ranks(trial.key, 2 + trial.effort, times))


@partial(jax.jit, static_argnums=(1, 2))
def _all_ranks(key: jax.Array, seeds: int, times: tuple[int, ...]) -> jax.Array:
    """One program for all claims."""
    by_seed = jax.vmap(lambda key, skew: train(key, skew, 64, 8, times, 2.0, 0.3)[1], (0, None))
    spectra = jax.vmap(by_seed, (None, 0))(jax.random.split(key, seeds), jnp.array(SKEWS))
    return effective_rank(spectra, of="eigen")
