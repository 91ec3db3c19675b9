"""lora-cases/NAME/: LoRA on tiny-bert, with outputs and every gradient. Laid out as tiny-cases/."""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification

from adapterhub import NAME, Case, build, forward_backward, max_abs, randomise, randomise_alive, save, write_case_json, write_golden
from common import HERE, pack, save_tensors, seed_everything, tree_size
from make_tiny_cases import ONE_LAYER, STATIC, TINY, batch, verify_reload

OUT = HERE / "lora-cases"
EVERYWHERE = dict(attn_matrices=["q", "k", "v"], intermediate_lora=True, output_lora=True)


def cases() -> list[Case]:
    out = []

    def add(name, what, head=ONE_LAYER, full=False, **config):
        out.append(Case(name, what, "lora", config, head, full=full))

    add("defaults-flex", "rank 8, alpha 8, on query and value; AdapterHub's 2-layer tanh head", {"style": "flex"}, True)
    add("defaults-static", "the same with `classifier` on the pooler", STATIC)
    add("qkv", "query, key and value", attn_matrices=["q", "k", "v"], r=4, alpha=16)
    add("key-value", "two of three, the query without", attn_matrices=["v", "k"], r=4, alpha=2)
    add("query-r1", "rank 1 on the query alone", attn_matrices=["q"], r=1, alpha=1)
    add("everywhere", "every projection that AdapterHub reaches", **EVERYWHERE, r=4, alpha=16, full=True)
    add("feed-forward-r3", "no attention; an odd rank", selfattn_lora=False, intermediate_lora=True, output_lora=True, r=3, alpha=6)
    add("intermediate", "before the backbone's activation", selfattn_lora=False, intermediate_lora=True, r=8, alpha=4)
    add("leave_out-0", "nothing in layer 0", **EVERYWHERE, leave_out=[0], r=8, alpha=16)
    add("leave_out-1", "nothing in the last layer", **EVERYWHERE, leave_out=[1], r=1, alpha=2)
    add("dropout-bert", "dropout and init_weights: no effect on trained weights at evaluation", dropout=0.1, init_weights="bert",
        init_weights_seed=3, r=4)
    return out


def make_peft() -> None:
    """LoRA behind the attention's output projection, where AdapterHub has none: PEFT computes, the files are AdapterHub's
    with the key `attn_output_lora` and PEFT's place spelled as AdapterHub spells the others."""
    case = Case("attention-output", "PEFT on query and the attention's output projection", "lora", head=STATIC)
    model = AutoModelForSequenceClassification.from_pretrained(TINY, num_labels=3, attn_implementation="eager")
    config = LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, target_modules=["query", "attention.output.dense"])
    model = get_peft_model(model, config).eval()
    sequences, labels = batch(case)
    randomise(model, case)

    def stored(name: str) -> str:
        name = name.removeprefix("base_model.model.").replace("modules_to_save.default.", "")
        return name.replace("lora_A.default.weight", f"loras.{NAME}.lora_A").replace("lora_B.default.weight", f"loras.{NAME}.lora_B")

    saved = {stored(name): value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
    rough = forward_backward(model, sequences, labels)
    hidden, logits, loss, grads = forward_backward(model.double(), sequences, labels)
    folder = OUT / case.name
    folder.mkdir()
    head = {name: value for name, value in saved.items() if name.startswith("classifier.")}
    save_file(head, str(folder / "model_head.safetensors"))
    save_file({name: value for name, value in saved.items() if name not in head}, str(folder / "adapter.safetensors"))
    save_tensors(folder / "golden.safetensors", {
        **pack(sequences), "labels": labels, "last_hidden_state": hidden, "logits": logits, "loss": loss.reshape(1),
        **{f"grad.{stored(name)}": grad for name, grad in grads.items()},
    })
    adapter = json.loads((OUT / "defaults-static" / "adapter_config.json").read_text())
    adapter["config"] |= {"attn_matrices": ["q"], "attn_output_lora": True, "r": 4, "alpha": 8}
    (folder / "adapter_config.json").write_text(json.dumps(adapter, indent=2, sort_keys=True))
    shutil.copy(OUT / "defaults-static" / "head_config.json", folder)
    notes = {"last_hidden_state": max_abs(rough[0] - hidden), "logits": max_abs(rough[1] - logits)}
    write_case_json(folder, case, saved, notes, None)


def make(_minilm: Path) -> None:
    seed_everything(11)
    shutil.rmtree(OUT, ignore_errors=True)
    for case in cases():
        model = build(TINY, case)
        sequences, labels = batch(case)
        randomise_alive(model, case, sequences, labels)
        folder = OUT / case.name
        saved = save(model, folder, case)
        write_golden(model, folder, case, saved, sequences, labels)
        verify_reload(folder, case, sequences)
    make_peft()
    print(f"lora-cases: {len(cases()) + 1} cases, {tree_size(OUT)} bytes")
