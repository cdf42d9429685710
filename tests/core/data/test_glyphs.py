import jax
import numpy as np
import pytest

from core.data.glyphs import glyph_templates, sample_glyphs
from tests.compiled import compiled


def test_templates_differ_and_keep_a_margin():
    templates = glyph_templates()
    assert templates.shape == (10, 8, 8)
    assert templates[:, [0, -1], :].sum() == templates[:, :, [0, -1]].sum() == 0
    gaps = np.abs(templates[:, None] - templates[None]).sum((2, 3)) + 99 * np.eye(10)
    assert gaps.min() >= 2


def test_without_noise_an_image_is_its_shifted_template():
    images, labels = compiled(lambda key: sample_glyphs(key, (3, 2, 4), 0.0))(jax.random.key(0))
    assert np.array_equal(labels, [0, 0, 0, 1, 1, 2, 2, 2, 2])
    for image, label in zip(np.asarray(images).reshape(-1, 8, 8), labels, strict=True):
        shape = glyph_templates()[label]
        shifted = [np.roll(shape, s, (0, 1)) for s in np.ndindex(3, 3)]
        shifted += [np.roll(shape, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        assert any(np.allclose(image / image.max(), s) for s in shifted)


def test_no_eleventh_digit():
    with pytest.raises(ValueError, match="class_sizes"):
        sample_glyphs(jax.random.key(0), (1,) * 11)
