"""One lens over the entropy interventions of some thirty papers.

Whatever a method does to weights, masks, advantages, losses, bounds or rewards, to first order it changes the entropy
by Σ S ∂loss/∂z, summed over the states that it visits. Here that prediction meets the measured change on one and the
same policy, and the identities, limits and counterexamples behind single methods are checked.

Paper: a survey of our own, after the papers named at each method
arXiv: 2509.26114, 2602.09782, 2506.01347, 2604.26326
Family: entropy
"""
