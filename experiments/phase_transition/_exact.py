"""The other routes to this paper's numbers: whole numbers, enumeration and adaptive quadrature, none of it ours."""

import math
import operator
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, product, repeat

import numpy as np
from scipy import integrate, stats


def exact_majority(b: int, bias: float) -> tuple[float, float]:
    """The bias of a majority and its derivative, by whole numbers over all outcomes, rounded once at the end."""
    mu = Fraction(bias)
    right, wrong, whole = mu.denominator + mu.numerator, mu.denominator - mu.numerator, (2 * mu.denominator) ** b
    rights, wrongs = (list(accumulate(repeat(x, b), operator.mul, initial=1)) for x in (right, wrong))
    outcomes = range(b // 2 + 1, b + 1)
    powers = [(math.comb(b, j), rights[j], wrongs[b - j]) for j in outcomes]
    value = (2 * sum(c * p * q for c, p, q in powers) - whole) / whole
    slopes = [
        c * (j * rights[j - 1] * q - ((b - j) * p * wrongs[b - j - 1] if j < b else 0))
        for j, (c, p, q) in zip(outcomes, powers, strict=True)
    ]
    return value, sum(slopes) * 2 * mu.denominator / whole


def common_cause_gain(b: int, correlation: float) -> float:
    """Majority of b votes over the bias of one, by whole numbers at a bias of 2⁻⁴⁰: all alike, or independent."""
    bias = 2.0**-40
    return correlation + (1 - correlation) * exact_majority(b, bias)[0] / bias


def beta_binomial_gain(b: int, correlation: float) -> float:
    """The same for θ ~ Beta(Ap, A(1-p)), A = 1/ρ - 1, by exact rising factorials; off by O(bias²)."""
    bias, weight = Fraction(1, 2**30), 1 / Fraction(correlation) - 1

    def rising(x: Fraction, n: int) -> Fraction:
        return math.prod((x + i for i in range(n)), start=Fraction(1))

    def majority(mu: Fraction) -> Fraction:
        wins, losses = weight * (1 + mu) / 2, weight * (1 - mu) / 2
        ways = (math.comb(b, j) * rising(wins, j) * rising(losses, b - j) for j in range(b // 2 + 1, b + 1))
        return sum(ways, start=Fraction(0)) / rising(weight, b)

    return float((majority(bias) - majority(-bias)) / bias)


def beta_limit_gain(correlation: float) -> float:
    """A E[ln(θ/(1-θ)); θ > 1/2], θ ~ Beta(A/2, A/2): the gain for b → ∞ is the score of the event that θ > 1/2."""
    weight = 1 / correlation - 1
    ability = stats.beta(weight / 2, weight / 2)
    return weight * integrate.quad(lambda x: math.log(x / (1 - x)) * ability.pdf(x), 0.5, 1, epsabs=1e-13)[0]


def gaussian_copula_gain(b: int, correlation: float) -> float:
    """κ = ∫ φ(g) Beta(θ; a, a) φ(x)/√(1-r) dg / φ(0), θ = Φ(x), x = √(r/(1-r)) g, a = (b+1)/2: dP/dτ over dμ/dτ."""
    latent, half = math.sin(math.pi * correlation / 2), (b + 1) / 2

    def pivotal(g: float) -> float:
        x = math.sqrt(latent / (1 - latent)) * g
        return stats.norm.pdf(g) * stats.beta.pdf(stats.norm.cdf(x), half, half) * stats.norm.pdf(x)

    mass = integrate.quad(pivotal, 0, 12, epsabs=1e-14, epsrel=1e-12, points=(0.5, 2.0))[0]
    return 2 * mass / math.sqrt(1 - latent) / stats.norm.pdf(0)


def node_by_enumeration(biases: Sequence[float], fidelity: float, correlation: float) -> float:
    """The bias of one aggregator over all outcomes of unequal votes; a common cause casts an even choice of them."""
    total = 0.0
    for votes in product((-1, 1), repeat=len(biases)):
        chance = math.prod((1 + vote * fidelity * mu) / 2 for vote, mu in zip(votes, biases, strict=True))
        total += chance * (correlation * np.mean(votes) + (1 - correlation) * np.sign(sum(votes)))
    return total


def tree_by_enumeration(leaves: Sequence[float], fan_in: int, fidelity: float, correlation: float) -> float:
    """The root's bias over unequal leaves, node by node."""
    biases = list(leaves)
    while len(biases) > 1:
        groups = [biases[i : i + fan_in] for i in range(0, len(biases), fan_in)]
        biases = [node_by_enumeration(group, fidelity, correlation) for group in groups]
    return biases[0]


def running_mean_variance(weights: Sequence[float], leaf: float, correlation: float, noise: float) -> float:
    """Variance of a chain in which agent k > 1 takes share weights[k] of its own, by the weight of every error."""
    own, heard = np.zeros(len(weights)), np.zeros(len(weights))
    own[0] = 1.0
    for agent, share in enumerate(weights[1:], start=1):
        own, heard = (1 - share) * own, (1 - share) * heard
        heard[agent] = 1 - share
        own[agent] = share
    covariance = leaf * (correlation * np.ones((len(own), len(own))) + (1 - correlation) * np.eye(len(own)))
    return float(own @ covariance @ own + noise * heard @ heard)
