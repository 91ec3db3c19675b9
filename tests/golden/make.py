#!/usr/bin/env python3
"""Writes the goldens: numbers of PyTorch + transformers + AdapterHub that graftwork's tests compare with.

Run by hand, in a venv with requirements.txt; the output is committed. One part or all of them:

    python make.py --minilm DIR [tokens hidden tiny-bert tiny-cases lora-cases tagging-cases heads mean-cases text-cases questions question-cases architectures minilm-cases init distillation curves f16 probe]
"""

import argparse
import importlib
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

# part -> (module, function); in the order in which they must run.
PARTS = {
    "tokens": ("make_tokens", "make"),
    "hidden": ("make_hidden", "make"),
    "tiny-bert": ("make_tiny_bert", "make"),
    "tiny-cases": ("make_tiny_cases", "make"),
    "lora-cases": ("make_lora_cases", "make"),
    "tagging-cases": ("make_tagging_cases", "make"),
    "heads": ("make_heads", "make"),
    "mean-cases": ("make_mean_cases", "make"),
    "text-cases": ("make_text_cases", "make"),
    "questions": ("make_questions", "make"),
    "question-cases": ("make_question_cases", "make"),
    "architectures": ("make_architectures", "make"),
    "minilm-cases": ("make_minilm_cases", "make"),
    "init": ("make_init", "make"),
    "distillation": ("make_distillation", "make"),
    "curves": ("make_curves", "make"),
    "f16": ("make_f16", "make"),
    "masked-lm": ("make_masked_lm_cases", "make"),
    "probe": ("make_probe", "make"),
}


def main() -> None:
    from common import DEFAULT_MINILM

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all when none is named")
    parser.add_argument("--minilm", type=Path, default=DEFAULT_MINILM, help="HF directory of all-MiniLM-L6-v2")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")

    import logging

    import torch

    # "There are adapters available but none are activated": adapters says so of its own dry run in add_adapter.
    logging.getLogger("adapters").setLevel(logging.ERROR)
    torch.set_num_threads(arguments.threads)
    for part in arguments.parts or PARTS:
        module, function = PARTS[part]
        getattr(importlib.import_module(module), function)(arguments.minilm)


if __name__ == "__main__":
    main()
