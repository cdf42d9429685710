import numpy as np

from core.probes.decisions import agreement_init, agreement_rate, agreement_update, best_class
from tests.compiled import compiled

update = compiled(agreement_update, static_argnames="tile")


def test_the_rule_of_nearest_means_written_as_a_head_agrees_with_itself_everywhere():
    rng = np.random.default_rng(0)
    means, features = rng.normal(size=(13, 4)), 2 * rng.normal(size=(400, 4))
    bias = -np.sum(means**2, 1) / 2
    state = update(agreement_init(), features, means, bias, means, np.ones(13, bool), tile=5)
    assert state.agreed == state.seen == 400
    # without its bias that head decides otherwise
    wrong = update(agreement_init(), features, means, 0 * bias, means, np.ones(13, bool), tile=5)
    assert 0.2 < agreement_rate(wrong) < 0.9


def test_tiles_find_the_first_of_the_best():
    scores = np.random.default_rng(1).integers(0, 5, size=(50, 11)).astype(float)
    found = compiled(best_class, static_argnames="tile")(scores, np.eye(11), np.zeros(11), tile=4)
    assert np.array_equal(found, np.argmax(scores, axis=1))


def test_unseen_classes_are_never_chosen_and_batches_add_up():
    rng = np.random.default_rng(2)
    means, features = rng.normal(size=(6, 3)), rng.normal(size=(60, 3))
    seen = np.arange(6) != 2
    garbage = np.where(seen[:, None], means, features[0])  # the mean of a class without samples means nothing
    bias = -np.sum(means**2, axis=1) / 2
    state = agreement_init()
    for start in (0, 20, 40):
        state = update(state, features[start : start + 20], means, bias, garbage, seen)
    assert state.agreed == state.seen == 60
