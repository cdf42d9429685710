"""Neural Collapse in Deep Linear Networks: From Balanced to Imbalanced Data.

Layers without nonlinearity on free features have a global minimum in closed form, for any class sizes: features
collapse on their class means, and these form an orthogonal frame or a simplex whose lengths follow the class sizes.
Verified here by descent from random starts, with both loads at which small classes die. With cross-entropy and two
layers or more, the simplex is not the global minimum.

Paper: Dang, Tran, Osher, Tran-The, Ho & Nguyen, ICML 2023
arXiv: 2301.00437
Family: collapse
"""
