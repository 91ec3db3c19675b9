"""ONNX Runtime, with the tokenizer that transformers uses; `--dtype q8` takes the dynamically quantised file."""
import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from serve import options, serve


class Peer:
    def __init__(self, model, threads, dtype):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        file = {"f32": "model.onnx", "q8": "model_quantized.onnx"}[dtype]
        self.session = onnxruntime.InferenceSession(model / "onnx" / file, settings, ["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        longest = json.loads((model / "config.json").read_text())["max_position_embeddings"]
        self.tokenizer.enable_truncation(longest)
        self.tokenizer.enable_padding()

    def embed(self, texts):
        rows = self.tokenizer.encode_batch(texts)
        ids = np.array([row.ids for row in rows], np.int64)
        mask = np.array([row.attention_mask for row in rows], np.int64)
        names = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self.session.run(None, names)
        mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def tokens(self, texts):
        return sum(sum(row.attention_mask) for row in self.tokenizer.encode_batch(texts))


if __name__ == "__main__":
    asked = options()
    peer = Peer(Path(asked.model), asked.threads, asked.dtype)
    peer.embed(["the first text of this visit"])
    serve(peer, f"ONNX Runtime {onnxruntime.__version__}")
