"""tiny-heads/: two heads on one adapter of tiny-bert, one for texts (`intent`) and one for their words (`slots`): logits of both, the
weighted sum of their losses and every gradient of it; 20 steps of training both together, and 20 in turns. The directory is as
graftwork writes several heads: the second one in heads/slots, where AdapterHub's `load_head` finds it."""

import json
import shutil
from pathlib import Path

import torch
from adapters import AutoAdapterModel
from adapters.heads import ClassificationHead, TaggingHead
from safetensors.torch import load_file
from transformers import get_linear_schedule_with_warmup

from adapterhub import METHODS, NAME, Case, edit_json, gradients_by_saved_name, randomise, trainable
from common import HERE, pack, save_tensors, seed_everything, tree_size
from make_tiny_cases import CLS, FIRST_WORD, SEP, TINY, VOCAB

OUT = HERE / "tiny-heads"
INTENTS = ["ask", "play", "stop"]
TAGS = ["B-artist", "B-place", "I-artist", "I-place", "O"]
WEIGHTS = {"intent": 1.0, "slots": 0.5}
IGNORED = -100
STEPS, BATCH, LR = 20, 4, 3e-3


def build():
    model = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager", dtype=torch.float32)
    model.add_adapter(NAME, config=METHODS["double_seq_bn"]())
    model.add_prediction_head(ClassificationHead(model, "intent", len(INTENTS), id2label=dict(enumerate(INTENTS))))
    model.add_prediction_head(TaggingHead(model, "slots", len(TAGS), id2label=dict(enumerate(TAGS))))
    model.train_adapter(NAME)
    for head in ("intent", "slots"):
        for parameter in model.heads[head].parameters():
            parameter.requires_grad_(True)
    return model.eval()


def batch(count: int, generator):
    """Sequences, an intent each, and a tag for two of three tokens, as for the first tokens of words. Both can be learned."""
    sequences, intents, tags = [], [], []
    for _ in range(count):
        length = int(torch.randint(2, 9, (1,), generator=generator))
        words = torch.randint(FIRST_WORD, VOCAB, (length,), generator=generator).tolist()
        first = (torch.rand(length, generator=generator) < 0.67).tolist()
        sequences.append([CLS, *words, SEP])
        intents.append(words[0] % len(INTENTS))
        tags.append([IGNORED, *(word % len(TAGS) if one else IGNORED for word, one in zip(words, first)), IGNORED])
    return sequences, intents, tags


def outputs(model, head: str, sequences):
    model.active_head = head
    return [model(torch.tensor([ids])).logits[0] for ids in sequences]


def loss_of(model, head: str, sequences, intents, tags):
    logits = outputs(model, head, sequences)
    if head == "intent":
        return torch.nn.functional.cross_entropy(torch.stack(logits), torch.tensor(intents)), torch.stack(logits)
    flat = torch.tensor([tag for own in tags for tag in own])
    return torch.nn.functional.cross_entropy(torch.cat(logits), flat, ignore_index=IGNORED), torch.cat(logits)


