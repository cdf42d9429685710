"""Assessing Neural Network Representations During Training Using Noise-Resilient Diffusion Spectral Entropy.

The entropy of a random walk's spectrum on samples measures how many directions they fill, and its loss given the
labels what they know of them. Verified here: limits, the closed form at collapse, and how resilience to noise depends
on the walk's number of steps.

Paper: Liao, Liu, Christensen, Tong, Huguet, Wolf, Nickel, Adelstein & Krishnaswamy, CISS 2024
arXiv: 2312.04823
Family: collapse
"""
