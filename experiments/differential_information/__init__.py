"""Differential Information Distribution: A Bayesian Perspective on Direct Preference Optimization.

Preferences teach a policy the ratio of its target to its reference, and the log-ratio reward is the one that reads it
off; the entropy of that ratio is said to decide whether the policy is sharpened or smoothed. The recovery is verified
exactly; the role of the entropy is a tendency with counterexamples, and what decides instead is derived.

Paper: Won, Lee, Hwang and Seo, 2025
arXiv: 2505.23761
Family: entropy
"""
