#!/usr/bin/env python3
"""Reference probabilities of a logistic regression on counts of tokens of length 1, C = 10, by scikit-learn.

    python3 make_linear.py           writes linear.json next to this file
"""
import json, os
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    rng = np.random.default_rng(7)
    # Twelve tokens from number 2 on, of which each class likes four; a tenth of the labels are others.
    texts = []
    for _ in range(60):
        label = int(rng.integers(3))
        likes = np.ones(12)
        likes[4 * label:4 * label + 4] = 4
        tokens = (2 + rng.choice(12, int(rng.integers(3, 9)), p=likes / likes.sum())).tolist()
        texts.append((tokens, int(rng.integers(3)) if rng.random() < 0.1 else label))
    counts = np.zeros((len(texts), 18))
    for row, (tokens, _) in enumerate(texts):
        for token in tokens:
            counts[row, token] += 1
    features, labels = normalize(counts), [label for _, label in texts]
    model = LogisticRegression(C=10, tol=1e-10, max_iter=10_000).fit(features, labels)
    with open(os.path.join(HERE, "linear.json"), "w") as f:
        json.dump(dict(texts=texts, probabilities=model.predict_proba(features).tolist()), f)
        f.write("\n")
