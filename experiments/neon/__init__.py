"""Neon: Negative Extrapolation From Self-Training Improves Image Generation.

Tuning a generative model on its own samples makes it worse; stepping from the model in the opposite direction makes it
better, if the sampler seeks the modes. Verified here on exponential families: the exact risk of the step, the inner
product of gradients that decides its sign, and the assumption behind it: the model has to err on the side of
over-confidence as well.

Paper: Alemohammad, Wang and Baraniuk, 2025
arXiv: 2510.03597
Family: model collapse
"""
