"""Process-wide switches of JAX, set once at the door: precision, virtual devices, compile cache."""

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


def _host_cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else [platform.processor(), platform.machine()]
    features = sorted({line for line in lines if line.startswith(("flags", "model name", "Features"))}) or lines
    return hashlib.sha256("\n".join(features).encode()).hexdigest()[:12]


def set_devices(count: int) -> None:
    """Splits the CPU into `count` virtual devices; only before JAX has been used.

    Raises:
        ValueError: when JAX has already been used with another number.
    """
    try:
        jax.config.update("jax_num_cpu_devices", count)
    except RuntimeError:
        if jax.device_count() != count:
            raise ValueError(f"--devices={count}: this process already has {jax.device_count()} devices") from None
