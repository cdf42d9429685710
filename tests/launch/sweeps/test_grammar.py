"""What sweep flags mean: the same numbers as when typed, exact ends, and one line for what can't be meant."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launch.sweeps.grammar import MOST_POINTS, grid, grid_size, swept_values


@dataclass(frozen=True)
class Config:
    a: float = 1.0
    b: tuple[int, ...] = (1, 2)
    c: int = 3
    w: tuple[float, ...] = (1.0,)
    n: tuple[tuple[int, ...], ...] = ((1,), (2, 3))
    s: bool = True

    def __post_init__(self):
        if self.c == 7:
            raise ValueError("c: seven is refused")


def values(*flags):
    return swept_values(Config(), [f"config.{flag}" for flag in flags])


@pytest.mark.parametrize(("flag", "expected"), [
    ("a=1,2.5", (1.0, 2.5)),
    ("a=1,1.0,2", (1.0, 2.0)),  # one point, not two
    ("c=0:20:3,5", (0, 10, 20, 5)),
    ("c=5:-5:3", (5, 0, -5)),
    ("b=3,5;7", ((3, 5), (7,))),
    ("w=1;2,3", ((1.0,), (2.0, 3.0))),
    ("s=true,false", (True, False)),
])  # fmt: skip
def test_values_are_as_written(flag, expected):
    (found,) = values(flag).values()
    assert found == expected
    assert [type(v) for v in found] == [type(v) for v in expected]


@settings(max_examples=50, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(2, 40), st.integers(0, 6))
def test_a_range_has_the_numbers_that_one_would_type(first, last, count, digits):
    scale = 10**digits
    (found,) = values(f"a={first}e-{digits}:{last}e-{digits}:{count}").values()
    assert (found[0], found[-1]) == (first / scale, last / scale)
    if first != last:
        typed = [(first * (count - 1) + (last - first) * step) / (scale * (count - 1)) for step in range(count)]
        assert list(found) == list(dict.fromkeys(typed))


def test_the_grid_is_the_product_with_the_last_field_fastest():
    configs = list(grid(Config(), values("a=1,2", "c=1:3:3")))
    assert [(config.a, config.c) for config in configs] == [(a, c) for a in (1.0, 2.0) for c in (1, 2, 3)]
    assert all(config.b == (1, 2) and config.n == ((1,), (2, 3)) for config in configs)


@pytest.mark.parametrize(("flags", "said"), [
    (["z=1"], "no such field; there are: --config.a=1.0"),
    (["a=x"], "must be a finite float"),
    (["a=1,,2"], "must be a finite float"),
    (["a=1:2"], "first:last:count"),
    (["a=1:2:x"], "first:last:count"),
    (["a=0:1:1"], "from 2 to"),
    (["a=0:1:1000000000"], "from 2 to"),
    (["a=0:1e999:3"], "too large"),
    (["a=0:1e999999999:3"], "first:last:count"),
    (["c=0:1:3"], "whole numbers"),
    (["c=0:9e30:2"], "whole numbers"),
    (["b=1;;2"], "must be a tuple of int"),
    (["n=1"], "can't be given"),
    (["a=1", "a=2"], "given twice"),
    (["c=6,7"], "--config.c=7: c: seven is refused"),
])  # fmt: skip
def test_what_can_not_be_meant_is_refused_in_one_line(flags, said):
    with pytest.raises(ValueError, match="--config") as refused:
        list(grid(Config(), values(*flags)))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_too_many_points_are_counted_and_not_made():
    many = values("a=0:1:1000", "c=1,2")
    assert math.prod(map(len, many.values())) == 2000
    assert grid_size(many, 500) == MOST_POINTS
    with pytest.raises(ValueError, match=r"1,002,000 points \(1000 of --config.a x 2 of --config.c x 501 of --seeds\)"):
        grid_size(many, 501)
