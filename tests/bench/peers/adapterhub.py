"""PyTorch with AdapterHub: a training step, and answers of two adapters in turns."""
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import adapters
import torch
from transformers import AutoTokenizer

from serve import options, serve


class Peer:
    def __init__(self, model, threads, folders):
        torch.set_num_threads(threads)
        self.place, self.folders = model, folders
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.model, names = self.load(folders[:1])
        self.classify(names[0], "the first text of this visit")

    def load(self, folders):
        model = adapters.AutoAdapterModel.from_pretrained(self.place, attn_implementation="sdpa", dtype=torch.float32)
        names = [model.load_adapter(str(folder), use_safetensors=True) for folder in folders]
        return model.eval(), names

    def encode(self, texts):
        return self.tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")

    def adapters(self):
        self.model, names = self.load(self.folders)
        return names

    @torch.inference_mode()
    def classify(self, name, text):
        self.model.set_active_adapters(name)
        self.model.active_head = name
        return self.model(**self.encode([text])).logits.softmax(1).tolist()

    def train(self, step, steps):
        model, (name,) = self.load(self.folders[:1])
        model.train_adapter(name)
        model.active_head = name
        # No dropout anywhere, so that losses can be compared.
        model.eval()
        learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learned, lr=step["rate"], weight_decay=0.0)
        labels = torch.tensor(step["labels"])
        for _ in range(steps):
            optimizer.zero_grad()
            loss = model(**self.encode(step["texts"]), labels=labels).loss
            loss.backward()
            optimizer.step()
            yield loss.item()


if __name__ == "__main__":
    asked = options()
    peer = Peer(asked.model, asked.threads, [Path(folder) for folder in asked.adapters])
    serve(peer, f"AdapterHub {adapters.__version__}, PyTorch {torch.__version__}")
