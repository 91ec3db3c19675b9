"""minilm-cases/NAME/: AdapterHub adapters and heads on the real MiniLM, with logits for golden texts."""

import shutil
from pathlib import Path

import torch
from transformers import AutoTokenizer

from adapterhub import Case, build, max_abs, randomise, run_each, save, write_case_json
from common import HERE, pack, save_tensors, seed_everything, tree_size
from texts import TEXTS, expand

OUT = HERE / "minilm-cases"
TEXT_NAMES = [
    "empty", "one_char", "plain", "mixed_case", "long_sentence", "sms", "emoji_zwj", "chinese", "arabic", "accents_decomposed",
    "punctuation", "words_10000",
]
FLEX, STATIC = {"style": "flex"}, {"style": "static"}
# Reduction 16 once; elsewhere narrower, to keep the folder small (par_bn's own default of 2 would be 3.5 MB).
CASES = [
    Case("double_seq_bn-flex", "reduction 16, 2-layer head", "double_seq_bn", {}, FLEX),
    Case("seq_bn-flex", "2-layer head", "seq_bn", {"reduction_factor": 64}, FLEX),
    Case("par_bn-flex", "2-layer head", "par_bn", {"reduction_factor": 48}, FLEX),
    Case("double_seq_bn-static", "plain classifier", "double_seq_bn", {"reduction_factor": 64}, STATIC),
    Case("seq_bn-static", "plain classifier", "seq_bn", {"reduction_factor": 64}, STATIC),
    Case("par_bn-static", "plain classifier", "par_bn", {"reduction_factor": 48}, STATIC),
]


def make(minilm: Path) -> None:
    seed_everything(5)
    shutil.rmtree(OUT, ignore_errors=True)
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    sequences = [tokenizer(expand(TEXTS[name]), truncation=True, max_length=512)["input_ids"] for name in TEXT_NAMES]
    for case in CASES:
        case.std = 0.05 if case.method == "par_bn" else 0.1  # par_bn scales by 4
        model = build(minilm, case)
        randomise(model, case)
        folder = OUT / case.name
        saved = save(model, folder, case)
        with torch.no_grad():
            rough_hidden, rough = run_each(model, sequences)
            model.double()
            hidden, logits = run_each(model, sequences)
            model.set_active_adapters(None)
            plain = [out for out in run_each(model.base_model, sequences)[0]]
        cls = torch.stack([states[0] for states in hidden])
        moved = float((cls - torch.stack([states[0] for states in plain])).abs().mean())
        save_tensors(folder / "golden.safetensors", {**pack(sequences), "logits": logits, "cls_hidden": cls})
        notes = {
            "last_hidden_state": max(max_abs(a - b) for a, b in zip(rough_hidden, hidden)),
            "logits": max_abs(rough - logits),
        }
        write_case_json(folder, case, saved, notes, None, texts=TEXT_NAMES, mean_abs_change_of_cls_by_the_adapter=moved)
        print(f"  {case.name}: {tree_size(folder)} bytes, cls moved by {moved:.3f}, f32 {notes}, logits {logits[2].tolist()}")
    print(f"minilm-cases: {tree_size(OUT)} bytes")
