"""Mitigating Premature Exploitation in Particle-based Monte Carlo for Inference-Time Scaling.

A particle filter over partial answers trusts a reward that is overconfident early, and the lineages that would have
been right die before it knows better. Resampling with flattened weights while there is time keeps them. Verified on a
latent-path model with a planted early bias in place of a language model; of the paper only the abstract and the
annealing formula were available.

Paper: Giannone, Xu, Nayak, Awhad, Sudalairaj, Xu and Srivastava, 2025
arXiv: 2510.05825
Family: consensus
"""
