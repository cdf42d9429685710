"""Process-wide switches of JAX and Python, set once at the door: virtual devices, compile cache, width of vectors."""

import gc
import hashlib
import os
import platform
from pathlib import Path

import jax


def use_compile_cache() -> Path | None:
    """Keep compiled programs in the user's cache, in a folder keyed by JAX version and host CPU.

    A program compiled for one CPU may not run on another, so a home shared by several hosts needs the key.
    Returns the folder, or None, and JAX then compiles afresh, which is slower but right: when the folder can't be
    written, and before JAX 0.12, which warns loudly of each program loaded that it may be made for another machine.
    """
    if jax.__version_info__ < (0, 12):
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "tipping" / f"jax-{jax.__version__}-{_host_cpu()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder


def collect_rarely() -> None:
    """Python need not look for cycles among what the imports have made, nor after every few hundred nodes of a trace.

    To be called when all is imported; it is a tenth of the time in which a figure of which all is compiled starts.
    """
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def use_wide_vectors() -> None:
    """Lets XLA use all 512 bits of the vectors of a CPU that has them; only before JAX has been used.

    It stops at 256 of its own accord, for old CPUs clock down. With 512 (AMD EPYC, Zen 4) voting trees take 0.74 of the
    time, swarms 0.7 to 0.85, token statistics 0.8 to 0.87, and nothing that was tried takes longer. Numbers may round
    otherwise; they are still the same on any number of devices. An `XLA_FLAGS` that sets the width itself is heeded.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    tried = (0, 10) <= jax.__version_info__ < (0, 13)  # a flag that XLA does not know ends the process
    recent = any("avx512_vbmi2" in line.split() for line in _cpu_info())  # Ice Lake, Zen 4 and later
    if tried and recent and "prefer_vector_width" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_prefer_vector_width=512".strip()


def _cpu_info() -> list[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text().splitlines() if info.exists() else []


def _host_cpu() -> str:
    lines = _cpu_info() or [platform.processor(), platform.machine()]
    features = sorted({line for line in lines if line.startswith(("flags", "model name", "Features"))}) or lines
    return hashlib.sha256("\n".join(features).encode()).hexdigest()[:12]


def set_devices(count: int) -> None:
    """Splits the CPU into `count` virtual devices; only before JAX has been used.

    Raises:
        ValueError: when JAX has already been used with another number.

    Examples:
        >>> set_devices(jax.device_count())  # as many as there are: nothing to do
    """
    try:
        jax.config.update("jax_num_cpu_devices", count)
    except RuntimeError:
        if jax.device_count() != count:
            raise ValueError(f"--devices={count}: this process already has {jax.device_count()} devices") from None
