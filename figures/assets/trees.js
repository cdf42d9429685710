// Mathematics of a voting tree: pure functions of numbers, the same as theory.trees.recursion and theory.trees.majority.
"use strict";

const Trees = (() => {
  // f_b(μ) = μ Σ_{k<=h} C(2k, k) (1 - μ²)^k / 4^k,  h = (b - 1)/2: by parts from s_b ∫ (1 - u²)^h du; no term cancels
  function majorityMap(fanIn, bias) {
    const q = (1 - bias) * (1 + bias);
    let term = 1, sum = 1;
    for (let k = 1; k <= (fanIn - 1) / 2; k++) {
      term *= q * (2 * k - 1) / (2 * k);
      sum += term;
    }
    return bias * sum;
  }

  // s_b = f_b'(0) = Π_{k<=h} (2k + 1)/(2k)
  function majoritySlope(fanIn) {
    let slope = 1;
    for (let k = 1; k <= (fanIn - 1) / 2; k++) slope *= (2 * k + 1) / (2 * k);
    return slope;
  }

  // f_b'(μ) = s_b (1 - μ²)^h
  function majorityDerivative(fanIn, bias) {
    return majoritySlope(fanIn) * Math.pow((1 - bias) * (1 + bias), (fanIn - 1) / 2);
  }

  // α = γ [ρ + (1 - ρ) s_b]
  function amplification({ fanIn, fidelity, correlation }) {
    return fidelity * (correlation + (1 - correlation) * majoritySlope(fanIn));
  }

  // γ_c = 1 / (ρ + (1 - ρ) s_b), where α = 1
  function criticalFidelity(fanIn, correlation) {
    return 1 / (correlation + (1 - correlation) * majoritySlope(fanIn));
  }

  // s = log_b α
  function organisationExponent(tree) {
    return Math.log(amplification(tree)) / Math.log(tree.fanIn);
  }

  // g(μ) = ρ γμ + (1 - ρ) f_b(γμ)
  function treeStep(bias, { fanIn, fidelity, correlation }) {
    const heard = fidelity * bias;
    return correlation * heard + (1 - correlation) * majorityMap(fanIn, heard);
  }

  // g'(μ) = γ [ρ + (1 - ρ) f_b'(γμ)]
  function treeStepDerivative(bias, { fanIn, fidelity, correlation }) {
    return fidelity * (correlation + (1 - correlation) * majorityDerivative(fanIn, fidelity * bias));
  }

  // μ_0, ..., μ_L
  function trajectory(leafBias, tree, depth) {
    const levels = [leafBias];
    for (let level = 0; level < depth; level++) levels.push(treeStep(levels[level], tree));
    return levels;
  }

  // μ*: Newton's method on the convex μ - g(μ) from the right, which never oversteps; 0 where α <= 1
  function fixedPoint(tree) {
    if (amplification(tree) <= 1) return 0;
    let bias = 1;
    for (let step = 0; step < 100; step++) {
      const slope = 1 - treeStepDerivative(bias, tree);
      const next = slope > 0 ? Math.min(bias, Math.max(0, bias - (bias - treeStep(bias, tree)) / slope)) : bias;
      if (next === bias) break;
      bias = next;
    }
    return bias;
  }

  // the ρ at which μ* = level, for a given γ: g(μ) = μ is linear in ρ. At level 0 it is the line α = 1.
  function correlationOfLevel(level, fanIn, fidelity) {
    if (level === 0) {
      const slope = majoritySlope(fanIn);
      return (slope - 1 / fidelity) / (slope - 1);
    }
    const heard = fidelity * level, majority = majorityMap(fanIn, heard);
    return (majority - level) / (majority - heard);
  }

  return {
    majorityMap, majoritySlope, majorityDerivative, amplification, criticalFidelity, organisationExponent, treeStep,
    treeStepDerivative, trajectory, fixedPoint, correlationOfLevel,
  };
})();

if (typeof module !== "undefined") module.exports = Trees;
