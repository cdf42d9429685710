"""Tracing the Representation Geometry of Language Models from Pretraining to Post-training.

The effective rank of a language model's features falls, rises and falls again during training; skewed frequencies and
a bottleneck are named as causes. Looked at here in the smallest model with both: free features of a vocabulary under
cross-entropy. Only the abstract was available; the toy is ours, and post-training is out of scope.

Paper: Li, Agrawal, Ghosh, Teru, Santoro, Lajoie & Richards, 2025
arXiv: 2509.23024
Family: collapse
"""
