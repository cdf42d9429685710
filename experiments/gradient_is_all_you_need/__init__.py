"""Gradient is All You Need? Consensus-Based Optimization as a Stochastic Relaxation of Gradient Descent.

A swarm that only compares energies is claimed to follow the gradient: consensus-based optimisation is close to
consensus hopping, that to proximal steps, those to gradient descent. The chain is verified link by link; its middle is
an identity (a hop is a gradient step on an entropic envelope), and the noise that a finite swarm adds is quantified.
Theorem bodies were not read: statements were re-derived from the abstract and the authors' published scripts.

Paper: Riedl, Klock, Geldhauser and Fornasier, 2023 (v2 2026)
arXiv: 2306.09778
Family: consensus
"""
