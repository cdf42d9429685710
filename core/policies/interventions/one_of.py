"""One of several methods, chosen while the program runs: all of them share one compiled program.

Slot: all. Each slot switches on the index; every method keeps its own marks and its own memory.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from core.policies.interventions.interface import Context, Intervention, Shaped


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

    def own(context: Context, which: int) -> Context:
        return context._replace(memory=context.memory[which])

    def shape(batch, effect, context):
        def apart(which, method):
            return method.shape(batch, effect, own(context, which))

        blanks = [jax.tree.map(jnp.zeros_like, jax.eval_shape(lambda w=w, m=m: apart(w, m)).marks) for w, m in each]

        def together(which, method):
            shaped = apart(which, method)
            marks = tuple(shaped.marks if w == which else blank for w, blank in enumerate(blanks))
            memory = tuple(shaped.memory if w == which else kept for w, kept in enumerate(context.memory))
            return Shaped(shaped.effect, marks, memory)

        return jax.lax.switch(index, [lambda w=w, m=m: together(w, m) for w, m in each])

    def reward(batch, context):
        return jax.lax.switch(index, [lambda w=w, m=m: m.reward(batch, own(context, w)) for w, m in each])

    def live(now, batch, effect, marks):
        return jax.lax.switch(index, [lambda w=w, m=m: m.live(now, batch, effect, marks[w]) for w, m in each])

    def loss(now, batch, effect, marks):
        return jax.lax.switch(index, [lambda x, w=w, m=m: m.loss(x, batch, effect, marks[w]) for w, m in each], now)

    samplers = {w: m.sample for w, m in each if m.sample}

    def sample(draw, key, context):
        # the plain draw once for all that leave sampling alone: each copy of it is a copy of the network
        place = jnp.asarray([1 + list(samplers).index(w) if w in samplers else 0 for w, _ in each])[index]
        special = [lambda k, w=w, s=s: s(draw, k, own(context, w)) for w, s in samplers.items()]
        return jax.lax.switch(place, [draw, *special], key)

    memory = tuple(jax.tree.map(jnp.asarray, method.memory) for method in methods)
    return Intervention(shape, reward, live, loss, sample if samplers else None, memory)
