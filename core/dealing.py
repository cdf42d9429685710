"""Independent runs dealt out to the devices of a mesh."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

Results = TypeVar("Results")


def over_devices(mesh: Mesh, function: Callable[..., Results], *runs: Any, together: int | None = None) -> Results:
    """`jax.vmap(function)(*runs)` with the runs, one a seed, dealt out to the devices; call it under `jit`.

    Any number will do: a device without a run of its own repeats the last one. The results are the same on any number
    of devices to rounding, and mostly to the bit where a device takes one run at a time; a device that has but one run
    needs no loop, and what XLA fuses then may round otherwise.

    Args:
        mesh: of one axis.
        function: of one run. Its results hold arrays only, and depend on no other run.
        *runs: trees of arrays, or of keys, (runs, ...).
        together: runs of one device that are vmapped; by default one on a CPU, where small networks train faster one
            after another, and all of them on an accelerator.

    >>> from core.run.mesh import device_mesh
    >>> keys = jax.random.split(jax.random.key(0), 3)
    >>> jax.jit(lambda keys: over_devices(device_mesh(), jax.random.normal, keys))(keys).shape
    (3,)
    """
    axis, devices = mesh.axis_names[0], mesh.size
    count = _length(runs)
    share = -(-count // devices)
    batch = together or (1 if jax.default_backend() == "cpu" else share)
    dealt = np.minimum(np.arange(share * devices), count - 1)

    # nothing is replicated and nothing summed across devices, so that there is nothing for check_vma to find; with it,
    # each loop inside `function` would have to mark its initial state as varying
    @partial(jax.shard_map, mesh=mesh, in_specs=PartitionSpec(axis), out_specs=PartitionSpec(axis), check_vma=False)
    def on_each(own: Any) -> Results:
        if 1 < batch >= share:
            return jax.vmap(function)(*own)
        # one rounds otherwise in a batch than out of it
        return jax.lax.map(lambda one: function(*one), own, batch_size=batch if batch > 1 else None)

    if len(dealt) == count:  # nothing to repeat: no array is copied
        return on_each(runs)
    return jax.tree.map(lambda x: x[:count], on_each(jax.tree.map(lambda x: x[dealt], runs)))


def over_grid(mesh: Mesh, function: Callable[..., Results], *axes: Any, together: int | None = None) -> Results:
    """`over_devices` of every combination of one entry of each axis: results (first axis, second axis, ..., ...).

    >>> from core.run.mesh import device_mesh
    >>> jax.jit(lambda x, y: over_grid(device_mesh(), jax.lax.add, x, y))(np.arange(2), 10 * np.arange(3)).tolist()
    [[0, 10, 20], [1, 11, 21]]
    """
    counts = [_length(axis) for axis in axes]
    places = np.indices(counts).reshape(len(counts), -1)
    runs = [jax.tree.map(lambda x, at=at: x[at], axis) for axis, at in zip(axes, places, strict=True)]
    found = over_devices(mesh, function, *runs, together=together)
    return jax.tree.map(lambda x: x.reshape(*counts, *x.shape[1:]), found)


def _length(runs: Any) -> int:
    counts = sorted({x.shape[0] if x.ndim else 0 for x in jax.tree.leaves(runs)})
    if len(counts) != 1 or not counts[0]:
        raise ValueError(f"runs have the leading lengths {counts}; allowed is one and the same, >= 1")
    return counts[0]
