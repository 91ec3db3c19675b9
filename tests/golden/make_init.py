"""init.json: the distribution AdapterHub draws fresh adapter weights from, measured at D = 384, r = 24, r = 192."""

from pathlib import Path

import torch
from adapters import AutoAdapterModel
from transformers import BertConfig

from adapterhub import METHODS
from common import HERE, save_json, seed_everything


def make(_minilm: Path) -> None:
    seed_everything(9)
    entries = []
    for init in ("bert", "mam_adapter", "houlsby"):
        for factor in (16, 2):
            config = METHODS["double_seq_bn"](init_weights=init, reduction_factor=factor, ln_after=True)
            model = AutoAdapterModel.from_config(BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
                                                            intermediate_size=64, vocab_size=100))
            model.add_adapter("a", config=config)
            model.add_classification_head("a", num_labels=3)
            groups = {}
            for name, value in model.named_parameters():
                if ".adapters.a." in name or name.startswith("heads.a"):
                    short = name.split(".adapters.a.")[-1]
                    groups.setdefault(short, []).append(value.detach())
            entry = {"init_weights": init, "reduction_factor": factor}
            for short, values in groups.items():
                flat = torch.cat([value.flatten() for value in values])
                entry[short] = {"n": flat.numel(), "mean": float(flat.mean()), "std": float(flat.std()),
                                "min": float(flat.min()), "max": float(flat.max())}
            entries.append(entry)
    save_json(HERE / "init.json", {
        "what": "statistics of fresh weights, all sites and layers together, D=384",
        "rules": {
            "bert": "weights N(0, 0.02), biases 0",
            "mam_adapter": "down: kaiming_uniform(a=sqrt 5) = U(-1/sqrt(fan_in), 1/sqrt(fan_in)), fan_in = D; up and biases 0",
            "houlsby": "down and up: normal std 0.01 truncated at +-0.02; biases 0",
            "heads": "the backbone's own rule: weights N(0, initializer_range), biases 0",
        },
        "measured": entries,
    })
    print("init.json:", len(entries), "entries")
