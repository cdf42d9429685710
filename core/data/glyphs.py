"""Ten drawn digits on 8 x 8 pixels, shifted, scaled in contrast and noisy: image data that need no download."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Key, Real

_ROWS = """
.####. ...#.. .####. .####. ...##. ###### .####. ###### .####. .####.
##..## .###.. #...## #...## ..###. ##.... ##.... ....## ##..## ##..##
##..## ...#.. ....## ...##. .##.#. #####. #####. ...##. .####. ##..##
##..## ...#.. ..##.. ....## ###### ....## ##..## ..##.. ##..## .#####
##..## ...#.. .##... #...## ....#. #...## ##..## .##... ##..## ....##
.####. .##### ###### .####. ....#. .####. .####. .##... .####. .####.
"""

PIXELS = 64
CLASSES = 10


def glyph_templates() -> Float[np.ndarray, "10 8 8"]:
    """The ten digits, ink 1 on 0, with a margin of one pixel.

    >>> glyph_templates()[7, 1].tolist()  # the bar of the seven
    [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    """
    rows = [line.split() for line in _ROWS.strip().splitlines()]
    ink = np.array([[[mark == "#" for mark in rows[r][digit]] for r in range(6)] for digit in range(10)], float)
    return np.pad(ink, ((0, 0), (1, 1), (1, 1)))


def sample_glyphs(
    key: Key[Array, ""], class_sizes: Sequence[int], noise: Real[ArrayLike, ""] = 0.25
) -> tuple[Float[Array, "N 64"], Int[Array, " N"]]:
    """Images, rows, class after class, and their labels.

    Each image is shifted by up to one pixel in both directions, its ink scaled by 0.7 to 1.3, and gets normal noise.

    Args:
        key: typed key.
        class_sizes: how many of each digit from 0 on, at most ten.
        noise: standard deviation of the noise on each pixel.

    >>> images, labels = jax.eval_shape(lambda key: sample_glyphs(key, [2, 1]), jax.random.key(0))
    >>> images.shape, labels.shape
    ((3, 64), (3,))
    """
    if not 2 <= len(class_sizes) <= CLASSES or min(class_sizes) < 1:
        raise ValueError(f"class_sizes is {tuple(class_sizes)}; allowed are 2 to {CLASSES} positive numbers")
    labels = np.repeat(np.arange(len(class_sizes)), np.asarray(class_sizes))
    shift_key, ink_key, noise_key = jax.random.split(key, 3)
    shifts = jax.random.randint(shift_key, (len(labels), 2), -1, 2)
    ink = jax.random.uniform(ink_key, (len(labels), 1, 1), minval=0.7, maxval=1.3)
    images = jax.vmap(lambda image, s: jnp.roll(image, (s[0], s[1]), (0, 1)))(
        jnp.asarray(glyph_templates())[labels], shifts
    )
    images = ink * images + jnp.asarray(noise) * jax.random.normal(noise_key, images.shape)
    return images.reshape(-1, PIXELS), jnp.asarray(labels)
