"""Is Model Collapse Inevitable? Breaking the Curse of Recursion by Accumulating Real and Synthetic Data.

A model refitted to its own output gets worse without end if each generation replaces the last, and stays within a
constant factor if the data accumulate. Verified here: the errors of least squares by generation, exactly, for reused
and for fresh inputs; what a share of real labels does, and for which kind of mixing; the same laws for a bigram
language.

Paper: Gerstgrasser, Schaeffer, Dey, Rafailov et al., COLM 2024
arXiv: 2404.01413
Family: model collapse
"""
