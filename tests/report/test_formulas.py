"""The formulas of the pages to play with, run by node, against theory and core: on a grid, to 1e-9."""

import json
import shutil
import subprocess
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.cbo import CboParameters, anisotropic, cbo_move, isotropic, normals_for
from core.particles.objectives import PROBLEMS
from core.particles.swarm import swarm_init
from tests.compiled import compiled
from theory.consensus.gibbs import consensus_point, effective_sample_size, gibbs_weights
from theory.entropy.laws import change_along, change_one_logit, change_sampled_token, exact_change_one_logit
from theory.entropy.softmax import discriminator, entropy, entropy_curvature, expected_discriminator, softmax_row
from theory.trees.majority import majority_derivative, majority_map, majority_slope
from theory.trees.recursion import (
    Tree,
    amplification,
    critical_fidelity,
    fixed_point,
    organisation_exponent,
    tree_step,
    tree_step_derivative,
    tree_trajectory,
)

ASSETS = Path(__file__).parents[2] / "figures" / "assets"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node on PATH to run the JavaScript formulas")
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def javascript(module, body, data, spoil=None):
    """What the JavaScript `body`, a function of M (the module) and x (the data), returns."""
    source = (ASSETS / f"{module}.js").read_text()
    if spoil is not None:
        assert spoil[0] in source
        source = source.replace(*spoil)
    program = f"""{source}
    const M = module.exports, x = JSON.parse(require("fs").readFileSync(0, "utf8"));
    console.log(JSON.stringify((() => {{ {body} }})()));"""
    done = subprocess.run([NODE, "-e", program], input=json.dumps(data), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return jax.tree.map(np.asarray, json.loads(done.stdout), is_leaf=lambda leaf: isinstance(leaf, list))


@pytest.fixture(scope="module")
def grid():
    """Trees and biases, with the corners."""
    b, gamma, rho, mu = np.meshgrid([1, 3, 5, 21, 101], [0.2, 0.7, 1.0], [0.0, 0.3, 1.0], [0, 1e-6, 0.3, 0.9, 1])
    return [part.ravel().astype(float) for part in (b, gamma, rho, mu)]


TREE_BODY = """return x.map(([b, g, r, m]) => {
  const tree = {fanIn: b, fidelity: g, correlation: r};
  return [M.majorityMap(b, m), M.majorityDerivative(b, m), M.majoritySlope(b), M.amplification(tree),
    M.criticalFidelity(b, r), M.treeStep(m, tree), M.treeStepDerivative(m, tree)];
});"""


@compiled
def tree_values(grid):
    b, gamma, rho, mu = grid
    tree = Tree(b, gamma, rho)
    return jnp.stack([
        majority_map(b, mu), majority_derivative(b, mu), majority_slope(b), amplification(tree),
        critical_fidelity(b, rho), tree_step(mu, tree), tree_step_derivative(mu, tree),
    ], axis=1)  # fmt: skip


def test_one_level_of_a_tree(grid):
    found = javascript("trees", TREE_BODY, np.stack(grid, 1).tolist())
    np.testing.assert_allclose(found, tree_values(grid), **CLOSE)


@pytest.mark.parametrize(
    "spoil",
    [
        ("(2 * k - 1) / (2 * k);\n      sum", "(2 * k - 1) / (2 * k + 1);\n      sum"),
        ("(1 - correlation) * maj", "maj"),
    ],
)
def test_a_wrong_tree_is_seen(grid, spoil):
    found = javascript("trees", TREE_BODY, np.stack(grid, 1).tolist(), spoil)
    assert np.max(np.abs(found - tree_values(grid))) > 1e-3


def test_where_a_tree_ends():
    b, gamma, rho = (part.ravel() for part in np.meshgrid([3.0, 7.0, 51.0], [0.55, 0.8, 0.97], [0.05, 0.4, 0.8]))
    body = """return x.map(([b, g, r]) => {
      const tree = {fanIn: b, fidelity: g, correlation: r}, end = M.fixedPoint(tree);
      return [end, M.organisationExponent(tree), M.trajectory(0.1, tree, 12)[12], M.correlationOfLevel(end, b, g)];
    });"""
    end, exponent, top, back = javascript("trees", body, np.stack([b, gamma, rho], 1).tolist()).T
    tree, slope = Tree(b, gamma, rho), compiled(amplification)
    ours = compiled(fixed_point)(tree).bias
    # the fixed point is known to ε/(α - 1) only
    np.testing.assert_allclose(end, ours, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(exponent, compiled(organisation_exponent)(tree), **CLOSE)
    np.testing.assert_allclose(top, compiled(tree_trajectory)(0.1, tree, 12)[-1], **CLOSE)
    amplifies = slope(tree) > 1
    # the contour of a tree's end goes through it
    np.testing.assert_allclose(back[amplifies], rho[amplifies], rtol=1e-8)
    np.testing.assert_allclose(slope(Tree(b, gamma, np.clip(back, 0, 1)))[~amplifies & (back > 0)], 1)


ENTROPY_BODY = """return x.logits.map((z, i) => {
  const row = M.row(z), one = M.direction("logit", z, 2), token = M.direction("sampled", z, 2), v = x.direction[i];
  const [push, sampled] = [one, token].map((change) => change.map((d) => 0.3 * d));
  return [row.entropy, row.expected, M.firstOrder(z, push), M.firstOrder(z, sampled),
    M.firstOrder(z, v), M.exactChange(z, push), M.exactChange(z, v), M.curvature(z, v),
    ...row.prob, ...row.discriminator];
});"""


def entropy_case():
    rng = np.random.default_rng(0)
    logits = np.concatenate([np.zeros((1, 8)), rng.normal(size=(20, 8)) * np.linspace(0.1, 9, 20)[:, None]])
    return logits, rng.normal(size=logits.shape)


@compiled
def entropy_values(z, v):
    token, h, row = jnp.full(z.shape[0], 2), entropy(z), softmax_row(z)
    log_p = row.shifted[:, 2] - row.log_partition
    return jnp.column_stack([
        h, expected_discriminator(z), change_one_logit(z, token, 0.3), change_sampled_token(z, token, 0.3),
        change_along(z, v), exact_change_one_logit(log_p, h, 0.3), entropy(z + v) - h, entropy_curvature(z, v),
        row.prob, discriminator(z),
    ])  # fmt: skip


def test_one_step_of_a_softmax():
    z, v = entropy_case()
    found = javascript("entropy", ENTROPY_BODY, {"logits": z.tolist(), "direction": v.tolist()})
    np.testing.assert_allclose(found, entropy_values(z, v), **CLOSE)


@pytest.mark.parametrize("spoil", [("return -sum(row", "return sum(row"), ("- average + 1", "- average")])
def test_a_wrong_entropy_is_seen(spoil):
    z, v = entropy_case()
    found = javascript("entropy", ENTROPY_BODY, {"logits": z.tolist(), "direction": v.tolist()}, spoil)
    assert np.max(np.abs(found - entropy_values(z, v))) > 1e-2


@pytest.mark.parametrize("name", ["rastrigin", "ackley", "himmelblau", "double_well", "canyon"])
def test_a_landscape_and_its_minima(name):
    problem, (low, high) = PROBLEMS[name], PROBLEMS[name].box
    points = np.random.default_rng(1).uniform(low, high, (200, 2))
    body = f"""const {{energy, box, minima}} = M.landscapes.{name};
      return {{energy: x.map(([a, b]) => energy(a, b)), box, minima}};"""
    found = javascript("swarm", body, points.tolist())
    np.testing.assert_allclose(found["energy"], compiled(problem.function)(points.T), **CLOSE)
    np.testing.assert_allclose(found["minima"], problem.minimisers(2), rtol=1e-12)
    assert found["box"].tolist() == list(problem.box)


@pytest.mark.parametrize(("noise", "amplitude"), [("anisotropic", anisotropic), ("isotropic", isotropic)])
def test_one_step_of_a_swarm(noise, amplitude):
    points = np.random.default_rng(2).uniform(-3, 3, (2, 32))
    parameters, key = CboParameters(drift=1.3, sigma=0.7, alpha=2.0, dt=0.05), jax.random.key(3)

    @compiled
    def ours(points):
        swarm = swarm_init(PROBLEMS["himmelblau"].function, points)
        centre = consensus_point(points, swarm.energy, 2.0)
        size = effective_sample_size(gibbs_weights(swarm.energy, 2.0))
        moved = cbo_move(parameters, key, swarm, centre[:, None], amplitude)
        return swarm.energy, normals_for(key, swarm), centre, size, moved

    energy, normals, centre, size, moved = ours(points)
    body = f"""const c = M.consensus(x.points, x.energies, 2.0);
      const next = M.step(x.points, c.point, x.normals, {{drift: 1.3, sigma: 0.7, dt: 0.05, noise: "{noise}"}});
      return {{point: c.point, effective: c.effective, next, spread: M.spread(x.points, c.point)}};"""
    data = {"points": points.T.tolist(), "energies": energy.tolist(), "normals": normals.T.tolist()}
    found = javascript("swarm", body, data)
    np.testing.assert_allclose(found["point"], centre, **CLOSE)
    np.testing.assert_allclose(found["effective"], size, **CLOSE)
    np.testing.assert_allclose(found["next"], moved.T, **CLOSE)
    spread = np.sqrt(np.mean(np.sum((points - centre[:, None]) ** 2, 0)))
    np.testing.assert_allclose(found["spread"], spread, **CLOSE)


def test_random_numbers_are_normal_and_repeat():
    body = """const draw = M.uniforms(x), list = [];
      for (let i = 0; i < 10000; i++) list.push(...M.normalPair(draw)); return list;"""
    found = javascript("swarm", body, 7)
    assert np.array_equal(found, javascript("swarm", body, 7))
    assert not np.array_equal(found, javascript("swarm", body, 8))
    moments = [found.mean(), found.var() - 1, (found**3).mean(), (found**4).mean() - 3]
    # in units of their standard errors
    assert np.all(np.abs(np.asarray(moments) / np.sqrt(np.array([1, 2, 15, 96]) / found.size)) < 4)
