"""Trains small runs, exports them, and holds onnxruntime against `basin predict`. See `run`.

    check.py [--sentence] [FILE.tsv…]
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import onnxruntime

BASIN = os.environ["BASIN"]
TEXTS = 1000
# Made-up texts for the real encoder, which takes milliseconds for each.
SENTENCES = 200
BATCH = 50
TOLERANCE = 1e-5

# Beside words that a model knows: words that it does not, marks, other scripts, letters in two forms, words that are too long.
ODD = ["zyzzyva", "DON'T", "isn’t", "3.5", "1,000", "!?", "…", "a_b", "e.g.", "Événement", "E\u0301ve\u0301nement", "我爱你", "カタカナ", "ภาษาไทย",
       "한국어", "אבג\"ד", "👩\u200d👩\u200d👧", "🇩🇪🇫🇷", "x" * 70, "é" * 40, "\u200b", "\u00a0", "\n", "ﬁ", "İstanbul", "ΟΔΟΣ", "🎉!", "don't.stop", "a:b"]


def basin(*words):
    done = subprocess.run([BASIN, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"basin {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def some_texts(known, rng):
    """A thousand texts of 1 to 40 words; the first are empty, a space, and longer than a model reads."""
    words = known[2:]
    made = [" ".join(rng.choice(ODD if rng.random() < 0.15 else words) for _ in range(rng.randint(1, 40))) for _ in range(TEXTS - 1)]
    return [" ".join(rng.choice(words) for _ in range(300)), *made]


def pairs_file(path, rng):
    colours = ["red", "green", "blue", "grey"]
    rows = []
    for _ in range(200):
        a, b = rng.choice(colours), rng.choice(colours)
        rows.append({"first": f"the {a} box is there", "second": f"I see a {b} box!", "label": "same" if a == b else "different"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def card_functions(folder):
    """What the Python of the model card defines."""
    card = (folder / "model-card.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", card, re.S)
    # All but the last line of the last block, which asks for texts.
    code = "\n".join(blocks).rsplit("probabilities =", 1)[0]
    before = os.getcwd()
    os.chdir(folder)
    try:
        defined = {}
        exec(code, defined)
    finally:
        os.chdir(before)
    return defined


def check(folder, name, words, epochs, pairs=False):
    rng = random.Random(name)
    run = folder / name
    basin("train", *words, "--experiment", folder / "small.json", "--seeds", 1, "--lr", 0.01, "--epochs", epochs, "--lanes", "sam:rho=0.1", "--out", run)
    card = exported(folder, name)
    known = card["tokenizer"]["tokens"]
    # Word pairs hold a space; as words they are as good as any.
    firsts, seconds = some_texts(known, rng), some_texts(known, rng)
    return compare(folder, name, card, firsts, seconds if pairs else None)


def exported(folder, name):
    basin("export", folder / name, "--format", "onnx", "--out", folder / f"{name}-onnx")
    return card_functions(folder / f"{name}-onnx")


def compare(folder, name, card, firsts, seconds=None):
    """The largest difference between onnxruntime and `basin predict` for these texts, or pairs of them."""
    asked = folder / f"{name}.jsonl"
    rows = [{"text": a} if seconds is None else {"text": a, "text_b": b} for a, b in zip(firsts, seconds or firsts)]
    asked.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    columns = ["--text", "text"] if seconds is None else ["--text", "text", "--text-b", "text_b"]
    session = card["session"]
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    lines = basin("predict", folder / name, "--data", asked, *columns, "--json", "--top", len(classes)).splitlines()
    answers = [{each["class"]: each["probability"] for each in json.loads(line)["lanes"][0]["answers"]} for line in lines]
    expected = numpy.array([[answer[name] for name in classes] for answer in answers])

    worst, ids, seconds_of_all = 0.0, 0, 0.0
    for start in range(0, len(firsts), BATCH):
        part = slice(start, start + BATCH)
        inputs = {"ids": card["padded"](firsts[part])}
        if seconds is not None:
            inputs["ids_b"] = card["padded"](seconds[part])
        began = time.perf_counter()
        found = session.run(None, inputs)[0]
        seconds_of_all += time.perf_counter() - began
        ids += int((inputs["ids"] > 1).sum())
        worst = max(worst, float(numpy.abs(found - expected[part]).max()))
    spread = expected.max(axis=0) - expected.min(axis=0)
    print(
        f"{name:22} {len(expected)} texts, {ids} known tokens, probabilities spread over {spread.max():.2f}, "
        f"{1000 * seconds_of_all / len(firsts):.2f} ms each: largest difference {worst:.1e}",
        flush=True,
    )
    assert len(expected) == len(firsts), f"{len(expected)} answers"
    assert spread.max() > 0.05, "all texts get the same answer: this compares nothing"
    return worst


# What means something to the encoder alone.
BRACKETS = ["[PAD]", "[MASK]", "a [PAD] b [PAD]", "[CLS]x[SEP] [UNK]", "##able un##able"]


def check_sentence(folder, files, name, words, pairs=False):
    """A head on the real encoder, or layers of it trained further; asked made-up texts, and those of tables."""
    rng = random.Random(name)
    basin("train", *words, "--model", "sentence", "--seeds", 1, "--lanes", "sgd", "--out", folder / name)
    card = exported(folder, name)
    known = [word for word in sorted(card["tokenizer"].get_vocab()) if word.isalpha()]
    real = [line.split("\t", 1)[1] for file in files for line in Path(file).read_text(encoding="utf-8").splitlines() if "\t" in line]
    # All over the tables.
    real = real[:: max(1, len(real) // TEXTS)][:TEXTS]
    made = lambda: [*BRACKETS, *some_texts(["[PAD]", "[UNK]", *known], rng)[: SENTENCES - len(BRACKETS)]]
    # Of short and long ones each together, little is filled up. Every third pair is a text with itself.
    firsts = sorted(made() + real, key=len)
    seconds = [first if i % 3 == 0 else second for i, (first, second) in enumerate(zip(firsts, sorted(made() + real[::-1], key=len)))]
    return compare(folder, name, card, firsts, seconds if pairs else None)


def main():
    files = [word for word in sys.argv[1:] if word != "--sentence"]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        pairs_file(folder / "pairs.jsonl", random.Random(1))
        pair_words = ["--data", folder / "pairs.jsonl", "--text", "first", "--text-b", "second", "--label", "label"]
        worst = 0.0
        # Small networks learn to tell texts apart in seconds.
        (folder / "small.json").write_text('{"model": {"dim": 24, "hidden": 36}}', encoding="utf-8")
        for model, epochs in [] if "--sentence" in sys.argv else [("bag", 12), ("cnn", 6), ("attention", 6)]:
            for tokens in ["words", "word-pairs", "characters"]:
                words = ["--data", "reviews", "--model", model, "--tokens", tokens, "--max-length", 64]
                worst = max(worst, check(folder, f"{model}-{tokens}", words, epochs))
            worst = max(worst, check(folder, f"{model}-pairs", [*pair_words, "--model", model], 4 * epochs, pairs=True))
        some = ["--data", "reviews", "--train-size", 400]
        few = ["--data", "reviews", "--train-size", 64, "--epochs", 1, "--lr", 0.0005]
        for name, words, pairs in [
            ("sentence", ["--preset", "text", *some], False),
            ("sentence-pairs", ["--preset", "text", *pair_words], True),
            ("sentence-top-2", [*few, "--tune", "top:2"], False),
            ("sentence-top-1-pairs", [*pair_words, "--epochs", 1, "--tune", "top:1"], True),
            ("sentence-all", [*few, "--tune", "all"], False),
        ]:
            worst = max(worst, check_sentence(folder, files, name, words, pairs))
    print(f"onnxruntime {onnxruntime.__version__}: largest difference {worst:.1e}, at most {TOLERANCE:.0e} allowed")
    sys.exit(0 if worst <= TOLERANCE else 1)


main()
