from experiments.policy_cliff.claims import c01_jump_at_a_tie, c07_back_to_the_cliff


def test_the_cliff_is_there_and_the_way_back_needs_a_small_temperature():
    assert c01_jump_at_a_tie().verdict == "holds"
    assert c07_back_to_the_cliff().verdict == "holds-if"
