"""The one place where a mesh of devices is made."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

DEVICES = "devices"  # name of the axis


def device_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """Devices along one axis, "devices", left to the compiler unless `shard_map` takes it.

    By default all that the run has: in a run of several processes those of the other processes too, in the same order
    everywhere. Monte Carlo, swarms and probes give the same bits on any number of them (`core.blocks`); the training of
    networks, whose products round as their shapes bid, gives the same bits on the same mesh only.

    >>> device_mesh().shape["devices"] == jax.device_count()
    True
    """
    everyone = np.array(jax.devices() if devices is None else list(devices))
    return Mesh(everyone, (DEVICES,), axis_types=(AxisType.Auto,))
