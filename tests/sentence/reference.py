"""The numbers of another program for the sentence encoder: word pieces by Hugging Face's tokenizers, vectors by JAX in f32.

    reference.py tiny FOLDER                 writes the small model of the tests into FOLDER, with its numbers, and gradients in f64 with respect
                                             to all of its weights
    reference.py whole MODEL OUT COUNT FILE...  writes OUT/texts.json and OUT/vectors.safetensors for the texts of tables: word
                                                pieces of all, vectors of COUNT from all over them; says how long JAX takes; and
                                                gradients of eight of them

The network is written out here after the papers and the model's own config.json, modules.json and sentence_bert_config.json:
BERT, GELU by the error function, norms with epsilon 1e-12, the mean over all tokens, length 1, 256 word pieces at most.
"""

import csv
import functools
import json
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

# What is hard on a tokenizer.
EDGES = [
    "", " ", "a", "don't stop… 5% of $3.50!", "Café naïve İstanbul ẞ ﬁne Ǆ ǅ", "x北京y 日本語 한국어", "e\u0301 a\u0308 \u0301alone",
    "zero\u200bwidth soft\u00adhyphen bom\ufeff nul\u0000 rep\ufffd", "tab\tline\nreturn\r\u0085nel\u00a0nbsp\u2003em\u3000ideo",
    "private\ue000 unassigned\u0378 surrogate-free \U0001F600 👩‍👩‍👧", "Hindi हिन्दी की मात्रा", "Ελληνικά ΣΊΣΥΦΟΣ", "العربية مَرْحَبًا", "ไทย ภาษา",
    "[MASK] [CLS]x[SEP] [mask] [PAD][UNK]", "##able un##able", "A" * 100, "A" * 101, "word " * 400, "«quoted» —dash– ‘single’ “double” ¿qué? ¡sí!",
    "a_b^c`d|e~f+g=h<i>j", "½ ² ™ ℃ Ⅷ ㎏", "http://example.org/a?b=c&d=e#f", "\U00020000 𠮷野家", "ﷺ", "ΐ ŉ ǰ", "K Å",
]


def erf_gelu(x):
    return 0.5 * x * (1.0 + jax.lax.erf(x / jnp.sqrt(2.0)))


def norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + 1e-12) * weights[name + ".weight"] + weights[name + ".bias"]


def dense(x, weights, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def mean_of_pieces(weights, ids, mask, heads):
    """`[texts, length]` → `[texts, width]`"""
    texts, length = ids.shape
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][:length] + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, weights, "embeddings.LayerNorm")
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in weights:
        at = f"encoder.layer.{layer}."
        split = lambda part: dense(x, weights, at + "attention.self." + part).reshape(texts, length, heads, -1).transpose(0, 2, 1, 3)
        q, k, v = split("query"), split("key"), split("value")
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1]) + jnp.where(mask, 0.0, -1e9)[:, None, None, :]
        found = (jax.nn.softmax(scores, -1) @ v).transpose(0, 2, 1, 3).reshape(texts, length, -1)
        x = norm(x + dense(found, weights, at + "attention.output.dense"), weights, at + "attention.output.LayerNorm")
        inner = erf_gelu(dense(x, weights, at + "intermediate.dense"))
        x = norm(x + dense(inner, weights, at + "output.dense"), weights, at + "output.LayerNorm")
        layer += 1
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


@functools.partial(jax.jit, static_argnames="heads")
def encode(weights, ids, mask, heads):
    """The same, of length 1."""
    mean = mean_of_pieces(weights, ids, mask, heads)
    return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)


def slopes(weights, tokens, heads, head, bias, labels):
    """Losses of texts behind a linear layer, and the gradient of their mean with respect to it and to all weights."""
    length = max(map(len, tokens))
    ids = np.array([t + [0] * (length - len(t)) for t in tokens])
    mask = np.arange(length)[None, :] < np.array([[len(t)] for t in tokens])

    def losses(weights, head, bias):
        logits = mean_of_pieces(weights, ids, mask, heads) @ head + bias
        return jax.scipy.special.logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]

    gradient = jax.grad(lambda *all: losses(*all).mean(), argnums=(0, 1, 2))(weights, head, bias)
    return losses(weights, head, bias), gradient


