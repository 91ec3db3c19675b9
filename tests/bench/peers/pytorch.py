"""PyTorch with transformers' model, its tokenizer and its fused attention."""
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import AutoModel, AutoTokenizer

from serve import options, serve


class Peer:
    def __init__(self, model, threads):
        torch.set_num_threads(threads)
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.model = AutoModel.from_pretrained(model, attn_implementation="sdpa", dtype=torch.float32).eval()

    def encode(self, texts):
        return self.tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")

    @torch.inference_mode()
    def embed(self, texts):
        batch = self.encode(texts)
        hidden = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"][:, :, None]
        mean = (hidden * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(mean, dim=1).numpy()

    def tokens(self, texts):
        return int(self.encode(texts)["attention_mask"].sum())


if __name__ == "__main__":
    asked = options()
    peer = Peer(asked.model, asked.threads)
    peer.embed(["the first text of this visit"])
    serve(peer, f"PyTorch {torch.__version__}")
