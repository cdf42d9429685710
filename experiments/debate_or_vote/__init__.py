"""Debate or Vote: Which Yields Better Decisions in Multi-Agent Large Language Models?

Agents that answer from Dirichlet beliefs and add what they hear to them form an urn: the mean belief of a group that
shares one belief never moves, so a debate without a bias towards the truth leaves mean correctness where it was, and
what is gained is gained by the vote. Verified here for the stochastic model, exactly and by Monte Carlo: the martingale
and where it fails, the variance that debate adds, the bounds on the vote's error, and the interventions. Of the paper
its abstract and third-party notes on its theorems were read, not its proofs: these were redone. No language model is
run; its benchmark numbers are not reproduced.

Paper: Choi, Zhu and Li, NeurIPS 2025
arXiv: 2508.17536
Family: trees
"""
