"""From Spark to Fire: Modeling and Mitigating Error Cascades in LLM-Based Multi-Agent Collaboration.

Errors pass along the messages between agents and are corrected at some rate; the paper's early warning is the risk
R = β λ_1/δ, transmission times the spectral radius of the dependency graph over correction. Verified here on stochastic
and mean-field cascades: the growth that R stands for, that R < 1 ends every cascade in the long run, and what R does
not say: it is neither sufficient for an outbreak on small or sparse graphs nor necessary for a first burst of errors.
The abstract and third-party notes on the criterion were read; the model's equations are re-derived. The experiments
with language models (the governance layer's defence rates) are not reproduced.

Paper: Xie et al., 2026
arXiv: 2603.04474
Family: trees
"""
