"""A Tale of Tails: Model Collapse as a Change of Scaling Laws.

On data with a heavy tail, error falls like a power of the sample; synthetic data have lost the tail, so that the law
bends, stops, or resumes late when some real data are mixed in. Verified here: the exponents and constants of the
memoriser on a Zipf law by exact sums over infinitely many items, the plateaus, and what repeated resampling does, which
is not linear in the number of generations.

Paper: Dohmatob, Feng, Yang, Charton and Kempe, ICML 2024
arXiv: 2402.07043
Family: model collapse
"""
