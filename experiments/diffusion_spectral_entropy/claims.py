"""What "Noise-Resilient Diffusion Spectral Entropy" claims about its entropy, checked.

As coded by the authors: the walk is that of the Gaussian kernel itself, whose spectrum the comment there ascribes to
the anisotropic one.
"""

import jax
import jax.numpy as jnp
import numpy as np

from core.probes.diffusion import diffusion_entropy, diffusion_information
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.trial import Trial
from theory.collapse.diffusion import collapsed_diffusion_entropy

entropy_of = jax.jit(diffusion_entropy, static_argnames="anisotropy")
normal = jax.jit(jax.random.normal, static_argnums=1)


def c01_bounds(trial: Trial) -> Evidence:
    """0 <= DSE <= log2 N for every set of N points, bandwidth and number of steps."""
    count = 6

    def slack(parameters):
        points, width, steps = parameters
        entropy = diffusion_entropy(points, jnp.exp(width), jnp.exp(steps))
        return jnp.minimum(entropy, jnp.log2(float(count)) - entropy)

    def sample(key):
        keys = jax.random.split(key, 3)
        return jax.random.normal(keys[0], (count, 2)), jax.random.normal(keys[1]), jax.random.normal(keys[2])

    def slacks(key):
        return jax.vmap(lambda key: slack(sample(key)))(jax.random.split(key, 100 * trial.effort))

    random = jax.jit(slacks)(trial.key)
    return bound(random, tolerance=1e-12, falsified=falsify(slack, sample, trial.key, starts=6, steps=60, polish=1))


def c02_limits(trial: Trial) -> Evidence:
    """DSE tends to log2 N as the bandwidth goes to zero and to 0 as it grows without bound."""
    points = normal(trial.key, (40, 5))
    return combine(identity(np.log2(40), entropy_of(points, 1e-3), rtol=1e-9),
                   identity(0.0, entropy_of(points, 1e5), rtol=0, atol=1e-6))  # fmt: skip


def c03_equal_collapsed_clusters() -> Evidence:
    """K collapsed clusters of equal size at distance D have second eigenvalue (1-g)/(1+(k-1)g), g = exp(-D²/2σ²)."""
    cases = [(k, 1.0, width, t) for k in (2, 5, 10) for width in (0.2, 0.7, 2.0) for t in (1, 4)]
    law = jax.jit(collapsed_diffusion_entropy)(*(np.array(column) for column in zip(*cases, strict=True)))
    found = [float(entropy_of(_clusters((4,) * k, 1.0), width, t)) for k, _, width, t in cases]
    return identity(law, np.array(found), rtol=1e-8, atol=1e-10)


def c04_collapsed_and_separated_is_log_k() -> Evidence:
    """Collapsed, well separated classes have DSE = log2 K and DSE(Z | y) = 0, whatever their sizes and t."""
    entropies = [float(entropy_of(_clusters((9, 2, 5, 4, 1), 60.0), 1.0, t)) for t in (1, 2, 8)]
    alone = float(entropy_of(_clusters((9,), 60.0), 1.0))
    return combine(identity(np.log2(5), np.array(entropies), rtol=1e-9), identity(0.0, alone, rtol=0, atol=1e-10))


def c05_information_at_collapse(trial: Trial) -> Evidence:
    """At collapse and separation DSMI(Z; Y) = log2 K."""
    points, labels = _clusters((40,) * 4, 60.0), np.repeat(np.arange(4), 40)
    return identity(2.0, jax.jit(diffusion_information, static_argnums=3)(trial.key, points, labels, 4, 1.0), rtol=1e-9)


def c06_noise_resilience(trial: Trial) -> Evidence:
    """DSE does not see noise: noise of σ/5 on clusters 8σ apart moves it by less than 0.1 bits from log2 k."""
    centres = np.repeat(40 / np.sqrt(2) * np.eye(10, 32), 20, axis=0)
    points = centres + np.asarray(normal(trial.key, centres.shape))
    moved = {t: abs(float(entropy_of(points, 5.0, t)) - np.log2(10)) for t in (1, 4)}
    return holds_if("the walk takes several steps (4 here, 1 without)",
                    bound(0.1 - moved[4], tolerance=0.0), bound(0.1 - moved[1], tolerance=0.0))  # fmt: skip


def c07_the_code_is_anisotropic(trial: Trial) -> Evidence:
    """The authors' kernel D_G^(-1/2) G D_G^(-1/2) has the spectrum of the anisotropic walk, as its comment says."""
    points = normal(trial.key, (30, 3))
    claim = identity(entropy_of(points, 1.0, anisotropy=1), entropy_of(points, 1.0), rtol=1e-6)
    return refuted("30 normal points in three dimensions, σ = 1", claim)


def _clusters(sizes: tuple[int, ...], distance: float) -> np.ndarray:
    return np.repeat(np.eye(len(sizes)), sizes, axis=0) * distance / np.sqrt(2)
