"""Stabilizing Transformer Training by Preventing Attention Entropy Collapse.

The spectral norm of the attention logits bounds the entropy of attention from below, exponentially tightly, so weights
divided by their own spectral norm (σReparam) can't collapse it at once. Verified here: the bound and its extremal row,
under attack; a sharper bound for whole matrices, proved from a certified norm on; the norm of an Adam update; and both
bounds live on a tiny transformer whose learning rate is pushed until attention collapses.

Paper: Zhai, Likhomanenko, Littwin, Busbridge, Ramapuram, Zhang, Gu and Susskind, ICML 2023
arXiv: 2303.06296
Family: training stability
"""