def train(model, data, heads_of_step) -> list[float]:
    """The losses of 20 steps. What a head that a step does not teach has is a gradient of zero, not none: AdamW moves on."""
    parameters = trainable(model)
    groups = [
        {"params": [p for p in parameters.values() if p.ndim >= 2], "weight_decay": 0.01},
        {"params": [p for p in parameters.values() if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR)
    schedule = get_linear_schedule_with_warmup(optimizer, STEPS // 10, STEPS)
    for parameter in parameters.values():
        parameter.grad = torch.zeros_like(parameter)
    losses = []
    for step in range(STEPS):
        rows = slice(BATCH * step, BATCH * (step + 1))
        optimizer.zero_grad(set_to_none=False)
        heads = heads_of_step(step)
        weights = WEIGHTS if len(heads) > 1 else {head: 1.0 for head in heads}
        loss = sum(weights[head] * loss_of(model, head, *(part[rows] for part in data))[0] for head in heads)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return losses


def make(_minilm: Path) -> None:
    seed_everything(47)
    shutil.rmtree(OUT, ignore_errors=True)
    generator = torch.Generator().manual_seed(12)
    model, case = build(), Case("heads", "", "double_seq_bn")
    randomise(model, case)
    model.config.name_or_path = "graftwork/tiny-bert"
    model.save_adapter(str(OUT), NAME, with_head=False, use_safetensors=True)
    model.save_head(str(OUT), "intent", use_safetensors=True)
    (OUT / "heads").mkdir()
    model.save_head(str(OUT / "heads" / "slots"), "slots", use_safetensors=True)
    for folder in (OUT, OUT / "heads" / "slots"):
        edit_json(folder / "head_config.json", lambda value: value.update(model_name="graftwork/tiny-bert"))
        for file in folder.iterdir():
            file.chmod(0o755 if file.is_dir() else 0o644)
    saved = load_file(OUT / "adapter.safetensors") | load_file(OUT / "model_head.safetensors")
    saved |= load_file(OUT / "heads" / "slots" / "model_head.safetensors")

    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.double()
    data = batch(6, generator)
    model.zero_grad()
    found = {head: loss_of(model, head, *data) for head in WEIGHTS}
    loss = sum(weight * found[head][0] for head, weight in WEIGHTS.items())
    loss.backward()
    grads = {name: parameter.grad.clone() for name, parameter in trainable(model).items()}
    flat = torch.tensor([tag for own in data[2] for tag in own])
    save_tensors(OUT / "golden.safetensors", {
        **pack(data[0]), "intents": torch.tensor(data[1]), "labeled": (flat != IGNORED).long(), "tags": flat.clamp(min=0),
        "logits.intent": found["intent"][1], "logits.slots": found["slots"][1], "loss": loss.reshape(1),
        **gradients_by_saved_name(model, saved, grads),
    })

    again = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager")
    again.load_adapter(str(OUT), use_safetensors=True, set_active=True)
    again.load_head(str(OUT / "heads" / "slots"), use_safetensors=True)
    with torch.no_grad():
        for head in WEIGHTS:
            reloaded = outputs(again.eval(), head, data[0])
            reloaded = torch.stack(reloaded) if head == "intent" else torch.cat(reloaded)
            assert torch.allclose(reloaded, found[head][1].float(), atol=2e-5), head

    rows = batch(BATCH * STEPS, generator)
    curves = {}
    for name, heads in (("together", lambda _: ["intent", "slots"]), ("in_turns", lambda step: [["intent"], ["slots"]][step % 2])):
        model.load_state_dict(start)
        curves[name] = train(model, rows, heads)
    flat = torch.tensor([tag for own in rows[2] for tag in own])
    save_tensors(OUT / "batches.safetensors", {
        **pack(rows[0]), "intents": torch.tensor(rows[1]), "labeled": (flat != IGNORED).long(), "tags": flat.clamp(min=0),
    })
    what = {"what": "losses of 20 steps in float64, no dropout; together: each step teaches both heads; in_turns: the first the one, the "
                    "second the other, and so on, where the other head's gradient is zero",
            "weights": WEIGHTS, "batch_size": BATCH, "lr": LR, "weight_decay": 0.01, "clip": 1.0, "warmup_steps": STEPS // 10}
    (OUT / "curves.json").write_text(json.dumps({**what, **curves}, indent=1) + "\n")
    print(f"tiny-heads: {tree_size(OUT)} bytes; together {curves['together'][0]:.3f} -> {curves['together'][-1]:.3f}, "
          f"in turns {curves['in_turns'][0]:.3f} -> {curves['in_turns'][-2]:.3f} and {curves['in_turns'][1]:.3f} -> {curves['in_turns'][-1]:.3f}")
