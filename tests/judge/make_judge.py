#!/usr/bin/env python3
"""Reference figures for made-up answers: scikit-learn's metrics, its reliability curve, and its temperature scaling.

Needs scikit-learn 1.8 or later.

    python3 make_judge.py            writes judge.json next to this file
"""
import json, os
import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

HERE = os.path.dirname(os.path.abspath(__file__))


class AsTheyAre(ClassifierMixin, BaseEstimator):
    """Answers with the logits that it is given."""

    def fit(self, logits, labels):
        self.classes_ = np.arange(logits.shape[1])
        return self

    def decision_function(self, logits):
        # Of two classes scikit-learn wants one number, d, and takes −d and d for the logits.
        return (logits[:, 1] - logits[:, 0]) / 2 if logits.shape[1] == 2 else logits

    def predict(self, logits):
        return logits.argmax(1)


def inverse_temperature(logits, labels):
    model = CalibratedClassifierCV(FrozenEstimator(AsTheyAre().fit(logits, labels)), method="temperature", cv=2)
    return model.fit(logits, labels).calibrated_classifiers_[0].calibrators[0].beta_


def calibration_error(p, labels, bins=10):
    """Sum over the bins of |accuracy - confidence|, weighted by their share of the answers."""
    confidence, right = p.max(1), p.argmax(1) == labels
    accuracies, confidences = calibration_curve(right, confidence, n_bins=bins, strategy="uniform")
    counts = np.bincount(np.clip(np.ceil(confidence * bins).astype(int), 1, bins) - 1, minlength=bins)
    share = counts[counts > 0] / len(labels)
    assert len(share) == len(accuracies)
    return float((share * np.abs(accuracies - confidences)).sum()), counts, accuracies, confidences


def figures(logits, labels):
    classes = logits.shape[1]
    everything = list(range(classes))
    p, answers = softmax(logits, 1), logits.argmax(1)
    precision, recall, _, _ = precision_recall_fscore_support(labels, answers, labels=everything, zero_division=np.nan)
    error, counts, accuracies, confidences = calibration_error(p, labels)
    # Every second example by the temperature of the others.
    half = np.arange(len(labels)) % 2
    betas = [inverse_temperature(logits[half != h], labels[half != h]) for h in (0, 1)]
    tempered = softmax(logits * np.array(betas)[half][:, None], 1)
    return dict(
        logits=logits.tolist(), labels=labels.tolist(),
        accuracy=accuracy_score(labels, answers),
        macro_f1=f1_score(labels, answers, average="macro", zero_division=0),
        precision=precision.tolist(), recall=recall.tolist(),
        confusion=confusion_matrix(labels, answers, labels=everything).tolist(),
        log_loss=log_loss(labels, p, labels=everything),
        calibration_error=error,
        bin_counts=counts.tolist(), bin_accuracies=accuracies.tolist(), bin_confidences=confidences.tolist(),
        temperature=float(1 / inverse_temperature(logits, labels)),
        tempered_log_loss=log_loss(labels, tempered, labels=everything),
        tempered_calibration_error=calibration_error(tempered, labels)[0],
    )


def made_up(seed, n, classes, sure, noise, shares=None):
    """Logits in steps of 1/64, which floats hold exactly."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, n, p=shares)
    logits = rng.normal(size=(n, classes)) * noise
    logits[np.arange(n), labels] += 1.5
    return np.round(sure * logits * 64) / 64, labels


def plain(value):
    return None if isinstance(value, float) and np.isnan(value) else value


if __name__ == "__main__":
    problems = {
        "too sure": made_up(1, 60, 3, 4.0, 1.0),
        "too shy": made_up(2, 60, 2, 0.25, 1.2),
        "many classes, some rare": made_up(3, 120, 6, 1.0, 1.4, [0.4, 0.25, 0.11, 0.08, 0.08, 0.08]),
    }
    # A class that is never answered, though it is a label.
    logits, labels = problems["many classes, some rare"]
    logits[:, 3] -= 6
    out = {}
    for name, (logits, labels) in problems.items():
        found = figures(logits, labels)
        # The same minimum by the definition, as a check of the program itself.
        at = lambda t: -log_softmax(logits / t, 1)[np.arange(len(labels)), labels].mean()
        assert at(found["temperature"]) <= min(at(found["temperature"] * f) for f in (0.999, 1.001)), name
        out[name] = {key: [plain(v) for v in value] if isinstance(value, list) and key in ("precision", "recall") else value
                     for key, value in found.items()}
    with open(os.path.join(HERE, "judge.json"), "w") as f:
        json.dump(out, f)
        f.write("\n")
