"""A session stricter than users': float64, no silent rank promotion, no legacy keys, shapes checked by beartype."""

import gc
import os
import signal

import jax

from core.run.platform import collect_rarely, use_compile_cache, use_wide_vectors

# A test runs each program once or twice, so XLA need not optimise, here and in children that do not ask it to; with
# JAX 0.10 a little, or kernels of one program round differently.
LEVEL = int(jax.__version_info__ < (0, 12))
os.environ["XLA_FLAGS"] = f"--xla_backend_optimization_level={LEVEL} {os.environ.get('XLA_FLAGS', '')}".strip()
use_wide_vectors()
use_compile_cache()
collect_rarely()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs and their children ignore Ctrl-C
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_legacy_prng_key", "error")


def pytest_collection_finish():
    collect_rarely()  # again: now all is imported


def pytest_sessionfinish():
    """Pytest looks five times through all that is left for what was not closed: seconds, in which it finds nothing."""
    gc.freeze()
