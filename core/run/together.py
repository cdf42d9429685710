"""What the processes of one run tell each other; each function is called by all of them, or by none."""

from typing import Any

import jax
import numpy as np


def is_leader() -> bool:
    """Whether this process is the one that writes.

    >>> is_leader()  # who runs alone is
    True
    """
    return not jax.distributed.is_initialized() or jax.process_index() == 0


def everyone(*values: int) -> np.ndarray:
    """What each process says: a row a process, the leader's first. Numbers must fit in 32 bits.

    >>> everyone(3, 4).tolist()  # of one process
    [[3, 4]]
    """
    if not jax.distributed.is_initialized():  # asked first, because it does not start a backend
        return np.array([values])
    from jax.experimental.multihost_utils import process_allgather

    return np.asarray(process_allgather(np.array(values, np.int32))).reshape(jax.process_count(), len(values))


def from_leader(value: int) -> int:
    """What the leader says.

    >>> from_leader(3)
    3
    """
    return int(everyone(value)[0, 0])


def on_host(x: Any) -> np.ndarray:
    """An array with all its pieces, wherever they live.

    >>> on_host(jax.numpy.arange(3)).tolist()
    [0, 1, 2]
    """
    if getattr(x, "is_fully_addressable", True) or x.is_fully_replicated:
        return np.asarray(x)
    from jax.experimental.multihost_utils import process_allgather

    return np.asarray(process_allgather(x, tiled=True))
