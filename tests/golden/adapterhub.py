"""AdapterHub, driven: add an adapter and a head, randomise, save as a directory, compute golden numbers."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import adapters
import torch
from adapters import AutoAdapterModel, BnConfig, DoubleSeqBnConfig, LoRAConfig, ParBnConfig, SeqBnConfig
from adapters.heads import ClassificationHead, MultiLabelClassificationHead
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

from common import nmse, pack, save_json, save_tensors

NAME = "golden"  # of every adapter and head here
# What the files say the backbone is (AdapterHub would write the local path), unless it is tiny; by hidden size.
BACKBONE_IDS = {384: "sentence-transformers/all-MiniLM-L6-v2"}
METHODS = {"seq_bn": SeqBnConfig, "double_seq_bn": DoubleSeqBnConfig, "par_bn": ParBnConfig, "bn": BnConfig,
           "lora": LoRAConfig}
HEADS = {"flex": ClassificationHead, "multilabel": MultiLabelClassificationHead}


@dataclass
class Case:
    """One adapter + head. `head` is: {"style": "flex", **options of add_classification_head}, {"style": "multilabel", **the same},
    {"style": "static"} or None."""

    name: str
    what: str
    method: str
    config: dict = field(default_factory=dict)
    head: dict | None = field(default_factory=lambda: {"style": "flex"})
    labels: list[str] = field(default_factory=lambda: ["negative", "neutral", "positive"])
    std: float = 0.2  # of the random adapter weights
    head_std: float = 0.1
    full: bool = False  # all sequence lengths and last_hidden_state, or the short batch


def build(backbone: Path, case: Case, train_head: bool = True):
    """The model with the case's adapter and head active and trainable, everything else frozen, no dropout."""
    id2label = dict(enumerate(case.labels))
    options = dict(attn_implementation="eager", dtype=torch.float32)
    style = case.head["style"] if case.head else "none"
    if style == "static":
        config = AutoConfig.from_pretrained(backbone, num_labels=len(case.labels))
        config.id2label, config.label2id = id2label, {label: i for i, label in id2label.items()}
        model = AutoModelForSequenceClassification.from_pretrained(backbone, config=config, **options)
        adapters.init(model)
    elif style in HEADS:
        model = AutoAdapterModel.from_pretrained(backbone, **options)
        for head in list(model.heads):  # of a task model's checkpoint
            model.delete_head(head)
    else:
        model = AutoModel.from_pretrained(backbone, **options)
        adapters.init(model)
    model.add_adapter(NAME, config=METHODS[case.method](**case.config))
    if style in HEADS:
        head = {key: value for key, value in case.head.items() if key != "style"}
        # add_classification_head() knows no `bias`; the class behind it does.
        model.add_prediction_head(HEADS[style](model, NAME, num_labels=len(case.labels), id2label=id2label, **head))
    model.train_adapter(NAME)
    return model.eval()


def randomise(model, case: Case) -> None:
    """Every trainable weight visibly non-zero; scales and norms round 1."""
    with torch.no_grad():
        for name, parameter in trainable(model).items():
            value = torch.randn(parameter.shape)
            is_head = name.startswith(("heads.", "classifier.", "pre_classifier."))
            if name.endswith(".scaling"):
                value = 1 + 0.3 * value
            elif ".adapter_norm_" in name and name.endswith("weight") or ".adapter_down.0.weight" in name and parameter.ndim == 1:
                value = 1 + 0.2 * value
            else:
                value = value * (case.head_std if is_head else case.std)
            parameter.copy_(value)


def trainable(model) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def randomise_alive(model, case: Case, sequences, labels) -> None:
    """Randomises until a gradient reaches every parameter (a relu bottleneck can be dead on the few [CLS] rows)."""
    for _ in range(100):
        randomise(model, case)
        *_, grads = forward_backward(model, sequences, labels)
        if all(float(grad.abs().max()) > 0 for grad in grads.values()):
            return
    raise AssertionError(f"{case.name}: no draw without a dead parameter")


