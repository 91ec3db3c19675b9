"""mean-cases/NAME/: heads on the mean of a text's hidden states, which AdapterHub has not: its classes with another `forward`
of the head, and our section in its file. Laid out as tiny-cases/."""

import shutil
from pathlib import Path

import torch
from adapters.heads import ClassificationHead
from safetensors.torch import load_file
from transformers.modeling_outputs import SequenceClassifierOutput

from adapterhub import NAME, Case, build, edit_json, gradients_by_saved_name, randomise_alive, run_each, save, trainable, write_golden
from common import HERE, save_tensors, seed_everything
from make_tiny_cases import ONE_LAYER, TINY, batch

OUT = HERE / "mean-cases"
TEMPERATURE = 0.1


class MeanHead(ClassificationHead):
    """`mean(hidden states)`, perhaps scaled to length 1 as sentence-transformers does, then AdapterHub's layers."""

    normalize = False

    def forward(self, outputs, *_, **__):
        features = outputs[0].mean(dim=1)
        if self.normalize:
            features = torch.nn.functional.normalize(features, dim=-1)
        return SequenceClassifierOutput(logits=torch.nn.Sequential.forward(self, features), hidden_states=outputs.hidden_states)


class NormalizedMeanHead(MeanHead):
    normalize = True


def make(_minilm: Path) -> None:
    seed_everything(23)
    shutil.rmtree(OUT, ignore_errors=True)
    for name, what, head, kind in [
        ("mean", "two dense layers on the mean", {"style": "flex"}, MeanHead),
        ("mean-normalized", "one dense layer on the mean, scaled to length 1", ONE_LAYER, NormalizedMeanHead),
    ]:
        case = Case(name, what, "double_seq_bn", dict(leave_out=[0]), head, full=True)
        model = build(TINY, case)
        model.heads[NAME].__class__ = kind
        sequences, labels = batch(case)
        randomise_alive(model, case, sequences, labels)
        folder = OUT / name
        saved = save(model, folder, case)
        own = {"pooling": "mean", "normalize": kind.normalize}
        edit_json(folder / "head_config.json", lambda config: config.update(graftwork=own))
        write_golden(model, folder, case, saved, sequences, labels)
        if kind.normalize:
            add_contrast(model, folder, saved, sequences, labels)


def contrastive_loss(features, labels, temperature):
    """Khosla et al. 2020, "L_out": over the texts that share their label with another."""
    others = ~torch.eye(len(labels), dtype=torch.bool)
    positive = (labels[:, None] == labels) & others
    similarity = (features @ features.T / temperature).masked_fill(~others, float("-inf"))
    log_softmax = (similarity - similarity.logsumexp(dim=1, keepdim=True)).masked_fill(~others, 0.0)
    count = positive.sum(dim=1)
    return -((log_softmax * positive).sum(dim=1) / count.clamp(min=1))[count > 0].mean()


def add_contrast(model, folder: Path, saved, sequences, labels) -> None:
    """Loss and gradients of the supervised contrastive loss on the head's features, beside the others."""
    model.zero_grad()
    hidden, _ = run_each(model, sequences)
    features = torch.nn.functional.normalize(torch.stack([states.mean(dim=0) for states in hidden]), dim=-1)
    loss = contrastive_loss(features, labels, TEMPERATURE)
    loss.backward()
    # The head does not take part.
    grads = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in trainable(model).items()}
    golden = load_file(folder / "golden.safetensors")
    found = {f"contrast.{name}": grad for name, grad in gradients_by_saved_name(model, saved, grads).items()}
    save_tensors(folder / "golden.safetensors", {**golden, "contrast.loss": loss.reshape(1), **found})
