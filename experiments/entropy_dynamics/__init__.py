"""On the Entropy Dynamics in Reinforcement Fine-Tuning of Large Language Models.

Pushing one sampled token changes the entropy of the next-token policy by a closed-form discriminator, S = p (log p +
H), and clipping tokens by that number keeps the entropy up. The full text was not available: the theorems were
re-derived from their statements, and the two clipping rules follow the released code. Language models are replaced by
a tiny transformer whose entropy collapses in seconds; scores on AIME and the like are out of reach.

Paper: Wang, Xie, Zhang, Sun, Chen, Li and Zhang, 2026
arXiv: 2602.03392
Family: entropy
"""
