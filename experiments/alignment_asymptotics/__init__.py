"""Asymptotics of Language Model Alignment.

Best of N and the KL-constrained optimum are two ways to trade reward for divergence; on long memoryless sequences with
N = e^{nD} they reach the same reward a symbol at the same divergence a symbol. Verified exactly by laws of sums, and
sharpened: the two stay a logarithm apart in total, and as laws they separate.

Paper: Yang, Salamatian, Sun, Suresh and Beirami, ISIT 2024
arXiv: 2404.01730
Family: entropy
"""
