import dataclasses

import pytest

from core.run.request import configure, parse


@dataclasses.dataclass(frozen=True)
class Config:
    depth: int = 3
    gamma: float = 0.5
    fan_ins: tuple[int, ...] = (3, 5)
    rates: tuple[float, ...] = (0.5,)
    law: str = "common"
    on: bool = False

    def __post_init__(self):
        if self.depth < 0:
            raise ValueError(f"depth: {self.depth}, must be >= 0")


PRESETS = {"smoke": Config(depth=1), "laptop": Config()}


def configured(*arguments):
    request = parse(arguments)
    return configure(PRESETS, request.preset, request.config)


@pytest.mark.parametrize(
    ("argument", "field", "value"),
    [
        ("--config.depth=5", "depth", 5),
        ("--config.gamma=1", "gamma", 1.0),
        ("--config.fan_ins=7,9", "fan_ins", (7, 9)),
        ("--config.fan_ins=(7,)", "fan_ins", (7,)),
        ("--config.fan_ins=7", "fan_ins", (7,)),
        ("--config.rates=1,2.5", "rates", (1.0, 2.5)),
        ("--config.law=other", "law", "other"),
        ("--config.on=true", "on", True),
    ],
)
def test_an_override_changes_its_field_and_nothing_else(argument, field, value):
    config = configured(argument)
    assert config == dataclasses.replace(Config(), **{field: value})
    assert repr(getattr(config, field)) == repr(value), "1 is not 1.0"


def test_overrides_start_from_the_preset():
    assert configured("--preset=smoke", "--config.gamma=0.1") == Config(depth=1, gamma=0.1)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--config.dpth=5", "dpth: no such field; there are: --config.depth=3, --config.gamma=0.5"),
        ("--config.depth=many", "--config.depth=many: must be an int"),
        ("--config.depth=2.5", "must be an int"),
        ("--config.depth=", "must be an int"),
        ("--config.gamma=nan", "must be a finite float"),
        ("--config.fan_ins=3.5,7", "must be a tuple of int"),
        ("--config.on=maybe", "must be true or false"),
        ("--config.depth", "write it as --config.depth=value"),
        ("--config.depth=-1", "depth: -1, must be >= 0"),
        ("--bogus=1", "unknown flag --bogus; there are: .*--preset.*--config.<field>"),
        ("--preset=huge", "smoke|laptop|paper"),
        ("--preset=paper", "this experiment has smoke, laptop"),
        ("--seed=-1", "not an integer in the range"),
        ("--devices=0", "not an integer in the range"),
        ("--out=", "must name a folder"),
    ],
)
def test_a_bad_argument_is_refused_in_one_line_that_says_what_is_allowed(argument, message):
    with pytest.raises(ValueError, match=message) as refused:
        configured(argument)
    assert "\n" not in str(refused.value)
