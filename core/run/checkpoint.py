"""Checkpoints of a loop through Orbax: the newest readable step of a folder, or nothing."""

import logging
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Checkpoints(NamedTuple):
    """Functions over one folder."""

    save: Callable[[int, Any], None]  # (step, tree), returns when it is on disk
    restore: Callable[[Callable[[int], Any]], tuple[int, Any] | None]  # (step -> tree of shapes) -> newest or None
    close: Callable[[], None]


NO_CHECKPOINTS = Checkpoints(lambda step, tree: None, lambda shapes_at: None, lambda: None)


def open_checkpoints(folder: Path) -> Checkpoints:
    """Checkpoints in `folder`, which is made at the first save; saves that were cut short are cleared away."""

    @cache
    def manager() -> Any:
        logging.getLogger("absl").setLevel(logging.ERROR)  # Orbax tells its whole day there
        import orbax.checkpoint as ocp  # a third of a second, which a loop that never saves need not spend

        options = ocp.CheckpointManagerOptions(
            max_to_keep=2, cleanup_tmp_directories=True, enable_async_checkpointing=False
        )
        return ocp.CheckpointManager(folder.resolve(), options=options)

    def save(step: int, tree: Any) -> None:
        from orbax.checkpoint.args import StandardSave

        if step in manager().all_steps():
            return
        manager().save(step, args=StandardSave(_without_keys(tree)), force=True)
        manager().wait_until_finished()

    def restore(shapes_at: Callable[[int], Any]) -> tuple[int, Any] | None:
        from orbax.checkpoint.args import StandardRestore

        for step in sorted(manager().all_steps(), reverse=True):
            like = shapes_at(step)
            try:
                leaves = manager().restore(step, args=StandardRestore(_abstract(_without_keys(like))))
            except Exception as error:  # an unreadable step of any kind: the one before it is as good as new
                print(f"checkpoint {step} in {folder} is unreadable and skipped: {error}", file=sys.stderr)
                manager().delete(step)
                continue
            return step, _with_keys(leaves, like)
        return None

    def close() -> None:
        if manager.cache_info().currsize:
            manager().close()

    return Checkpoints(save, lambda shapes_at: restore(shapes_at) if folder.exists() else None, close)


def _without_keys(tree: Any) -> dict[str, Any]:
    """The leaves by number, typed random keys as plain integers: what any version of Orbax can hold."""
    return {str(i): jax.random.key_data(x) if _is_key(x) else x for i, x in enumerate(jax.tree.leaves(tree))}


def _with_keys(leaves: Mapping[str, Any], like: Any) -> Any:
    old, treedef = jax.tree.flatten(like)
    new = [leaves[str(i)] for i in range(len(old))]
    return treedef.unflatten(
        jax.random.wrap_key_data(x, impl=jax.random.key_impl(o)) if _is_key(o) else x
        for x, o in zip(new, old, strict=True)
    )


def _abstract(leaves: dict[str, Any]) -> dict[str, Any]:
    return {
        name: jax.ShapeDtypeStruct(jnp.shape(x), jnp.result_type(x), sharding=getattr(x, "sharding", None))
        for name, x in leaves.items()
    }


def _is_key(x: Any) -> bool:
    return isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
