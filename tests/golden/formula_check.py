#!/usr/bin/env python3
"""Recomputes every case of tiny-cases/, lora-cases/ and minilm-cases/ from the committed files by the formulas of README.md, without `adapters`
or `transformers`, and compares hidden states and logits. If this passes, README.md says what AdapterHub computes.

    python formula_check.py [--minilm DIR]
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from common import DEFAULT_MINILM, HERE

ACTIVATIONS = {
    "relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "swish": F.silu, "silu": F.silu, "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"), "gelu_fast": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "leakyrelu": F.leaky_relu, "mish": F.mish, "linear": lambda x: x,
}


def load(path: Path) -> dict[str, torch.Tensor]:
    return {k: v.double() if v.is_floating_point() else v for k, v in load_file(path).items()}


class Backbone:
    def __init__(self, folder: Path):
        self.w = load(folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.hidden = config["hidden_size"]

    def linear(self, x, name, change=lambda name, x: 0):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"] + change(name, x)

    def norm(self, x, name):
        return F.layer_norm(x, (self.hidden,), self.w[name + ".weight"], self.w[name + ".bias"], 1e-12)

    def encode(self, ids, site):
        """ids [L] -> [L, D]; `site(layer, "attention" | "output", h, x, ln)` gives a sub-layer's output, `site.change(name, x)` what
        is added to the product of a matrix."""
        change = getattr(site, "change", lambda name, x: 0)
        w = self.w
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = self.norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            q, k, v = (self.linear(x, f"{at}attention.self.{n}", change).view(len(ids), self.heads, -1).transpose(0, 1)
                       for n in ("query", "key", "value"))
            context = (q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])).softmax(-1) @ v
            h = self.linear(context.transpose(0, 1).reshape(len(ids), -1), at + "attention.output.dense", change)
            x = site(layer, "attention.output", h, x, lambda t: self.norm(t, at + "attention.output.LayerNorm"))
            h = self.linear(F.gelu(self.linear(x, at + "intermediate.dense", change)), at + "output.dense", change)
            x = site(layer, "output", h, x, lambda t: self.norm(t, at + "output.LayerNorm"))
        return x


class Adapter:
    """The two formulas of README.md."""

    def __init__(self, folder: Path):
        info = json.loads((folder / "adapter_config.json").read_text())
        self.c, self.w = info["config"], load(folder / "adapter.safetensors")
        act = self.c["non_linearity"]
        if "version" not in info:
            act = {"gelu": "gelu_new", "gelu_orig": "gelu"}.get(act, act)
        self.act = ACTIVATIONS[act]
        renames = (("attention_text_task_adapters", "adapters"), ("layer_text_task_adapters", "adapters"))
        for old, new in renames:
            self.w = {name.replace(old, new).removeprefix("bert."): t for name, t in self.w.items()}

    def __call__(self, layer, place, h, x, ln):
        c = self.c
        prefix = f"encoder.layer.{layer}.{place}.adapters.golden."
        own = {name.removeprefix(prefix): t for name, t in self.w.items() if name.startswith(prefix)}
        wanted = c["mh_adapter" if place == "attention.output" else "output_adapter"] and layer not in c["leave_out"]
        assert bool(own) == wanted
        if not own:
            return ln(h + x)

        def own_norm(t, name):
            return F.layer_norm(t, t.shape[-1:], own[name + ".weight"], own[name + ".bias"], 1e-5) if name + ".weight" in own else t

        def bottleneck(z):
            down = "adapter_down.1" if c["ln_before"] else "adapter_down.0"
            z = own_norm(z, "adapter_norm_before") @ own[down + ".weight"].T + own[down + ".bias"]
            up = self.act(z) @ own["adapter_up.weight"].T + own["adapter_up.bias"]
            return up * own.get("scaling", c["scaling"])

        if c["is_parallel"]:
            y = own_norm(bottleneck(x), "adapter_norm_after") + h
        else:
            s = h + x if c["original_ln_before"] else h
            z = ln(s) if c["original_ln_before"] else h
            r = h if c["residual_before_ln"] is True else s if c["residual_before_ln"] == "post_add" else z
            if c["adapter_residual_before_ln"]:
                y = own_norm(bottleneck(z) + r, "adapter_norm_after")
            else:
                y = own_norm(bottleneck(z), "adapter_norm_after") + r
        return ln(y + x) if c["original_ln_after"] else y


class LoRA:
    """The formula of README.md."""

    def __init__(self, folder: Path):
        self.c = json.loads((folder / "adapter_config.json").read_text())["config"]
        self.w = {name.removeprefix("bert."): t for name, t in load(folder / "adapter.safetensors").items()}

    def __call__(self, layer, place, h, x, ln):
        return ln(h + x)

    def change(self, name, x):
        a, b = (self.w.get(f"{name}.loras.golden.lora_{letter}") for letter in "AB")
        return 0 if a is None else x @ a.T @ b.T * (self.c["alpha"] / self.c["r"])


def adapter(folder: Path):
    if not (folder / "adapter_config.json").exists():
        return lambda layer, place, h, x, ln: ln(h + x)
    config = json.loads((folder / "adapter_config.json").read_text())["config"]
    return LoRA(folder) if config.get("architecture") == "lora" else Adapter(folder)


def head(folder: Path, backbone: Backbone, x):
    info, w = json.loads((folder / "head_config.json").read_text()), load(folder / "model_head.safetensors")
    config = info["config"] or {"layers": 1, "use_pooler": True, "activation_function": None}
    x = torch.tanh(backbone.linear(x[0], "pooler.dense")) if config["use_pooler"] else x[0]
    if info["config"] is None:
        return x @ w["classifier.weight"].T + w["classifier.bias"]
    indices = sorted({int(name.split(".")[2]) for name in w})
    assert len(indices) == config["layers"]
    for i in indices:
        x = x @ w[f"heads.golden.{i}.weight"].T + w.get(f"heads.golden.{i}.bias", 0)
        if i != indices[-1] and config["activation_function"]:
            x = ACTIVATIONS[config["activation_function"]](x)
    return x


def check(folder: Path, backbone: Backbone) -> float:
    golden = load(folder / "golden.safetensors")
    site = adapter(folder)
    bounds = golden["cu_seqlens"].tolist()
    states = [backbone.encode(golden["ids"][a:b], site) for a, b in zip(bounds, bounds[1:])]
    worst = 0.0
    if "last_hidden_state" in golden:
        worst = max(worst, float((torch.cat(states) - golden["last_hidden_state"]).abs().max()))
    if "logits" in golden:
        logits = torch.stack([head(folder, backbone, state) for state in states])
        worst = max(worst, float((logits - golden["logits"]).abs().max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minilm", type=Path, default=DEFAULT_MINILM)
    args = parser.parse_args()
    torch.set_num_threads(1)
    bad = 0
    tiny = HERE / "tiny-bert"
    for folder, backbone in ((HERE / "tiny-cases", tiny), (HERE / "lora-cases", tiny), (HERE / "minilm-cases", args.minilm)):
        loaded = Backbone(backbone)
        for case in sorted(folder.iterdir()):
            worst = check(case, loaded)
            bad += worst > 1e-6
            print(f"{'ok ' if worst <= 1e-6 else 'BAD'} {case.parent.name}/{case.name}: {worst:.1e}")
    raise SystemExit(bad > 0)


if __name__ == "__main__":
    main()
