"""mean-cases/NAME/: heads on the mean of a text's hidden states, which AdapterHub has not: its classes with another `forward`
of the head, and our section in its file. Laid out as tiny-cases/."""

import shutil
from pathlib import Path

import torch
from adapters.heads import ClassificationHead
from transformers.modeling_outputs import SequenceClassifierOutput

from adapterhub import NAME, Case, build, edit_json, randomise_alive, save, write_golden
from common import HERE, seed_everything
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
