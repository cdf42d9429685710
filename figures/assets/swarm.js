// Consensus-based optimisation in the plane: pure functions, the same as theory.consensus.gibbs and core.particles.cbo.
"use strict";

const Swarm = (() => {
  const turn = (u) => Math.cos(2 * Math.PI * u);

  const landscapes = {
    rastrigin: { box: [-5.12, 5.12], minima: [[0, 0]], energy: (x, y) => x * x + y * y + 10 * (2 - turn(x) - turn(y)) },
    ackley: {
      box: [-5, 5], minima: [[0, 0]],
      energy: (x, y) => -20 * Math.expm1(-0.2 * Math.sqrt((x * x + y * y) / 2))
        - Math.E * Math.expm1((turn(x) + turn(y)) / 2 - 1),
    },
    himmelblau: {
      box: [-5, 5], energy: (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
      minima: [[3, 2], [-2.805118086952745, 3.131312518250573], [-3.779310253377747, -3.283185991286169],
        [3.584428340330492, -1.8481265269644035]],
    },
    double_well: { box: [-2, 2], minima: [[-1, 0], [1, 0]], energy: (x, y) => (x * x - 1) ** 2 + y * y },
    canyon: {
      box: [-2, 8], minima: [[0, 0]],
      energy: (p, q) => {
        const across = q - ((p - 1) * (p - 4) ** 2 / 8 + 2);
        const slope = -p - 1.6 * q;
        const step = 4 * Math.exp(1 - 2 * across ** 4) * Math.max(-Math.expm1(-9 * slope ** 2) * Math.sign(slope), 0);
        return -25 * Math.expm1(-1.4 * across ** 2 * Math.exp(-0.002 * p ** 4)) + 0.4 * p ** 2 + 0.2 * q ** 2
          + 1.1625 * (2 - turn(0.375 * p) - turn(0.375 * q)) + step;
      },
    },
  };

  // w_i = exp(-α (E_i - min E)): the point Σ w x / Σ w, summed relative to the best, and (Σ w)² / Σ w²
  function consensus(points, energies, alpha) {
    const lowest = Math.min(...energies), leader = points[energies.indexOf(lowest)];
    let total = 0, square = 0, x = 0, y = 0;
    energies.forEach((energy, i) => {
      const weight = Math.exp(-alpha * (energy - lowest));
      total += weight;
      square += weight * weight;
      x += weight * (points[i][0] - leader[0]);
      y += weight * (points[i][1] - leader[1]);
    });
    return { point: [leader[0] + x / total, leader[1] + y / total], effective: total * total / square, lowest };
  }

  // X' = X - λ dt (X - c) + σ √dt D ξ; D_k = |X_k - c_k| (anisotropic) or |X - c| (isotropic), ξ standard normal
  function step(points, centre, normals, { drift, sigma, dt, noise }) {
    return points.map(([x, y], i) => {
      const u = x - centre[0], v = y - centre[1];
      const [a, b] = noise === "isotropic" ? [Math.hypot(u, v), Math.hypot(u, v)] : [Math.abs(u), Math.abs(v)];
      const scale = sigma * Math.sqrt(dt);
      return [x - drift * dt * u + scale * a * normals[i][0], y - drift * dt * v + scale * b * normals[i][1]];
    });
  }

  // root mean square distance from a point
  function spread(points, centre) {
    const square = points.reduce((total, [x, y]) => total + (x - centre[0]) ** 2 + (y - centre[1]) ** 2, 0);
    return Math.sqrt(square / points.length);
  }

  // uniform numbers in (0, 1) from a seed (mulberry32), so that a run can be repeated
  function uniforms(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
  }

  // two standard normals from two uniform numbers (Box and Muller)
  function normalPair(draw) {
    const radius = Math.sqrt(-2 * Math.log(draw())), angle = 2 * Math.PI * draw();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }

  return { landscapes, consensus, step, spread, uniforms, normalPair };
})();

if (typeof module !== "undefined") module.exports = Swarm;
