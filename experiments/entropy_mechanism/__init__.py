"""The Entropy Mechanism of Reinforcement Learning for Reasoning Language Models.

Reward is bought with entropy, R = -a e^H + b, and the covariance of log-probability and advantage pays the price.
Here the first-order theorems are checked against automatic differentiation, the law is traced back to a curve without
parameters, and the covariance controls are tried on a tiny transformer; Qwen models and benchmark tables are out of
reach.

Paper: Cui et al., 2025
arXiv: 2505.22617
Family: entropy
"""