def save(model, folder: Path, case: Case) -> dict[str, torch.Tensor]:
    """Writes the AdapterHub directory; returns all saved tensors by the names in the files.

    AdapterHub cannot write ln_before adapters as safetensors (the norm stands in the state dict under two names): then the
    `.bin` files are written, and adapter.safetensors beside them holds the same names with the shared tensors cloned.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with_head = case.head is not None
    tiny = f"graftwork/tiny-{model.config.model_type}"
    model.config.name_or_path = BACKBONE_IDS.get(model.config.hidden_size, tiny)
    try:
        model.save_adapter(str(folder), NAME, with_head=with_head, use_safetensors=True)
    except RuntimeError as error:
        assert "share memory" in str(error), error
        shutil.rmtree(folder)
        model.save_adapter(str(folder), NAME, with_head=with_head, use_safetensors=False)
        state = torch.load(folder / "pytorch_adapter.bin", weights_only=True)
        save_file({key: value.clone() for key, value in state.items()}, str(folder / "adapter.safetensors"))
        if with_head:
            state = torch.load(folder / "pytorch_model_head.bin", weights_only=True)
            save_file(state, str(folder / "model_head.safetensors"))
            (folder / "pytorch_model_head.bin").unlink()
    for file in folder.iterdir():
        file.chmod(0o644)
    saved = load_file(folder / "adapter.safetensors")
    if with_head:
        saved.update(load_file(folder / "model_head.safetensors"))
    return saved


def run_each(model, sequences: list[list[int]]):
    """Each sequence alone (so: no padding) -> (list of last hidden states [L, D], logits [n, C] or None)."""
    hidden, logits = [], []
    for ids in sequences:
        out = model(torch.tensor([ids]), output_hidden_states=True)
        hidden.append((out.hidden_states[-1] if "hidden_states" in out else out.last_hidden_state)[0])
        if getattr(out, "logits", None) is not None:
            logits.append(out.logits[0])
    return hidden, torch.stack(logits) if logits else None


def forward_backward(model, sequences, labels):
    """(last hidden states packed, logits, loss, {name: gradient})."""
    model.zero_grad()
    hidden, logits = run_each(model, sequences)
    if logits is None:
        return torch.cat(hidden), None, None, {}
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    grads = {name: parameter.grad.clone() for name, parameter in trainable(model).items()}
    return torch.cat(hidden), logits, loss, grads


def gradients_by_saved_name(model, saved: dict, grads: dict) -> dict:
    """A parameter that is saved under two names (ln_before) gets its gradient under both."""
    by_identity = {id(parameter): grads[name] for name, parameter in trainable(model).items()}
    named = dict(model.named_parameters(remove_duplicate=False))
    out = {f"grad.{name}": by_identity[id(named[name])] for name in saved}
    assert len({id(named[name]) for name in saved}) == len(grads), "a trainable parameter is not in the saved files"
    return out


def write_golden(model, folder: Path, case: Case, saved, sequences, labels) -> None:
    """golden.safetensors and case.json, computed in f64 from the saved f32 weights (a f32 run is compared and noted)."""
    rough = forward_backward(model, sequences, labels)
    model.double()
    hidden, logits, loss, grads = forward_backward(model, sequences, labels)
    tensors = {**pack(sequences), "last_hidden_state": hidden}
    notes = {"last_hidden_state": max_abs(rough[0] - hidden)}
    worst_gradient = None
    if logits is not None:
        tensors.update(labels=labels, logits=logits, loss=loss.reshape(1))
        tensors.update(gradients_by_saved_name(model, saved, grads))
        notes["logits"] = max_abs(rough[1] - logits)
        worst_gradient = max(nmse(rough[3][name], grads[name]) for name in grads)
    save_tensors(folder / "golden.safetensors", tensors)
    write_case_json(folder, case, saved, notes, worst_gradient)


def write_case_json(folder: Path, case: Case, saved, notes, worst_gradient, **more) -> None:
    info = {"name": case.name, "what": case.what, "method": case.method, "overrides": case.config}
    if case.head is not None:
        info.update(head=case.head, num_labels=len(case.labels), labels=case.labels)
    parameters = {name: list(tensor.shape) for name, tensor in saved.items()}
    info["saved_tensors"] = {name: parameters[name] for name in sorted(parameters)}
    info["float32_run_max_abs_difference"] = notes
    if worst_gradient is not None:
        info["float32_run_worst_gradient_nmse"] = worst_gradient
    save_json(folder / "case.json", {**info, **more})


def max_abs(tensor: torch.Tensor) -> float:
    return float(tensor.detach().abs().max())


def edit_json(path: Path, change) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value, indent=2, sort_keys=True))
