"""Phase Transition for Budgeted Multi-Agent Synergy.

A tree of voting agents amplifies a weak signal or washes it out, and which of the two is decided by one number, the
amplification of a level: fan-in, fidelity of messages and correlation of errors enter only through it. With a budget
to spend, many weak agents beat one strong agent exactly when the signal grows faster with the number of leaves than a
single agent improves with its compute. The text of the proofs was not available: statements were re-derived.

Paper: Liu, Kong and Pei, 2026
arXiv: 2601.17311
Family: trees
"""
