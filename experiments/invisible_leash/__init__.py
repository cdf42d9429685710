"""The Invisible Leash: Why RLVR May or May Not Escape Its Origin.

Learning from a verifier sharpens what the policy already samples: it gains on the first try and can lose on many. The
exact statements (zeros stay zeros, what a tilt leaves alone, when entropy falls) are verified, and the observed ones
are traced to what causes them: the plain softmax gradient, and parameters that prompts share.

Paper: Wu, Xuan, Lu, Harchaoui and Choi, 2025
arXiv: 2507.14843
Family: entropy
"""
