"""mean-cases/NAME/: heads on the mean of a text's hidden states, which AdapterHub has not: its classes with another `forward`
of the head, and our section in its file. Laid out as tiny-cases/."""

import shutil
from pathlib import Path

import torch
from adapters.heads import ClassificationHead
from safetensors.torch import load_file
from transformers.modeling_outputs import SequenceClassifierOutput

import adapterhub
from adapterhub import NAME, Case, build, edit_json, randomise_alive, run_each, save, write_golden
from common import HERE, save_tensors, seed_everything
from make_tiny_cases import ONE_LAYER, TINY, batch

OUT = HERE / "mean-cases"


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


class LayersHead(NormalizedMeanHead):
    """Such vectors after layers 1 and 2, beside each other, together of length 1."""

    def forward(self, outputs, *_, **__):
        means = [outputs.hidden_states[layer].mean(dim=1) for layer in (1, 2)]
        features = torch.cat([torch.nn.functional.normalize(mean, dim=-1) for mean in means], dim=-1) / 2**0.5
        return SequenceClassifierOutput(logits=torch.nn.Sequential.forward(self, features), hidden_states=outputs.hidden_states)


# Which sequences are windows of the same text: their beginnings, and the number of sequences.
TEXTS = [0, 2, 3, 5]


def run_windows(model, sequences):
    """As `run_each`, but a text's logits are those of the mean of its windows' means."""
    hidden, _ = run_each(model, sequences)
    means = [states.mean(dim=0) for states in hidden]
    features = torch.stack([torch.stack(means[start:end]).mean(dim=0) for start, end in zip(TEXTS, TEXTS[1:])])
    features = torch.nn.functional.normalize(features, dim=-1)
    return hidden, torch.nn.Sequential.forward(model.heads[NAME], features)


def make(_minilm: Path) -> None:
    seed_everything(23)
    shutil.rmtree(OUT, ignore_errors=True)
    for name, what, head, kind, run in [
        ("mean", "two dense layers on the mean", {"style": "flex"}, MeanHead, run_each),
        ("mean-normalized", "one dense layer on the mean, scaled to length 1", ONE_LAYER, NormalizedMeanHead, run_each),
        ("mean-windows", "the same on the mean of a text's windows' means", ONE_LAYER, NormalizedMeanHead, run_windows),
        ("mean-of-layers", "one dense layer on the means after layers 1 and 2", ONE_LAYER, LayersHead, run_each),
    ]:
        adapterhub.run_each = run
        case = Case(name, what, "double_seq_bn", dict(leave_out=[0]), head, full=True)
        model = build(TINY, case)
        model.heads[NAME].__class__ = kind
        if kind is LayersHead:
            model.heads[NAME][1] = torch.nn.Linear(2 * model.config.hidden_size, len(case.labels))
        sequences, labels = batch(case)
        if run is run_windows:
            labels = labels[: len(TEXTS) - 1]
        randomise_alive(model, case, sequences, labels)
        folder = OUT / name
        saved = save(model, folder, case)
        own = {"pooling": "mean", "normalize": kind.normalize}
        if kind is LayersHead:
            own["hidden_layers"] = [1, 2]
        edit_json(folder / "head_config.json", lambda config: config.update(graftwork=own))
        write_golden(model, folder, case, saved, sequences, labels)
        if run is run_windows:
            golden = load_file(folder / "golden.safetensors")
            save_tensors(folder / "golden.safetensors", {**golden, "texts": torch.tensor(TEXTS)})
    adapterhub.run_each = run_each
