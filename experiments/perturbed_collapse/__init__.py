"""Perturbation Analysis of Neural Collapse.

Real features stay near what earlier layers made, and a free-feature model tied to such features shows how far they
collapse: along the flow the within-class share always falls, and near collapse the answer to a displacement is a map
with a known spectrum, in which feature decay helps and head decay hinders. Verified here by integration and descent.

Paper: Tirer, Huang & Niles-Weed, ICML 2023
arXiv: 2210.16658
Family: collapse
"""
