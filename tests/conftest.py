"""A session stricter than users': float64, no silent rank promotion, no legacy keys, shapes checked by beartype."""

import jax

from core.run.platform import use_compile_cache

use_compile_cache()
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_legacy_prng_key", "error")
