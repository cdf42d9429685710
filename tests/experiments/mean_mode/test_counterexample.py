import numpy as np


def test_two_stars_blow_the_centred_energy_up():
    tokens = 8
    attention = np.zeros((tokens, tokens))
    attention[:4, 0], attention[4:, 1] = 1, 1  # half of the tokens look at one, half at another
    x = np.zeros(tokens)
    x[:2] = 1, -1
    after = attention @ x
    assert np.ptp(after) == np.ptp(x)
    assert np.sum((after - after.mean()) ** 2) == tokens / 2 * np.sum((x - x.mean()) ** 2)
