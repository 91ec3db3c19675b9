"""text-cases/NAME/: heads for several labels and for a number on tiny-bert, and pairs of texts with their token types. Laid out as
tiny-cases/; the loss is AdapterHub's own. multi-label-curve/, regression-curve/: 20 training steps of such heads, as the other
curves. text-metrics.json: random answers, with what scikit-learn and scipy say of them."""

import json
import random
import shutil
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file

import adapterhub
from adapterhub import NAME, Case, build, randomise_alive, save, trainable, write_golden
from common import HERE, save_tensors, seed_everything, tree_size
from make_curves import Curve, make_curve
from make_tiny_cases import CLS, FIRST_WORD, SEP, TINY, VOCAB

OUT = HERE / "text-cases"
LABELS = ["anger", "fear", "joy", "surprise"]
PAIRS = [(4, 5), (1, 9), (7, 2), (3, 0)]  # words of the first and the second text


def cases() -> list[tuple[Case, bool]]:
    """Each with whether it is on pairs."""
    many, one_layer = {"style": "multilabel"}, {"layers": 1, "bias": False}

    def case(name, what, method, head, labels, pairs=False):
        return Case(name, what, method, {}, head, labels=labels), pairs

    return [
        case("multi-label", "AdapterHub's default head for several labels", "seq_bn", many, LABELS),
        case("multi-label-one-layer", "one layer without bias", "double_seq_bn", {**many, **one_layer}, LABELS),
        case("regression", "AdapterHub's classification head of one label: a number", "seq_bn", {"style": "flex"}, ["score"]),
        case("regression-pairs", "the same of pairs, on the pooler", "par_bn", {"style": "flex", "use_pooler": True}, ["score"], True),
        case("classification-pairs", "one of several labels for pairs", "seq_bn", {"style": "flex"}, LABELS, True),
        case("multi-label-pairs", "several labels for pairs", "lora", many, LABELS, True),
    ]


def batch(case: Case):
    """Pairs of sequences with their token types, and what each should give."""
    generator = torch.Generator().manual_seed(9)
    words = lambda count: torch.randint(FIRST_WORD, VOCAB, (count,), generator=generator).tolist()
    sequences = [[CLS, *words(first), SEP, *words(second), SEP] for first, second in PAIRS]
    types = [[0] * (first + 2) + [1] * (second + 1) for first, second in PAIRS]
    n = len(PAIRS)
    if case.head["style"] == "multilabel":
        truth = torch.randint(0, 2, (n, len(case.labels)), generator=generator).float()
        truth[1] = 0  # a text without any label
    elif len(case.labels) == 1:
        truth = 5 * torch.rand(n, generator=generator)
    else:
        truth = torch.randint(0, len(case.labels), (n,), generator=generator)
    return sequences, types, truth


def forward_backward_with(types):
    """`adapterhub.forward_backward` with token types and the loss that AdapterHub's head computes: all are means over texts."""

    def forward_backward(model, sequences, truth):
        model.zero_grad()
        dtype = next(model.parameters()).dtype
        truth = truth.to(dtype) if truth.is_floating_point() and truth.ndim == 1 else truth
        outs = [
            model(torch.tensor([ids]), token_type_ids=torch.tensor([own]), labels=truth[i : i + 1], output_hidden_states=True)
            for i, (ids, own) in enumerate(zip(sequences, types))
        ]
        loss = torch.stack([out.loss for out in outs]).mean()
        loss.backward()
        grads = {name: parameter.grad.clone() for name, parameter in trainable(model).items()}
        return torch.cat([out.hidden_states[-1][0] for out in outs]), torch.cat([out.logits for out in outs]), loss, grads

    return forward_backward


def write(case: Case, pairs: bool) -> None:
    sequences, types, truth = batch(case)
    types = types if pairs else [[0] * len(own) for own in types]
    adapterhub.forward_backward = forward_backward_with(types)
    model = build(TINY, case)
    randomise_alive(model, case, sequences, truth)
    folder = OUT / case.name
    saved = save(model, folder, case)
    write_golden(model, folder, case, saved, sequences, truth)
    if pairs:
        flat = torch.tensor([one for own in types for one in own])
        save_tensors(folder / "golden.safetensors", {**load_file(folder / "golden.safetensors"), "type_ids": flat})


def make_metrics() -> None:
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, mean_squared_error, precision_recall_fscore_support

    warnings.simplefilter("ignore")
    draws, sets, scores = random.Random(5), [], []
    for _ in range(30):
        n, labels = draws.randint(1, 12), draws.randint(2, 5)  # of one, scikit-learn measures something else
        indicators = lambda p: [[int(draws.random() < p) for _ in range(labels)] for _ in range(n)]
        truth, found = indicators(draws.choice([0.1, 0.4])), indicators(draws.choice([0.0, 0.2, 0.5]))
        if draws.random() < 0.3:
            found = [row if draws.random() < 0.3 else list(own) for row, own in zip(found, truth)]
        each = precision_recall_fscore_support(truth, found, average=None, zero_division=0)
        sets.append({
            "truth": truth, "predictions": found, "f1_micro": f1_score(truth, found, average="micro", zero_division=0),
            "f1_macro": f1_score(truth, found, average="macro", zero_division=0), "subset_accuracy": accuracy_score(truth, found),
            "labels": [[float(p), float(r), float(f), int(s)] for p, r, f, s in zip(*each)],
        })
    for _ in range(30):
        n = draws.randint(3, 12)
        ties = draws.random() < 0.5
        numbers = lambda: [draws.randint(0, 4) if ties else draws.uniform(0, 5) for _ in range(n)]
        truth = torch.tensor(numbers(), dtype=torch.float32).tolist()
        found = torch.tensor(numbers(), dtype=torch.float32).tolist()
        if len(set(truth)) < 2 or len(set(found)) < 2:
            continue
        scores.append({
            "truth": truth, "predictions": found, "pearson": float(pearsonr(truth, found)[0]),
            "spearmanr": float(spearmanr(truth, found)[0]), "mse": mean_squared_error(truth, found),
            "mae": mean_absolute_error(truth, found),
        })
    lines = lambda cases: "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]"
    text = f'{{"label_sets": {lines(sets)},\n"scores": {lines(scores)}}}\n'
    (HERE / "text-metrics.json").write_text(text, encoding="ascii")


def make(_minilm: Path) -> None:
    seed_everything(31)
    shutil.rmtree(OUT, ignore_errors=True)
    usual = adapterhub.forward_backward
    for case, pairs in cases():
        write(case, pairs)
    adapterhub.forward_backward = usual
    print(f"text-cases: {len(cases())} cases, {tree_size(OUT)} bytes")
    features = lambda ids, spam: [float(spam), float(len(ids) > 20), float(ids[1] % 2)]
    many = Case("", "", "double_seq_bn", head={"style": "multilabel"}, labels=["spam", "long", "even"])
    make_curve(Curve(HERE / "multi-label-curve", TINY, many, lr=5e-3, truth=features))
    number = Case("", "", "seq_bn", labels=["score"])
    make_curve(Curve(HERE / "regression-curve", TINY, number, lr=5e-3, truth=lambda ids, spam: spam + len(ids) / 20))
    make_metrics()
