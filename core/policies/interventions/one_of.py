"""One of several methods, chosen while the program runs: all of them share one compiled program.

Slot: all. Each slot switches between the methods that fill it, and all others share a branch: a branch is a program of
its own, with a copy of the network where the slot is the sampler. Every method keeps its own marks and its own memory.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from core.policies.interventions.interface import NOTHING, Context, Intervention, Shaped


def one_of(methods: Sequence[Intervention], index: Int[Array, ""]) -> Intervention:
    """The method at `index`, which may be traced; outside the list it is clamped to its ends.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> from core.policies.interventions.entropy_bonus import entropy_bonus
    >>> method = one_of([entropy_bonus(1.0), entropy_bonus(2.0)], jnp.asarray(1))
    >>> batch, effect, _ = by_hand(entropy=1.0)
    >>> float(method.loss(unmoved(batch), batch, effect, ((), ())))
    -2.0
    """
    if not methods:
        raise ValueError("methods is empty; allowed is at least one")
    each = list(enumerate(methods))
    at = jnp.clip(index, 0, len(methods) - 1)

    def switched(slot, branch, *operands):
        idle = [getattr(method, slot) is getattr(NOTHING, slot) for method in methods]
        stands_for = [idle.index(True) if spared else which for which, spared in enumerate(idle)]
        distinct = sorted(set(stands_for))
        place = jnp.asarray([distinct.index(which) for which in stands_for])[at]
        return jax.lax.switch(place, [partial(branch, which, methods[which]) for which in distinct], *operands)

    def own(context: Context, which: int) -> Context:
        return context._replace(memory=context.memory[which])

    def shape(batch, effect, context):
        def apart(which, method):
            return method.shape(batch, effect, own(context, which))

        blanks = [jax.tree.map(jnp.zeros_like, jax.eval_shape(partial(apart, w, m)).marks) for w, m in each]

        def together(which, method):
            shaped = apart(which, method)
            marks = tuple(shaped.marks if w == which else blank for w, blank in enumerate(blanks))
            memory = tuple(shaped.memory if w == which else kept for w, kept in enumerate(context.memory))
            return Shaped(shaped.effect, marks, memory)

        return switched("shape", together)

    def reward(batch, context):
        return switched("reward", lambda which, method: method.reward(batch, own(context, which)))

    def live(now, batch, effect, marks):
        return switched("live", lambda which, method: method.live(now, batch, effect, marks[which]))

    def loss(now, batch, effect, marks):
        return switched("loss", lambda which, method, now: method.loss(now, batch, effect, marks[which]), now)

    def sample(draw, key, context):
        def drawn(which, method, key):
            return method.sample(draw, key, own(context, which)) if method.sample else draw(key)

        return switched("sample", drawn, key)

    memory = tuple(jax.tree.map(jnp.asarray, method.memory) for method in methods)
    return Intervention(shape, reward, live, loss, sample if any(m.sample for m in methods) else None, memory)
