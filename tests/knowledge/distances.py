#!/usr/bin/env python3
"""Which distance tells texts of another domain or language best: the comparison behind `Familiar`, for a person to repeat.

    python distances.py --minilm DIR --data DIR       (the venv of tests/golden/requirements.txt)

Prints, for each set and number of examples a label, the AUROC of each score, mean over the other sets and three draws, and for
centroids the false alarms and hits at the limit that graftwork takes. Features are MiniLM's mean-pooled vectors of length 1.
"""

import argparse
import gzip
import math
import random
from pathlib import Path

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from transformers import AutoModel, AutoTokenizer

SETS = ["clinc150", "sib200-eng_Latn", "sms-spam", "sentence-polarity"]
OTHERS = ["sib200-deu_Latn", "sib200-zho_Hans"]
OUT_OF_SCOPE = "oos"


def read(path: Path, most: int) -> tuple[list[str], list[str]]:
    header, *rows = gzip.open(path, "rt", encoding="utf-8", newline="\n").read().rstrip("\n").split("\n")
    label, text = (header.split("\t").index(name) for name in ("label", "text"))
    random.Random(0).shuffle(rows)
    cells = [row.split("\t") for row in rows[:most]]
    return [cell[label] for cell in cells], [cell[text] for cell in cells]


def embed(tokenizer, model, texts: list[str]) -> np.ndarray:
    out = np.zeros((len(texts), model.config.hidden_size))
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        batch = tokenizer([texts[i] for i in chosen], padding=True, truncation=True, max_length=128, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        out[chosen] = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1)).numpy()
    return out


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def means(x, y):
    return np.stack([x[y == label].mean(0) for label in np.unique(y)])


def centroids(x, y):
    return lambda q: 1 - (q @ unit(means(x, y)).T).max(1)


def neighbours(k):
    return lambda x, y: lambda q: 1 - np.sort(q @ x.T, 1)[:, -k:].mean(1)


def prototypes(x, y):
    """Up to eight means a class, each of five texts or more."""
    parts = [x[y == label] for label in np.unique(y)]
    found = [KMeans(max(1, min(8, len(part) // 5)), n_init=1, random_state=0).fit(part).cluster_centers_ for part in parts]
    return lambda q: 1 - (q @ unit(np.concatenate(found)).T).max(1)


def mahalanobis(x, y):
    """With a shared covariance, half of it shrunk to a multiple of the identity."""
    _, index = np.unique(y, return_inverse=True)
    rest = x - means(x, y)[index]
    shared = rest.T @ rest / max(1, len(x) - index.max() - 1)
    inverse = np.linalg.inv(0.5 * shared + 0.5 * np.trace(shared) / len(shared) * np.eye(len(shared)))
    return lambda q: np.min([np.einsum("ij,jk,ik->i", q - mean, inverse, q - mean) for mean in means(x, y)], 0)


def logits(score):
    def fit(x, y):
        model = LogisticRegression(C=30, max_iter=500).fit(x, y)

        def of(q):
            found = model.decision_function(q)
            return -score(np.stack([-found, found], 1) / 2 if found.ndim == 1 else found)

        return of

    return fit


SCORES = {
    "centroids": centroids, "1 neighbour": neighbours(1), "3": neighbours(3), "5": neighbours(5), "prototypes": prototypes,
    "Mahalanobis": mahalanobis, "largest logit": logits(lambda z: z.max(1)), "energy": logits(lambda z: logsumexp(z, axis=1)),
}


def limit(x, y) -> float:
    """graftwork's: the conformal quantile of leave-one-out distances."""
    keep = lambda i: np.arange(len(x)) != i
    distances = sorted(float(centroids(x[keep(i)], y[keep(i)])(x[i : i + 1])[0]) for i in range(len(x)))
    return distances[min(len(x), math.ceil((len(x) + 1) * 0.95)) - 1]


def draw(x, y, shots, seed):
    generator = np.random.default_rng(seed)
    rows = np.concatenate([generator.permutation(np.where(y == label)[0])[:shots] for label in np.unique(y)])
    return x[rows], y[rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--shots", type=int, nargs="*", default=[5, 20, 100])
    parser.add_argument("--most", type=int, default=300, help="test texts of a set")
    options = parser.parse_args()
    tokenizer, model = AutoTokenizer.from_pretrained(options.minilm), AutoModel.from_pretrained(options.minilm).eval()

    def load(name, split, most):
        labels, texts = read(options.data / name / f"{split}.tsv.gz", most)
        return embed(tokenizer, model, texts), np.array(labels)

    test = {name: load(name, "test", options.most) for name in SETS + OTHERS}
    for name in SETS:
        x, y = load(name, "train", 4000)
        x, y = x[y != OUT_OF_SCOPE], y[y != OUT_OF_SCOPE]
        inside, labels = test[name]
        own = inside[labels == OUT_OF_SCOPE]
        inside = inside[labels != OUT_OF_SCOPE]
        outside = [test[other][0] for other in test if other != name and not (name.startswith("sib") and other in SETS[1:2])]
        outside += [own] if len(own) else []
        for shots in options.shots:
            draws = [draw(x, y, shots, seed) for seed in range(3)]
            line = []
            for what, fit in SCORES.items():
                scored = [(fit(*some)(inside), [fit(*some)(out) for out in outside]) for some in draws]
                area = lambda a, b: roc_auc_score(np.r_[np.zeros(len(a)), np.ones(len(b))], np.r_[a, b])
                line.append(f"{what} {np.mean([area(a, b) for a, bs in scored for b in bs]):.3f}")
            rates = [(limit(*some), centroids(*some)) for some in draws]
            alarms = np.mean([(of(inside) > bound).mean() for bound, of in rates])
            hits = np.mean([(of(out) > bound).mean() for bound, of in rates for out in outside])
            print(f"{name}, {shots} a label: {', '.join(line)}; false alarms {alarms:.3f}, hits {hits:.2f}", flush=True)


if __name__ == "__main__":
    main()
