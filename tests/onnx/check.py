"""Trains small runs, exports them, and holds onnxruntime against `basin predict`. See `run`."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnxruntime

BASIN = os.environ["BASIN"]
TEXTS = 1000
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
    run, out = folder / name, folder / f"{name}-onnx"
    basin("train", *words, "--experiment", folder / "small.json", "--seeds", 1, "--lr", 0.01, "--epochs", epochs, "--lanes", "sam:rho=0.1", "--out", run)
    basin("export", run, "--format", "onnx", "--out", out)
    card = card_functions(out)
    known = card["tokenizer"]["tokens"]
    # Word pairs hold a space; as words they are as good as any.
    firsts, seconds = some_texts(known, rng), some_texts(known, rng)

    asked = folder / f"{name}.jsonl"
    rows = [{"text": a, "text_b": b} if pairs else {"text": a} for a, b in zip(firsts, seconds)]
    asked.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    columns = ["--text", "text", "--text-b", "text_b"] if pairs else ["--text", "text"]
    session = card["session"]
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    lines = basin("predict", run, "--data", asked, *columns, "--json", "--top", len(classes)).splitlines()
    answers = [{each["class"]: each["probability"] for each in json.loads(line)["lanes"][0]["answers"]} for line in lines]
    expected = numpy.array([[answer[name] for name in classes] for answer in answers])

    worst, ids = 0.0, 0
    for start in range(0, TEXTS, 100):
        part = slice(start, start + 100)
        inputs = {"ids": card["padded"](firsts[part])}
        if pairs:
            inputs["ids_b"] = card["padded"](seconds[part])
        found = session.run(None, inputs)[0]
        ids += int((inputs["ids"] > 1).sum())
        worst = max(worst, float(numpy.abs(found - expected[part]).max()))
    spread = expected.max(axis=0) - expected.min(axis=0)
    print(f"{name:22} {len(expected)} texts, {ids} known tokens, probabilities spread over {spread.max():.2f}: largest difference {worst:.1e}")
    assert len(expected) == TEXTS, f"{len(expected)} answers"
    assert spread.max() > 0.05, "all texts get the same answer: this compares nothing"
    return worst


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        pairs_file(folder / "pairs.jsonl", random.Random(1))
        worst = 0.0
        # Small networks learn to tell texts apart in seconds.
        (folder / "small.json").write_text('{"model": {"dim": 24, "hidden": 36}}', encoding="utf-8")
        for model, epochs in [("bag", 12), ("cnn", 6), ("attention", 6)]:
            for tokens in ["words", "word-pairs", "characters"]:
                words = ["--data", "reviews", "--model", model, "--tokens", tokens, "--max-length", 64]
                worst = max(worst, check(folder, f"{model}-{tokens}", words, epochs))
            words = ["--data", folder / "pairs.jsonl", "--text", "first", "--text-b", "second", "--label", "label", "--model", model]
            worst = max(worst, check(folder, f"{model}-pairs", words, 4 * epochs, pairs=True))
    print(f"onnxruntime {onnxruntime.__version__}: largest difference {worst:.1e}, at most {TOLERANCE:.0e} allowed")
    sys.exit(0 if worst <= TOLERANCE else 1)


main()
