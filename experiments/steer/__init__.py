"""Rethinking Entropy Interventions in RLVR: An Entropy Change Perspective.

Tokens are weighted down by an estimate of the entropy change that they cause. The estimate is the exact first-order
law with all but one term of its baseline dropped; here both stand side by side, on exact rows and on a tiny
transformer. The full text was not available: Theorem 1 follows two careful notes and the released code.

Paper: Hao et al., 2025
arXiv: 2510.10150
Family: entropy
"""
