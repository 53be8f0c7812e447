"""SAM in JAX, jitted, on the CPU: one training step of the network of `basin bench`.

Prints one line of JSON: the median over repeats of the milliseconds a step, each repeat about a fifth of a second.
"""

import json
import statistics
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

VOCABULARY, DIM, HIDDEN, CLASSES, BATCH, LENGTH, BATCHES = 4096, 64, 128, 4, 32, 32, 16
RATE, RHO, REPEATS, TURN = 0.1, 0.2, 5, 0.2


def loss(w, tokens, labels):
    hidden = jnp.tanh(w["embedding"][tokens].mean(1) @ w["hidden"] + w["hidden_bias"])
    logits = hidden @ w["head"] + w["head_bias"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()


# The old weights are not needed again: JAX may write the new ones into their memory.
@partial(jax.jit, donate_argnums=0)
def sam(w, tokens, labels):
    slope = jax.grad(loss)(w, tokens, labels)
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(slope)))
    climbed = jax.tree.map(lambda w, g: w + RHO / norm * g, w, slope)
    descent = jax.grad(loss)(climbed, tokens, labels)
    return jax.tree.map(lambda w, g: w - RATE * g, w, descent)


def main():
    rng = np.random.default_rng(1)
    uniform = lambda bound, *shape: jnp.asarray(rng.uniform(-bound, bound, shape), jnp.float32)
    w = {
        "embedding": uniform(0.1, VOCABULARY, DIM),
        "hidden": uniform(DIM**-0.5, DIM, HIDDEN),
        "hidden_bias": jnp.zeros(HIDDEN),
        "head": uniform(HIDDEN**-0.5, HIDDEN, CLASSES),
        "head_bias": jnp.zeros(CLASSES),
    }
    # On the host: a step brings its batch to the device, as Basin's does.
    tokens = rng.integers(0, VOCABULARY, (BATCHES, BATCH, LENGTH), dtype=np.int32)
    labels = rng.integers(0, CLASSES, (BATCHES, BATCH), dtype=np.int32)

    def take(w, steps):
        begin = time.perf_counter()
        for step in range(steps):
            w = sam(w, tokens[step % BATCHES], labels[step % BATCHES])
        jax.block_until_ready(w)
        return w, time.perf_counter() - begin

    w, _ = take(w, 2 * BATCHES)
    w, seconds = take(w, BATCHES)
    steps = max(1, round(TURN * BATCHES / seconds))
    millis = []
    for _ in range(REPEATS):
        w, seconds = take(w, steps)
        millis.append(seconds * 1e3 / steps)
    print(json.dumps({"peer": f"JAX {jax.__version__} jit, CPU", "millis": statistics.median(millis)}))


main()
