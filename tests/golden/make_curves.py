"""minilm-curve/, tiny-curve/, tiny-curve-strong/: 20 training steps of an adapter and its head, without dropout.

AdamW (decoupled decay 0.01, on matrices only), lr 5e-4 (strong: decay 0.1, lr 1e-2, so that a wrong decay shows), betas 0.9/0.999, eps 1e-8; gradient norm over all trainable
parameters clipped to 1.0; linear schedule to zero over 20 steps with 2 warm-up steps.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoTokenizer, get_linear_schedule_with_warmup

from adapterhub import NAME, Case, build, save, trainable
from common import DATA, HERE, pack, pad, read_tsv, save_tensors, seed_everything, tree_size

STEPS, WARMUP, BATCH, MAX_LENGTH = 20, 2, 8, 32
CLIP = 1.0
LABELS = ["ham", "spam"]


@dataclass
class Curve:
    folder: Path
    backbone: Path
    case: Case
    lr: float = 5e-4
    weight_decay: float = 0.01
    perturb: float = 0.05  # std of what is added to every fresh weight
    keep_final: bool = True
    truth: Callable | None = None  # (ids, whether it is spam) -> what the head should give; None: the label


def draw_batches(tokenizer):
    """20 batches of 8 real messages, at most 32 tokens, about every third one spam. -> (sequences, labels), 160 of each."""
    rows = read_tsv(DATA / "sms-spam" / "train.tsv.gz")
    generator = torch.Generator().manual_seed(11)
    ham, spam = ([row for row in rows if row[0] == label] for label in LABELS)
    sequences, labels = [], []
    for _ in range(STEPS * BATCH):
        pool = spam if torch.rand(1, generator=generator).item() < 0.35 else ham
        label, text = pool[int(torch.randint(len(pool), (1,), generator=generator))]
        sequences.append(tokenizer(text, truncation=True, max_length=MAX_LENGTH)["input_ids"])
        labels.append(LABELS.index(label))
    return sequences, labels


def train(model, curve: Curve, sequences, labels) -> list[dict]:
    """The reference training loop, in the dtype of the model. One dict a step."""
    parameters = trainable(model)
    matrices = [p for p in parameters.values() if p.ndim >= 2]
    vectors = [p for p in parameters.values() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": curve.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=curve.lr, betas=(0.9, 0.999), eps=1e-8, foreach=False,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    log = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        optimizer.zero_grad()
        loss = model(**pad(sequences[rows]), labels=torch.tensor(labels[rows])).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        log.append({"step": step + 1, "loss": float(loss.detach()), "lr": schedule.get_last_lr()[0], "grad_norm": float(norm)})
        optimizer.step()
        schedule.step()
    return log


def make_curve(curve: Curve) -> None:
    out, case = curve.folder, curve.case
    shutil.rmtree(out, ignore_errors=True)
    sequences, labels = draw_batches(AutoTokenizer.from_pretrained(curve.backbone))
    if curve.truth:
        labels = [curve.truth(ids, label) for ids, label in zip(sequences, labels)]
    model = build(curve.backbone, case)
    with torch.no_grad():  # AdapterHub's own init, plus a little everywhere: no bias starts at exactly zero
        for parameter in trainable(model).values():
            parameter.add_(torch.randn(parameter.shape) * curve.perturb)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    save(model, out / "init", case)
    save_tensors(out / "batches.safetensors", {**pack(sequences), "labels": torch.tensor(labels)})

    log = train(model, curve, sequences, labels)
    final = {name: parameter.detach().clone() for name, parameter in trainable(model).items()}
    model.load_state_dict(start)
    for entry, exact in zip(log, train(model.double(), curve, sequences, labels)):
        entry["loss_f64"], entry["grad_norm_f64"] = exact["loss"], exact["grad_norm"]
    exact_final = {name: parameter.detach() for name, parameter in trainable(model).items()}
    drift = max(float((final[name] - exact_final[name]).abs().max()) for name in final)
    if curve.keep_final:
        save_tensors(out / "final.safetensors", final)
    worst = max(abs(entry["loss"] - entry["loss_f64"]) for entry in log)
    text = json.dumps({
        "what": "20 steps of training, float32, eager attention, no dropout; *_f64: the same run in float64",
        "adapter": {"directory": "init", "name": NAME, "method": case.method, "head": case.head, "labels": case.labels},
        "trainable_parameters": sum(p.numel() for p in final.values()),
        "batches": f"step k (from 1) takes sequences {BATCH}*(k-1) .. {BATCH}*k of batches.safetensors; loss = mean over them",
        "batch_size": BATCH, "max_length": MAX_LENGTH, "steps": STEPS, "warmup_steps": WARMUP,
        "optimizer": {"name": "AdamW", "lr": curve.lr, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": curve.weight_decay,
                      "decay": "tensors of 2 dimensions only (not biases)"},
        "clip": {"max_norm": CLIP, "how": "torch clip_grad_norm_: over all trainable parameters, g *= min(1, 1 / (norm + 1e-6))"},
        "schedule": "lr of step k (from 1), i = k - 1: i < warmup ? lr*i/warmup : lr*(steps-i)/(steps-warmup); so step 1 has lr 0",
        "grad_norm": "before clipping",
        "float32_against_float64": {"worst_loss_difference": worst, "worst_final_weight_difference": drift},
        "log": log,
    }, indent=1)
    (out / "curve.json").write_text(text + "\n")
    print(f"{out.name}: {tree_size(out)} bytes, loss {log[0]['loss']:.4f} -> {log[-1]['loss']:.4f}, "
          f"norms {log[0]['grad_norm']:.3f} -> {log[-1]['grad_norm']:.3f}, f32 - f64: {worst:.1e}, weights {drift:.1e}")


def make(minilm: Path) -> None:
    seed_everything(13)
    tiny = HERE / "tiny-bert"
    double = Case("", "", "double_seq_bn", labels=LABELS)
    single = Case("", "", "seq_bn", {"scaling": "learned", "ln_after": True}, labels=LABELS)
    make_curve(Curve(HERE / "minilm-curve", minilm, double, perturb=0.002, keep_final=False))
    make_curve(Curve(HERE / "tiny-curve", tiny, double))
    make_curve(Curve(HERE / "tiny-curve-strong", tiny, single, lr=1e-2, weight_decay=0.1))
