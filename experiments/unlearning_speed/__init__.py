"""Negative Preference Optimization: From Catastrophic Collapse to Effective Unlearning.

Gradient ascent on what is to be forgotten runs away linearly in time and takes the rest of the model along; a bounded
loss (NPO) with the same gradient at the start moves only logarithmically. Verified exactly for a logistic answer, with
the limits of both statements, and on a small network.

Paper: Zhang, Lin, Bai and Mei, COLM 2024
arXiv: 2404.05868
Family: entropy
"""
