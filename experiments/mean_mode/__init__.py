"""Mean Mode Screaming: Mean-Variance Split Residuals for Deep Transformers.

In a very deep transformer the mean over tokens and the differences between tokens live under different laws: attention
keeps the first and shrinks the second, gradients of the first add up coherently, and constants in the values send no
gradient to queries and keys. Verified here: the exact splits, where the contraction needs an assumption, and what the
mean-variance split residual does to a 64-layer stack at initialisation. Training runs are not reproduced.

Paper: title and equations from the abstract and a third-party account, 2026
arXiv: 2605.06169
Family: training stability
"""
