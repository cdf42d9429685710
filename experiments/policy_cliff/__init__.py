"""The Policy Cliff: A Theoretical Analysis of Reward-Policy Maps in Large Language Models.

The map from a reward to its optimal policy jumps where two actions tie, and with several rewards a small weight can
decide which policy is learned; an entropy term makes the map continuous. Verified exactly, with the sharp constant, its
dependence on the discount, and the price in reward.

Paper: Xu, 2025
arXiv: 2507.20150
Family: entropy
"""
