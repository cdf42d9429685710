from experiments.unlearning_speed.claims import (
    c02_ascent_is_the_limit_of_no_sharpness,
    c06_linear_only_in_log_linear_models,
)


def test_both_claims_need_their_assumption():
    assert c02_ascent_is_the_limit_of_no_sharpness().verdict == "holds-if"
    assert c06_linear_only_in_log_linear_models().verdict == "holds-if"
