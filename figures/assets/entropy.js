// Softmax calculus: pure functions of arrays, the same as theory.entropy.softmax and theory.entropy.laws.
"use strict";

const Entropy = (() => {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const mean = (prob, values) => sum(values.map((value, i) => prob[i] * value));

  // p, H = -Σ p log p, S_i = p_i (log p_i + H) = p_i (u_i - ū) and E_p[S], from u = z - max z
  function row(logits) {
    const top = Math.max(...logits), peak = logits.indexOf(top);
    const shifted = logits.map((z) => z - top);
    const rest = sum(shifted.map((u, i) => (i === peak ? 0 : Math.exp(u)))); // Σ e^u - 1, without rounding the 1
    const prob = shifted.map((u) => Math.exp(u) / (1 + rest));
    const average = mean(prob, shifted);
    const discriminator = prob.map((p, i) => p * (shifted[i] - average));
    return { prob, shifted, entropy: Math.log1p(rest) - average, discriminator, expected: mean(prob, discriminator) };
  }

  // one logit: dz = ε e_k.  One sampled token: dz = ε (e_k - p), a step of policy gradient on that token
  function direction(kind, logits, token) {
    const { prob } = row(logits);
    return logits.map((_, i) => (i === token ? 1 : 0) - (kind === "sampled" ? prob[i] : 0));
  }

  // first order: dH = -Cov_p(log p, dz) = -Σ S dz
  function firstOrder(logits, change) {
    return -sum(row(logits).discriminator.map((score, i) => score * change[i]));
  }

  // v' (∂²H/∂z²) v = -E_p[(v - v̄)² (log p + H + 1)]
  function curvature(logits, v) {
    const { prob, shifted } = row(logits);
    const average = mean(prob, shifted), middle = mean(prob, v);
    return -sum(prob.map((p, i) => p * (v[i] - middle) ** 2 * (shifted[i] - average + 1)));
  }

  // H(z + dz) - H(z)
  function exactChange(logits, change) {
    return row(logits.map((z, i) => z + change[i])).entropy - row(logits).entropy;
  }

  return { row, direction, firstOrder, curvature, exactChange };
})();

if (typeof module !== "undefined") module.exports = Entropy;
