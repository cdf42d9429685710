"""Ghosts of Softmax: Complex Singularities That Limit Safe Step Sizes in Cross-Entropy.

Zeros of the partition function off the real line end the disc in which a Taylor model of the cross-entropy converges,
and a step beyond it fails. The geometry is verified exactly; that the radius also decides where training fails is an
observation, repeated here on small networks, with the limits within which it can be true.

Paper: Sao, 2026
arXiv: 2603.13552
Family: entropy
"""
