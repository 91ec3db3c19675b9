"""tiny-tagging/NAME/: tagging heads on tiny-bert, with logits of every token, the loss over labelled ones and every gradient.

seqeval.json: random sequences of tags, valid and not, with what seqeval makes of them."""

import json
import random
import shutil
import warnings
from pathlib import Path

import torch
from adapters import AutoAdapterModel
from adapters.heads import TaggingHead

from adapterhub import METHODS, NAME, Case, gradients_by_saved_name, max_abs, randomise, save, trainable, write_case_json
from common import HERE, nmse, pack, save_json, save_tensors, seed_everything, tree_size
from make_tiny_cases import CLS, FIRST_WORD, SEP, SHORT_LENGTHS, TINY, VOCAB

OUT = HERE / "tiny-tagging"
LABELS = ["B-place", "B-work of-art", "I-place", "I-work of-art", "O"]
IGNORED = -100


def cases() -> list[Case]:
    def case(name, what, method="seq_bn", **head):
        return Case(name, what, method, {}, {"style": "tagging", **head}, labels=LABELS)

    return [
        case("defaults", "AdapterHub's default tagging head: one linear layer on every token"),
        case("two-layers", "two layers with tanh between", "double_seq_bn", layers=2),
        case("no-activation", "two layers, activation_function null", "par_bn", layers=2, activation_function=None),
    ]


def build(case: Case):
    model = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager", dtype=torch.float32)
    model.add_adapter(NAME, config=METHODS[case.method](**case.config))
    head = {key: value for key, value in case.head.items() if key != "style"}
    model.add_prediction_head(TaggingHead(model, NAME, len(LABELS), id2label=dict(enumerate(LABELS)), **head))
    model.train_adapter(NAME)
    return model.eval()


def batch():
    """Sequences, and a label for about two of three tokens, as for the first tokens of words; none in the second sequence."""
    generator = torch.Generator().manual_seed(7)
    sequences, labels = [], []
    for length in SHORT_LENGTHS:
        words = torch.randint(FIRST_WORD, VOCAB, (length - 2,), generator=generator).tolist()
        tags = torch.randint(0, len(LABELS), (length - 2,), generator=generator).tolist()
        first = (torch.rand(length - 2, generator=generator) < 0.67).tolist()
        sequences.append([CLS, *words, SEP])
        labels.append([IGNORED, *(tag if one else IGNORED for tag, one in zip(tags, first)), IGNORED])
    return sequences, labels


def forward_backward(model, sequences, labels):
    model.zero_grad()
    outs = [model(torch.tensor([ids]), output_hidden_states=True) for ids in sequences]
    hidden, logits = torch.cat([out.hidden_states[-1][0] for out in outs]), torch.cat([out.logits[0] for out in outs])
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([tag for own in labels for tag in own]), ignore_index=IGNORED)
    loss.backward()
    return hidden, logits, loss, {name: parameter.grad.clone() for name, parameter in trainable(model).items()}


def write(case: Case) -> None:
    model, (sequences, labels) = build(case), batch()
    randomise(model, case)
    saved = save(model, OUT / case.name, case)
    rough = forward_backward(model, sequences, labels)
    model.double()
    hidden, logits, loss, grads = forward_backward(model, sequences, labels)
    flat = torch.tensor([tag for own in labels for tag in own])
    save_tensors(OUT / case.name / "golden.safetensors", {
        **pack(sequences), "labeled": (flat != IGNORED).long(), "labels": flat.clamp(min=0), "logits": logits,
        "last_hidden_state": hidden, "loss": loss.reshape(1),
        **gradients_by_saved_name(model, saved, grads),
    })
    worst = max(nmse(rough[3][name], grads[name]) for name in grads)
    write_case_json(OUT / case.name, case, saved, {"logits": max_abs(rough[1] - logits)}, worst)

    again = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager")
    again.load_adapter(str(OUT / case.name), use_safetensors=True, set_active=True)
    with torch.no_grad():
        reloaded = torch.cat([again.eval()(torch.tensor([ids])).logits[0] for ids in sequences])
    assert torch.allclose(reloaded, logits.float(), atol=2e-5), case.name


def make_seqeval() -> None:
    from seqeval.metrics import accuracy_score, classification_report, f1_score, precision_score, recall_score

    warnings.simplefilter("ignore")
    schemes = {
        "IOB2": ["O", "B-a", "I-a", "B-b", "I-b"],
        "IOBES": ["O", "B-a", "I-a", "E-a", "S-a", "B-b b", "I-b b", "E-b b", "S-b b"],
        "with dashes, without types": ["O", "B-a-1", "I-a-1", "B-", "I-", "S-x-y"],
    }
    draws, out = random.Random(5), []
    for scheme, labels in schemes.items():
        for number in range(40):
            lengths = [draws.randint(1, 9) for _ in range(draws.randint(1, 5))]
            truth = [[draws.randrange(len(labels)) for _ in range(length)] for length in lengths]
            change = draws.choice([0.0, 0.1, 0.4, 1.0])
            found = [[draws.randrange(len(labels)) if draws.random() < change else tag for tag in own] for own in truth]
            named = [[[labels[tag] for tag in own] for own in tags] for tags in (truth, found)]
            report = classification_report(*named, output_dict=True, zero_division=0)
            types = {kind: value for kind, value in report.items() if not kind.endswith(" avg")}
            out.append({
                "scheme": scheme, "labels": labels, "truth": truth, "predictions": found, "f1": float(f1_score(*named)),
                "precision": float(precision_score(*named)), "recall": float(recall_score(*named)),
                "accuracy": accuracy_score(*named),
                "types": {k: [float(v["precision"]), float(v["recall"]), float(v["f1-score"]), int(v["support"])] for k, v in types.items()},
            })
    (HERE / "seqeval.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]\n", encoding="ascii")


def make(_minilm: Path) -> None:
    seed_everything(11)
    shutil.rmtree(OUT, ignore_errors=True)
    for case in cases():
        write(case)
    make_seqeval()
    print(f"tiny-tagging: {len(cases())} cases, {tree_size(OUT)} bytes")
