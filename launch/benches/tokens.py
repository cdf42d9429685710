"""Statistics of sampled tokens over a vocabulary of 151,936, against log-sum-exp minus product, forward and back.

Arrays of 19 MB come and go, and whether glibc keeps their pages for the next call or must fault them in anew depends on
what else lies in the heap: a ratio moves between 2.5 and 5.5 from process to process. It stands still where nothing is
given back (MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ of 4e9), to the gain of whoever allocates most: the peer.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from core.probes.tokens import token_stats
from launch.limits import copies, exponentials
from launch.measure import Curve, Line, Peer, import_torch, installed, memory_of

TOKENS, VOCABULARY = 32, 151_936


def lines(quick: bool) -> Iterator[Line]:
    """Both precisions and directions against JAX and torch; then the growth in both sizes."""
    shape = (TOKENS // 4, VOCABULARY // 8) if quick else (TOKENS, VOCABULARY)
    for dtype, back in itertools.product(("float32", "bfloat16"), (False, True)):
        yield from (_line(shape, dtype, back, peer) for peer in ("JAX", "torch"))
    for columns in (11, 14) if quick else (13, 14, 15, 16, 17):
        yield _growth((16, 2**columns), "vocabulary", 2**columns)
    for tokens in (8, 64) if quick else (8, 16, 32, 64, 128):
        yield _growth((tokens, 2**14), "tokens", tokens)


def _inputs(shape: tuple[int, int], dtype: str) -> tuple[jax.Array, jax.Array]:
    keys = jax.random.split(jax.random.key(0))
    return (5 * jax.random.normal(keys[0], shape)).astype(dtype), jax.random.randint(keys[1], shape[:1], 0, shape[1])


def _line(shape: tuple[int, int], dtype: str, back: bool, peer: str) -> Line:
    logits, tokens = _inputs(shape, dtype)

    def compiled(statistics: Callable[..., Any]) -> jax.stages.Compiled:
        return jax.jit(_summed_gradient(statistics) if back else statistics).lower(logits, tokens).compile()

    ours, its_memory = compiled(token_stats), None
    if peer == "torch":
        other = _torch(logits, tokens, back) if installed("torch") else None
    else:
        usual = compiled(usual_statistics)
        other, its_memory = partial(_blocked, usual, logits, tokens), partial(memory_of, usual)
    count = float(np.prod(shape))
    return Line(
        f"tokens {dtype} {'gradient' if back else 'forward'} {peer}",
        "µs per token",
        shape[0],
        partial(_blocked, ours, logits, tokens),
        Peer(f"{peer}, lse - <p, z>", other, _close(0.02 if dtype == "bfloat16" else 1e-3), memory=its_memory),
        copies(count) if back else exponentials(count),
        "≥ 5x",
        memory=partial(memory_of, ours),
    )


def _blocked(compiled: Callable[..., Any], *arguments: jax.Array) -> Any:
    return jax.block_until_ready(compiled(*arguments))


def usual_statistics(logits: jax.Array, tokens: jax.Array) -> tuple[jax.Array, ...]:
    """The five as one writes them first, in float32."""
    z = logits.astype(jnp.float32)
    total = jax.nn.logsumexp(z, axis=-1)
    log_p = z - total[:, None]
    p = jnp.exp(log_p)
    entropy = total - jnp.sum(p * z, axis=-1)
    picked = jnp.take_along_axis(log_p, tokens[:, None], axis=-1)[:, 0]
    expected = jnp.sum(p * p * (log_p + entropy[:, None]), axis=-1)
    return picked, entropy, jnp.exp(picked) * (picked + entropy), expected, jnp.sum(p * p, axis=-1)


def _summed_gradient(statistics: Callable[..., Any]) -> Callable[..., Any]:
    return jax.grad(lambda logits, tokens: sum(jnp.sum(one) for one in statistics(logits, tokens)))


def _torch(logits: jax.Array, tokens: jax.Array, back: bool) -> Callable[[], Any]:
    torch = import_torch()
    z = torch.from_numpy(np.array(logits.astype(jnp.float32))).to(getattr(torch, str(logits.dtype)))
    k = torch.from_numpy(np.array(tokens)).long()

    def statistics(logits: Any) -> tuple[Any, ...]:
        z = logits.float()
        total = torch.logsumexp(z, -1)
        log_p = z - total[:, None]
        p = torch.exp(log_p)
        entropy = total - (p * z).sum(-1)
        picked = torch.take_along_dim(log_p, k[:, None], -1)[:, 0]
        expected = (p * p * (log_p + entropy[:, None])).sum(-1)
        return picked, entropy, torch.exp(picked) * (picked + entropy), expected, (p * p).sum(-1)

    def forward() -> list[np.ndarray]:
        with torch.no_grad():
            return [one.numpy() for one in statistics(z)]

    def gradient() -> np.ndarray:
        leaf = z.clone().requires_grad_(True)
        sum(one.sum() for one in statistics(leaf)).backward()
        return leaf.grad.float().numpy()

    return gradient if back else forward


def _close(tolerance: float) -> Callable[[Any, Any], bool]:
    """Ours keeps more digits than the peer, whose entropy cancels: so the tolerance is the peer's."""

    def agrees(ours: Any, theirs: Any) -> bool:
        pairs = zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True)
        return all(
            np.allclose(a, b, rtol=tolerance, atol=1e-6) for a, b in ((np.float32(x), np.float32(y)) for x, y in pairs)
        )

    return agrees


def _growth(shape: tuple[int, int], variable: str, value: int) -> Line:
    logits, tokens = _inputs(shape, "float32")
    compiled = jax.jit(token_stats)
    return Line(
        f"tokens growth {variable}={value}",
        "µs per token",
        shape[0],
        partial(_blocked, compiled, logits, tokens),
        curve=Curve("token statistics", variable, value, 1.0),
    )
