"""A session stricter than users': float64, no silent rank promotion, no legacy keys, shapes checked by beartype."""

import gc
import signal

import jax

from core.run.platform import use_compile_cache, use_wide_vectors

use_wide_vectors()
use_compile_cache()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs and their children ignore Ctrl-C
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_legacy_prng_key", "error")


def pytest_collection_finish():
    """What imports have made lives as long as the session: the collector need not look through it time and again.

    Nor need it look after every few hundred nodes of a program that is traced.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
