"""python export.py MODEL_DIR OUT: all-MiniLM-L6-v2 as transformers.js wants it, beside the files that graftwork wants.

Needs torch, transformers, onnx and onnxruntime (for the 8-bit file). The graph is what `optimum-cli export onnx` makes:
eager attention, opset 14, dynamic batch and length, `last_hidden_state` out.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModel

source, out = Path(sys.argv[1]), Path(sys.argv[2])
(out / "onnx").mkdir(parents=True, exist_ok=True)
for name in ["config.json", "tokenizer.json", "model.safetensors"]:
    shutil.copy(source / name, out / name)
# transformers.js wants it; a backbone in graftwork's cache may lack it.
tokens = {f"{name}_token": f"[{name.upper()}]" for name in ["pad", "unk", "cls", "sep", "mask"]}
settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512, **tokens}
(out / "tokenizer_config.json").write_text(json.dumps(settings))

model = AutoModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float32).eval()


class Export(torch.nn.Module):
    """Only what feature extraction reads, with its inputs by name."""

    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        answer = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return answer.last_hidden_state


names = ["input_ids", "attention_mask", "token_type_ids"]
ids = torch.randint(1000, 2000, (2, 16))
axes = {name: {0: "batch_size", 1: "sequence_length"} for name in [*names, "last_hidden_state"]}
target = out / "onnx/model.onnx"
torch.onnx.export(
    Export(), (ids, torch.ones_like(ids), torch.zeros_like(ids)), target, input_names=names,
    output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=14, dynamo=False,
)
print(target, target.stat().st_size)

try:
    from onnxruntime.quantization import QuantType, quantize_dynamic
except ImportError:
    print("no onnxruntime: no 8-bit file")
else:
    small = out / "onnx/model_quantized.onnx"
    quantize_dynamic(target, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    print(small, small.stat().st_size)
