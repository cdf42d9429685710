"""Linguistic Collapse: Neural Collapse in (Large) Language Models.

Features of a language model, grouped by their next token, drift towards collapse as models grow and train, although
classes are more than dimensions, unequal and ambiguous, and the drift goes with lower loss. Looked at here on small
transformers that learn a synthetic language; the same figures draw the authors' published rows when given their file.

Paper: Wu & Papyan, NeurIPS 2024
arXiv: 2405.17767
Family: collapse
"""
