"""probe.json: scikit-learn's logistic regression on small random rows; temperatures and calibration errors of random logits.

Rows and logits are rounded, so that the file is small and holds them exactly."""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from common import HERE

OUT = HERE / "probe.json"


def regressions(random: np.random.Generator) -> list[dict]:
    """n, D, C, share of labels that are drawn at random, l2."""
    cases = [(12, 8, 2, 0.0, 1.0), (20, 64, 3, 0.0, 0.01), (60, 16, 5, 0.3, 0.1), (90, 12, 3, 0.5, 3.0), (40, 30, 2, 0.2, 0.001)]
    return [regression(random, *case) for case in cases]


def regression(random, n, dim, classes, noise, l2) -> dict:
    labels = np.arange(n) % classes
    centres = random.normal(size=(classes, dim))
    rows = centres[labels] + random.normal(size=(n, dim)) + 1.0
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).round(3)
    labels = np.where(random.random(n) < noise, random.integers(classes, size=n), labels)
    # Of two classes scikit-learn fits one row of weights, w = w1 - w0. Two rows of the same loss have |W|^2 = |w|^2 / 2.
    strength = l2 / 2 if classes == 2 else l2
    model = LogisticRegression(C=1 / strength, tol=1e-12, max_iter=100_000).fit(rows, labels)
    weight, bias = model.coef_, model.intercept_
    if classes == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return {
        "dim": dim, "classes": classes, "l2": l2, "labels": labels.tolist(), "features": rows.ravel().tolist(),
        "weight": weight.ravel().round(7).tolist(), "bias": (bias - bias.mean()).round(7).tolist(),
        "probabilities": model.predict_proba(rows).ravel().round(7).tolist(),
    }


def calibrations(random: np.random.Generator) -> list[dict]:
    """n, C, by what the logits are too large."""
    return [calibration(random, *case) for case in [(10, 2, 3.0), (60, 4, 0.3), (400, 5, 2.5), (7, 3, 1.0)]]


def calibration(random, n, classes, factor) -> dict:
    logits = random.normal(scale=2, size=(n, classes))
    labels = np.array([random.choice(classes, p=softmax(row)) for row in logits])
    if n == 7:
        labels = logits.argmax(1)  # All are right: the temperature must not go to zero.
    logits = (factor * logits).round(3)
    truth = lambda log_t: log_softmax(logits / np.exp(log_t), axis=1)[np.arange(n), labels].sum()
    loss = lambda log_t: (log_t / 0.5) ** 2 / 2 - truth(log_t)
    found = minimize_scalar(loss, bounds=(-4.6, 4.6), method="bounded", options={"xatol": 1e-12})
    temperature = float(np.exp(found.x))
    return {
        "classes": classes, "labels": labels.tolist(), "logits": logits.ravel().tolist(), "temperature": round(temperature, 6),
        "ece": [calibration_error(softmax(logits / t, axis=1), labels) for t in (1.0, temperature)],
    }


def calibration_error(probabilities, labels, bins=15) -> float:
    """As https://github.com/gpleiss/temperature_scaling, whose author is one of the paper's."""
    confidences, right = probabilities.max(1), probabilities.argmax(1) == labels
    edges, error = np.linspace(0, 1, bins + 1), 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            error += abs(confidences[inside].mean() - right[inside].mean()) * inside.mean()
    return round(float(error), 7)


def make(_minilm: Path) -> None:
    random = np.random.default_rng(8)
    out = {"regressions": regressions(random), "calibrations": calibrations(random)}
    OUT.write_text("".join(json.dumps(out).replace('{"dim"', '\n{"dim"').replace('{"classes"', '\n{"classes"')) + "\n", encoding="ascii")
