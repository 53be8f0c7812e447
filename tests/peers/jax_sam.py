"""SAM in JAX, jitted, on the CPU: one training step of a network of `basin bench`.

The word is `bag`, `cnn` or `attention`. Prints one line of JSON: the median over repeats of the milliseconds a step, each
repeat about a fifth of a second.
"""

import json
import statistics
import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

VOCABULARY, DIM, HIDDEN, CLASSES, BATCH, LENGTH, BATCHES = 4096, 64, 128, 4, 32, 32, 16
FILTERS, WINDOWS = -(-HIDDEN // 3), (3, 4, 5)
RATE, RHO, REPEATS, TURN = 0.1, 0.2, 5, 0.2


def bag(w, tokens):
    return jnp.tanh(w["embedding"][tokens].mean(1) @ w["hidden"] + w["hidden_bias"])


def cnn(w, tokens):
    x = w["embedding"][tokens]
    parts = []
    for width in WINDOWS:
        windows = jnp.concatenate([x[:, offset : LENGTH - width + 1 + offset] for offset in range(width)], -1)
        parts.append(jax.nn.relu(windows @ w[f"filters{width}"] + w[f"bias{width}"]).max(1))
    return jnp.concatenate(parts, 1)


def normed(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)


# What stands there does not matter for the time.
POSITIONS = jnp.asarray(np.random.default_rng(0).normal(size=(LENGTH, DIM)) * 0.1, jnp.float32)


def attention(w, tokens):
    x = w["embedding"][tokens] + POSITIONS
    seen = normed(x)
    query, key, value = seen @ w["query"], seen @ w["key"], seen @ w["value"]
    x = x + jax.nn.softmax(query @ key.swapaxes(1, 2) / DIM**0.5) @ value @ w["output"]
    x = x + jax.nn.relu(normed(x) @ w["hidden"] + w["hidden_bias"]) @ w["back"] + w["back_bias"]
    return normed(x).mean(1)


def weights(model, rng):
    uniform = lambda bound, *shape: jnp.asarray(rng.uniform(-bound, bound, shape), jnp.float32)
    layer = lambda *shape: uniform(shape[0] ** -0.5, *shape)
    w = {"embedding": uniform(0.1, VOCABULARY, DIM), "head_bias": jnp.zeros(CLASSES)}
    if model is bag:
        return w | {"hidden": layer(DIM, HIDDEN), "hidden_bias": jnp.zeros(HIDDEN), "head": layer(HIDDEN, CLASSES)}
    if model is cnn:
        filters = {f"filters{width}": layer(width * DIM, FILTERS) for width in WINDOWS}
        biases = {f"bias{width}": jnp.zeros(FILTERS) for width in WINDOWS}
        return w | filters | biases | {"head": layer(3 * FILTERS, CLASSES)}
    square = {name: layer(DIM, DIM) for name in ("query", "key", "value", "output")}
    inner = {"hidden": layer(DIM, HIDDEN), "hidden_bias": jnp.zeros(HIDDEN), "back": layer(HIDDEN, DIM), "back_bias": jnp.zeros(DIM)}
    return w | square | inner | {"head": layer(DIM, CLASSES)}


def loss(model, w, tokens, labels):
    logits = model(w, tokens) @ w["head"] + w["head_bias"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()


# The old weights are not needed again: JAX may write the new ones into their memory.
@partial(jax.jit, static_argnums=0, donate_argnums=1)
def sam(model, w, tokens, labels):
    slope_of = jax.grad(partial(loss, model))
    slope = slope_of(w, tokens, labels)
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(slope)))
    climbed = jax.tree.map(lambda w, g: w + RHO / norm * g, w, slope)
    descent = slope_of(climbed, tokens, labels)
    return jax.tree.map(lambda w, g: w - RATE * g, w, descent)


def main():
    model = {"bag": bag, "cnn": cnn, "attention": attention}[sys.argv[1]]
    rng = np.random.default_rng(1)
    w = weights(model, rng)
    # On the host: a step brings its batch to the device, as Basin's does.
    tokens = rng.integers(0, VOCABULARY, (BATCHES, BATCH, LENGTH), dtype=np.int32)
    labels = rng.integers(0, CLASSES, (BATCHES, BATCH), dtype=np.int32)

    def take(w, steps):
        begin = time.perf_counter()
        for step in range(steps):
            w = sam(model, w, tokens[step % BATCHES], labels[step % BATCHES])
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
