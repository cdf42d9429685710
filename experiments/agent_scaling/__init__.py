"""Scaling Large Language Model-based Multi-Agent Collaboration (MacNet).

The paper fits a logistic curve to the quality of a network of agents against the logarithm of their number. Verified
here is what a voting tree makes of that law: its squared bias is logistic in ln N with a rate, 2s, and a midpoint that
are derived and not fitted, exactly so at the transition and with known errors elsewhere. The trees are a substitute for
the paper's networks of language models, whose runs are not reproduced; of the paper the abstract was read.

Paper: Qian et al., ICLR 2025
arXiv: 2406.07155
Family: trees
"""