def vectors(weights, tokens, heads, batch=32):
    """Texts of one length together, so that little is padded: lengths are rounded up to multiples of 8, as JAX compiles for each."""
    found = [None] * len(tokens)
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    for first in range(0, len(order), batch):
        some = order[first : first + batch]
        length = -(-max(len(tokens[i]) for i in some) // 8) * 8
        length = min(length, weights["embeddings.position_embeddings.weight"].shape[0])
        ids, mask = np.zeros((batch, length), np.int32), np.zeros((batch, length), bool)
        mask[len(some) :, 0] = True
        for row, i in enumerate(some):
            ids[row, : len(tokens[i])] = tokens[i]
            mask[row, : len(tokens[i])] = True
        for i, vector in zip(some, np.asarray(encode(weights, ids, mask, heads))):
            found[i] = vector
    return np.stack(found)


def tokens_of(tokenizer, texts, longest):
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def tuned(folder, weights, texts, tokens, heads, classes=3):
    """Writes losses of texts behind a random linear layer and the gradient of their mean, in f64, into FOLDER/tuned.json and, with respect
    to the weights and under their names, FOLDER/tuned.safetensors."""
    rng = np.random.default_rng(11)
    labels = [i * i % classes for i in range(len(texts))]
    width = weights["embeddings.LayerNorm.weight"].shape[0]
    head = rng.normal(size=(width, classes)).astype(np.float32)
    with jax.enable_x64(True):
        doubles = {name: jnp.asarray(value, jnp.float64) for name, value in weights.items()}
        losses, gradient = slopes(doubles, tokens, heads, jnp.asarray(head, jnp.float64), jnp.zeros(classes), labels)
    rounded = lambda x: [float(f"{v:.7g}") for v in np.asarray(x).ravel()]
    numbers = {"texts": texts, "labels": labels, "head": rounded(head), "losses": rounded(losses)}
    numbers |= {"to_head": rounded(gradient[1]), "to_bias": rounded(gradient[2])}
    with open(os.path.join(folder, "tuned.json"), "w") as file:
        json.dump(numbers, file)
    # As a model of slopes, in which the type of first sentences, which goes the way of each place, counts once.
    slope = {name: np.asarray(value, np.float32) for name, value in gradient[0].items()}
    slope["embeddings.token_type_embeddings.weight"] *= 0
    save_file(slope, os.path.join(folder, "tuned.safetensors"))


def tiny(folder):
    rng = np.random.default_rng(7)
    width, inner, layers, heads, places, longest = 8, 12, 2, 2, 24, 16
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film", "un", "##able", "##s", ".", "'", "北", "…", "!"]
    pieces += list(letters) + ["##" + letter for letter in letters]
    shapes = {"embeddings.word_embeddings": [len(pieces), width], "embeddings.position_embeddings": [places, width]}
    shapes["embeddings.token_type_embeddings"] = [2, width]
    weights = {name + ".weight": rng.normal(size=shape) * 0.5 for name, shape in shapes.items()}
    norms, denses = ["embeddings.LayerNorm"], {}
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        denses |= {at + "attention.self." + part: (width, width) for part in ("query", "key", "value")}
        denses |= {at + "attention.output.dense": (width, width), at + "intermediate.dense": (inner, width), at + "output.dense": (width, inner)}
        norms += [at + "attention.output.LayerNorm", at + "output.LayerNorm"]
    for name, shape in denses.items():
        weights[name + ".weight"], weights[name + ".bias"] = rng.normal(size=shape) * 0.7, rng.normal(size=shape[0]) * 0.2
    for name in norms:
        weights[name + ".weight"], weights[name + ".bias"] = 1 + 0.3 * rng.normal(size=width), 0.2 * rng.normal(size=width)
    weights = {name: value.astype(np.float32) for name, value in weights.items()}
    special = [{"id": i, "content": pieces[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for i in range(5)]
    template = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [template("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, template("[SEP]")],
            "pair": [template("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, template("[SEP]"), {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]} for i, name in [(2, "[CLS]"), (3, "[SEP]")]},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: i for i, piece in enumerate(pieces)},
        },
    }
    texts = EDGES + ["A good film.", "Unable films!", "good " * 30, "the quick brown fox", "Films unable to be good…"]
    tokens = tokens_of(Tokenizer.from_str(json.dumps(tokenizer)), texts, longest)
    found = vectors(weights, tokens, heads)
    save_file(weights, os.path.join(folder, "tiny.safetensors"))
    with open(os.path.join(folder, "tiny-tokenizer.json"), "w") as file:
        json.dump(tokenizer, file, ensure_ascii=False)
    some = slice(len(EDGES), len(EDGES) + 5)
    tuned(folder, weights, texts[some], tokens[some], heads)
    examples = [{"text": t, "tokens": i, "vector": [round(float(x), 7) for x in v]} for t, i, v in zip(texts, tokens, found)]
    with open(os.path.join(folder, "tiny.json"), "w") as file:
        json.dump({"heads": heads, "longest": longest, "examples": examples}, file)


def whole(model, out, count, files):
    texts = list(EDGES)
    for path in files:
        with open(path, newline="", encoding="utf-8") as file:
            texts += [line.rstrip("\n").split("\t", 1)[-1] for line in file]
    texts = list(dict.fromkeys(texts))
    weights = load_file(os.path.join(model, "model.safetensors"))
    weights = {name: jnp.asarray(value) for name, value in weights.items() if value.dtype == np.float32}
    tokens = tokens_of(Tokenizer.from_file(os.path.join(model, "tokenizer.json")), texts, 256)
    # What is hard, and some from all over the rest.
    rest = range(len(EDGES), len(texts))
    chosen = list(range(len(EDGES))) + list(rest[:: max(1, len(rest) // count)])[:count]
    some = [tokens[i] for i in chosen]
    vectors(weights, some, 12)  # compiles
    began = time.process_time()
    found = vectors(weights, some, 12)
    millis = 1000 * (time.process_time() - began) / len(some)
    print(f"JAX: {len(some)} of {len(texts)} texts, {sum(map(len, some))} word pieces, {millis:.2f} ms of a core a text")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "texts.json"), "w") as file:
        json.dump({"texts": texts, "tokens": tokens, "chosen": chosen}, file)
    save_file({"vectors": found.astype(np.float32)}, os.path.join(out, "vectors.safetensors"))
    some = [i for i in chosen if 5 < len(tokens[i]) < 40][:8]
    tuned(out, weights, [texts[i] for i in some], [tokens[i] for i in some], 12)


if __name__ == "__main__":
    if sys.argv[1] == "tiny":
        tiny(sys.argv[2])
    else:
        whole(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:])
