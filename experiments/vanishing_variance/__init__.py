"""Vanishing Variance Problem in Fully Decentralized Neural-Network Systems.

Networks that were initialised apart and are averaged lose the variance of their weights, and with it the signal, before
they learn anything; rescaling to the spread before the average repairs it. Verified here: the variance under gossip on
any graph, for independent and correlated networks; what it does to the signal through L layers; the rescaling; and
training on a ring, a random and a complete graph with data that differ from node to node.

Paper: Yongding Tian, Zaid Al-Ars, Maksim Kitsak and Peter Hofstee, 2024
arXiv: 2404.04616
Family: consensus
"""
