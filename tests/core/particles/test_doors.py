"""Every variant at its door: one particle, an objective with holes, and arguments that make no sense."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.adam import AdamParameters, adam_init, adam_step
from core.particles.batches import batch_step
from core.particles.cbo import CboParameters, cbo_step
from core.particles.constrained import drift_constrained_step, sphere_surface, surface_step
from core.particles.front_weights import repelled_weights
from core.particles.hopping import HoppingParameters, hopping_step
from core.particles.inertia import inertia_init, inertia_step
from core.particles.memory import MemoryParameters, memory_init, memory_step
from core.particles.mirror import ball_mirror, box_mirror, mirror_init, mirror_step
from core.particles.multiobjective import front_init, front_step, spread_weights
from core.particles.networks import data_batch
from core.particles.objectives import sphere
from core.particles.polarised import PolarisedParameters, polarised_step
from core.particles.resampling import multinomial, systematic
from core.particles.sampling import SamplingParameters, sampling_step
from core.particles.schedules import alpha_for_effective_share, cooled_sigma, growing_alpha, reduced
from core.particles.swarm import swarm_consensus, swarm_init
from tests.compiled import compiled

KEY = jax.random.key(3)
START = jnp.array([[1.0, -0.5, 0.3, 0.8], [0.2, 0.4, -1.0, 0.6]])


def holes(x):
    return jnp.where(x[0] > 0.9, jnp.nan, sphere(x))


def line(x):
    return x[:1] + x[1:] - 1.0


def two(objective):
    return lambda x: jnp.stack([objective(x), objective(x - 1)])


def constrained(objective, p, x, constraint=line, stiffness=0.1):
    return drift_constrained_step(objective, constraint, p, stiffness, KEY, swarm_init(objective, x))


def front(objective, p, x):
    return front_step(two(objective), p, KEY, front_init(two(objective), x, spread_weights(x.shape[-1])))


# name: (one step from these positions with these parameters, the parameters)
VARIANTS = {
    "cbo": (lambda f, p, x: cbo_step(f, p, KEY, swarm_init(f, x)), CboParameters()),
    "hopping": (lambda f, p, x: hopping_step(f, p, KEY, swarm_init(f, x)), HoppingParameters()),
    "memory": (lambda f, p, x: memory_step(f, p, KEY, memory_init(f, x)), MemoryParameters()),
    "inertia": (lambda f, p, x: inertia_step(f, p, 0.5, KEY, inertia_init(f, x)), CboParameters()),
    "adam": (lambda f, p, x: adam_step(f, p, KEY, adam_init(f, x)), AdamParameters()),
    "sampling": (lambda f, p, x: sampling_step(f, p, KEY, swarm_init(f, x)), SamplingParameters()),
    "mirror": (
        lambda f, p, x: mirror_step(f, ball_mirror(1.0), p, KEY, mirror_init(f, ball_mirror(1.0), x)),
        CboParameters(),
    ),
    "polarised": (
        lambda f, p, x: polarised_step(f, PolarisedParameters(p), KEY, swarm_init(f, x)),
        CboParameters(),
    ),
    "batches": (lambda f, p, x: batch_step(f, p, KEY, swarm_init(f, x), 1), CboParameters()),
    "surface": (
        lambda f, p, x: surface_step(f, sphere_surface(), p, KEY, swarm_init(f, x)),
        CboParameters(),
    ),
    "drift": (constrained, CboParameters()),
    "front": (front, CboParameters()),
}


@pytest.mark.parametrize("objective", [sphere, holes])
def test_one_particle_and_holes_leave_every_variant_finite(objective):
    x = START if objective is holes else START[:, 1:2]
    ends = compiled(lambda x: {name: step(objective, p, x) for name, (step, p) in VARIANTS.items()})(x)
    for name, (state, _) in ends.items():
        position = getattr(state, "swarm", state).position
        assert position.shape == x.shape, name
        assert np.isfinite(position).all(), name


BAD_PARAMETERS = [
    (name, field, bad)
    for name, (_, p) in VARIANTS.items()
    for field, bad in (("alpha", -1.0), ("sigma", -1.0), ("dt", 0.0), ("dt", -0.1), ("sigma", float("nan")))
    if hasattr(p, field)
]


@pytest.mark.parametrize(("name", "field", "bad"), BAD_PARAMETERS)
def test_parameters_without_sense_are_refused_by_name(name, field, bad):
    step, p = VARIANTS[name]
    with pytest.raises(ValueError, match=field):
        jax.eval_shape(partial(step, sphere, p._replace(**{field: bad})), START)  # traced: nothing runs


@pytest.mark.parametrize("name", VARIANTS)
def test_positions_and_objectives_without_sense_are_refused(name):
    step, p = VARIANTS[name]
    for x in (np.zeros((0, 4)), np.zeros((2, 0)), np.zeros((2, 4), int), np.zeros(4)):
        with pytest.raises((ValueError, TypeError), match=r"position|shape|dtype|dimension|particles|dual"):
            jax.eval_shape(partial(step, sphere, p), x)
    with pytest.raises(ValueError, match="objective"):
        jax.eval_shape(partial(step, lambda x: x[:, :1], p), START)


def swarm():
    return swarm_init(sphere, START)


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        (lambda: swarm_init(lambda x: jnp.nan * x[0], START), "finite at none"),
        (lambda: swarm_init(sphere, jnp.full((2, 4), jnp.nan)), "not finite"),
        (lambda: swarm_init(lambda x: jnp.ones(4, int), START), "real floating"),
        (lambda: swarm_consensus(swarm(), -1.0), "alpha"),
        (lambda: hopping_step(sphere, HoppingParameters(width=0.0), KEY, swarm()), "width"),
        (lambda: polarised_step(sphere, PolarisedParameters(reach=0.0), KEY, swarm()), "reach"),
        (lambda: ball_mirror(-1.0), "radius"),
        (lambda: box_mirror(1.0, 0.0), "high - low"),
        (lambda: inertia_step(sphere, CboParameters(), 2.0, KEY, inertia_init(sphere, START)), "inertia"),
        (lambda: memory_step(sphere, MemoryParameters(take_over=2.0), KEY, memory_init(sphere, START)), "take_over"),
        (lambda: adam_step(sphere, AdamParameters(first=1.0), KEY, adam_init(sphere, START)), "first"),
        (lambda: adam_step(sphere, AdamParameters(rate=0.0), KEY, adam_init(sphere, START)), "rate"),
        (lambda: batch_step(sphere, CboParameters(), KEY, swarm(), 0), "size"),
        (lambda: batch_step(sphere, CboParameters(), KEY, swarm(), 5), "size"),
        (lambda: batch_step(sphere, CboParameters(), KEY, swarm(), 4, move="some"), "move is 'some'"),
        (lambda: sampling_step(sphere, SamplingParameters(scale=0.0), KEY, swarm()), "scale"),
        (lambda: jax.eval_shape(lambda x: constrained(sphere, CboParameters(), x, stiffness=0.0), START), "stiffness"),
        (
            lambda: jax.eval_shape(lambda x: constrained(sphere, CboParameters(), x, lambda x: x[0]), START),
            "gives shape",
        ),
        (lambda: front_init(lambda x: x, START, jnp.ones((3, 4))), "weights"),
        (lambda: front_init(lambda x: x, START, jnp.zeros((2, 4))), "weights"),
        (lambda: front_init(lambda x: jnp.nan * x, START, jnp.ones((2, 4))), "finite at none"),
        (lambda: repelled_weights(jnp.ones((2, 4)), jnp.ones((2, 4)), reach=0.0), "reach"),
        (lambda: data_batch(KEY, jnp.asarray(0), jnp.ones((3, 1)), 4), "size"),
        (lambda: multinomial(KEY, jnp.zeros(3)), "sum of weights"),
        (lambda: systematic(KEY, -jnp.ones(3)), "weights"),
        (lambda: alpha_for_effective_share(jnp.ones(3), 0.0), "share"),
        (lambda: growing_alpha(1.0, 0.5, 1e5, jnp.asarray(1)), "factor"),
        (lambda: cooled_sigma(-1.0, 0), "start"),
        (lambda: reduced(sphere, KEY, swarm(), 5), "particles"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(bad, names):
    with pytest.raises(ValueError, match=names):
        bad()
