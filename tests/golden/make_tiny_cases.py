"""tiny-cases/NAME/: adapters and heads on tiny-bert, with outputs and every gradient."""

import shutil
from pathlib import Path

import torch
from adapters import AutoAdapterModel
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from adapterhub import NAME, Case, build, edit_json, randomise, randomise_alive, run_each, save, write_golden
from common import HERE, pack, save_json, save_tensors, seed_everything, tree_size

TINY = HERE / "tiny-bert"
OUT = HERE / "tiny-cases"
CLS, SEP, FIRST_WORD, VOCAB = 2, 3, 5, 1000
FULL_LENGTHS = [17, 2, 64, 3, 33]  # 2 is [CLS][SEP]
SHORT_LENGTHS = [9, 2, 16]

ONE_LAYER = {"style": "flex", "layers": 1}
STATIC = {"style": "static"}
BOTH_SITES = dict(mh_adapter=True, output_adapter=True, reduction_factor=16, non_linearity="swish")


def cases() -> list[Case]:
    out = []

    def add(name, what, method, head=ONE_LAYER, full=False, std=0.2, labels=None, **config):
        labels = labels or ["negative", "neutral", "positive"]
        out.append(Case(name, what, method, config, head, labels=labels, full=full, std=std))

    # The three methods with their defaults, both head styles.
    for method in ("double_seq_bn", "seq_bn", "par_bn"):
        add(f"{method}-flex", f"{method} with its defaults, AdapterHub's 2-layer tanh head", method, {"style": "flex"}, True)
        add(f"{method}-static", f"{method} with its defaults, `classifier` on the pooler", method, STATIC, True)

    # Width.
    add("seq_bn-rf7", "odd bottleneck: int(64 // 7) = 9", "seq_bn", reduction_factor=7)
    add("double_seq_bn-rf7", "odd bottleneck: int(64 // 7) = 9", "double_seq_bn", reduction_factor=7)
    add("par_bn-rf7", "odd bottleneck: int(64 // 7) = 9", "par_bn", reduction_factor=7)
    add("double_seq_bn-rf100", "int(64 // 100) = 0, clamped to a bottleneck of 1", "double_seq_bn", reduction_factor=100)
    add("seq_bn-rf2.5", "a fractional factor: int(64 // 2.5) = 25", "seq_bn", reduction_factor=2.5)
    add("seq_bn-rf0.8", "below 1 widens; Python's 64 // 0.8 is 79 (not 80: 0.8 is a little more than 0.8)", "seq_bn",
        reduction_factor=0.8)
    add("double_seq_bn-rf-map", "per-layer factors: layer 1 has 8, others 16", "double_seq_bn",
        reduction_factor={"1": 8, "default": 16})

    # Non-linearity, all on seq_bn; wider weights so that the curved part is reached.
    for act in ("relu", "swish", "gelu", "gelu_new", "tanh", "sigmoid", "leakyrelu", "silu", "quick_gelu", "gelu_fast", "mish", "linear"):
        add(f"act-{act}", f"non_linearity {act}", "seq_bn", non_linearity=act, std=0.3)

    # Scaling.
    add("scaling-0.5", "constant scaling", "seq_bn", scaling=0.5)
    add("scaling-learned", "scaling [1] is trained", "double_seq_bn", scaling="learned")
    add("scaling-channel", "scaling [D] is trained", "double_seq_bn", scaling="channel")
    add("par_bn-scaling-learned", "scaling [1] is trained, parallel", "par_bn", scaling="learned", reduction_factor=16)
    add("par_bn-scaling-channel", "scaling [D] is trained, parallel", "par_bn", scaling="channel", reduction_factor=16)

    # Where the frozen LayerNorm and the residuals stand; adapters at both sites.
    # (original_ln_before=False with residual_before_ln="post_add" raises UnboundLocalError in adapters 1.3.0.)
    for before in (True, False):
        for after in (True, False):
            for residual in (True, False, "post_add") if before else (True,):
                tag = {True: "r1", False: "r0", "post_add": "rpost"}[residual]
                add(f"ln-b{before:d}a{after:d}-{tag}",
                    f"original_ln_before={before}, original_ln_after={after}, residual_before_ln={residual}", "bn",
                    **BOTH_SITES, original_ln_before=before, original_ln_after=after, residual_before_ln=residual)
    add("par_bn-no-ln-after", "parallel without the frozen LayerNorm behind it", "par_bn", original_ln_after=False,
        reduction_factor=16)
    add("par_bn-both-sites", "parallel at both sites", "par_bn", mh_adapter=True, reduction_factor=16)
    add("seq_bn-attention-only", "Pfeiffer's form at the attention site only", "seq_bn", mh_adapter=True, output_adapter=False)

    # Own norms.
    add("ln_after", "a trained LayerNorm behind the up projection; the residual joins after it", "seq_bn", ln_after=True)
    add("ln_after-residual-before", "adapter_residual_before_ln: the residual joins before the trained LayerNorm", "double_seq_bn",
        ln_after=True, adapter_residual_before_ln=True)
    add("residual-before-alone", "adapter_residual_before_ln without ln_after changes nothing", "seq_bn",
        adapter_residual_before_ln=True)
    add("par_bn-ln_after", "parallel with a trained LayerNorm; adapter_residual_before_ln is ignored", "par_bn",
        ln_after=True, adapter_residual_before_ln=True, reduction_factor=16)
    add("ln_before", "a trained LayerNorm before the down projection, saved under two names (see the .bin)", "seq_bn",
        ln_before=True)
    add("par_bn-ln_before-after", "parallel with both trained LayerNorms", "par_bn", ln_before=True, ln_after=True,
        reduction_factor=16)
    add("double_seq_bn-ln_before-after", "both trained LayerNorms at both sites", "double_seq_bn", ln_before=True, ln_after=True)

    # Layers left out.
    add("leave_out-0", "no adapters in layer 0", "double_seq_bn", leave_out=[0])
    add("leave_out-1", "no adapters in the last layer", "double_seq_bn", leave_out=[1])

    # Keys that change nothing at evaluation.
    add("init-mam", "init_weights=mam_adapter with a seed, dropout 0.1: no effect on trained weights at evaluation", "seq_bn",
        init_weights="mam_adapter", init_weights_seed=42, dropout=0.1)
    add("init-houlsby", "init_weights=houlsby", "double_seq_bn", init_weights="houlsby")

    # Heads.
    def flex(**options):
        return {"style": "flex", **options}

    add("head-3-layers", "dense tanh dense tanh linear", "seq_bn", flex(layers=3))
    add("head-pooler", "2-layer head on the pooler's output", "seq_bn", flex(use_pooler=True))
    add("head-1-layer-pooler", "1-layer head on the pooler's output", "seq_bn", flex(layers=1, use_pooler=True))
    add("head-relu", "2-layer head, relu", "seq_bn", flex(activation_function="relu"))
    add("head-gelu", "2-layer head, gelu", "seq_bn", flex(activation_function="gelu"))
    add("head-no-activation", "2-layer head, activation_function null: layer indices shift (1, 3)", "seq_bn",
        flex(activation_function=None))
    add("head-no-bias", "2-layer head, bias=False: only the *last* linear has none", "seq_bn", flex(bias=False))
    add("head-2-labels", "binary", "seq_bn", ONE_LAYER, labels=["ham", "spam"])
    add("head-label-order", "label ids not in alphabetical order; head_config.json lists the keys alphabetically", "seq_bn", ONE_LAYER,
        labels=["zebra", "ant", "monkey"])
    add("head-7-labels", "seven labels", "seq_bn", ONE_LAYER, labels=[f"topic {i}" for i in range(7)])
    return out


def batch(case: Case):
    generator = torch.Generator().manual_seed(7)
    lengths = FULL_LENGTHS if case.full else SHORT_LENGTHS
    sequences = [
        [CLS, *torch.randint(FIRST_WORD, VOCAB, (length - 2,), generator=generator).tolist(), SEP] for length in lengths
    ]
    labels = torch.randint(0, len(case.labels), (len(lengths),), generator=generator)
    return sequences, labels


def make_plain() -> None:
    """No adapter at all: hidden states and pooler output."""
    case = Case("plain", "", "none", full=True)
    sequences, _ = batch(case)
    model = AutoModel.from_pretrained(TINY, attn_implementation="eager").double().eval()
    with torch.no_grad():
        outs = [model(torch.tensor([ids])) for ids in sequences]
    save_tensors(OUT / "plain" / "golden.safetensors", {
        **pack(sequences),
        "last_hidden_state": torch.cat([out.last_hidden_state[0] for out in outs]),
        "pooler_output": torch.cat([out.pooler_output for out in outs]),
    })
    save_json(OUT / "plain" / "case.json", {"name": "plain", "what": "tiny-bert without any adapter"})


def make_bare() -> None:
    """Saved from a bare BertModel: no `bert.` prefix, no head."""
    case = Case("seq_bn-bare", "saved from a bare BertModel: no `bert.` prefix, no head", "seq_bn", head=None)
    model = build(TINY, case)
    randomise(model, case)
    saved = save(model, OUT / case.name, case)
    sequences, labels = batch(case)
    write_golden(model, OUT / case.name, case, saved, sequences, labels)


def reload_golden(folder: Path, case: Case) -> None:
    """Golden of a directory that was edited by hand: AdapterHub loads it and computes."""
    model = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager")
    model.load_adapter(str(folder), use_safetensors=True, set_active=True)
    model.eval()
    sequences, labels = batch(case)
    with torch.no_grad():
        hidden, logits = run_each(model.double(), sequences)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    save_tensors(folder / "golden.safetensors", {
        **pack(sequences), "labels": labels, "last_hidden_state": torch.cat(hidden), "logits": logits, "loss": loss.reshape(1),
    })
    edit_json(folder / "case.json", lambda info: info.update(name=case.name, what=case.what))


def make_legacy() -> None:
    """Two directories in older formats, derived by hand from cases above."""
    by_name = {case.name: case for case in cases()}

    case = by_name["act-gelu"]
    folder = OUT / "legacy-no-version"
    shutil.copytree(OUT / case.name, folder, dirs_exist_ok=True)
    edit_json(folder / "adapter_config.json", lambda config: config.pop("version"))
    case.name, case.what = folder.name, "adapter_config.json without `version`: non_linearity gelu then means gelu_new"
    reload_golden(folder, case)

    case = by_name["double_seq_bn-flex"]
    folder = OUT / "legacy-names"
    shutil.copytree(OUT / case.name, folder, dirs_exist_ok=True)
    tensors = load_file(folder / "adapter.safetensors")
    renamed = {
        name.replace("attention.output.adapters", "attention.output.attention_text_task_adapters").replace(
            "output.adapters", "output.layer_text_task_adapters"): tensor
        for name, tensor in tensors.items()
    }
    save_file(renamed, str(folder / "adapter.safetensors"))
    case.name, case.what, case.full = folder.name, "tensor names of adapter-transformers 1.x", False
    edit_json(folder / "case.json", lambda info: info.update(saved_tensors={k: list(v.shape) for k, v in renamed.items()}))
    reload_golden(folder, case)


def verify_reload(folder: Path, case: Case, sequences) -> None:
    """What was written loads again in AdapterHub and gives the golden logits (static heads convert to flex ones)."""
    model = AutoAdapterModel.from_pretrained(TINY, attn_implementation="eager")
    model.load_adapter(str(folder), use_safetensors=True, set_active=True)
    with torch.no_grad():
        _, logits = run_each(model.eval(), sequences)
    golden = load_file(folder / "golden.safetensors")["logits"]
    assert torch.allclose(logits, golden, atol=2e-5), (case.name, (logits - golden).abs().max())


def make(_minilm: Path) -> None:
    seed_everything(3)
    shutil.rmtree(OUT, ignore_errors=True)
    make_plain()
    distinct = {}
    for case in cases():
        model = build(TINY, case)
        sequences, labels = batch(case)
        randomise_alive(model, case, sequences, labels)
        folder = OUT / case.name
        saved = save(model, folder, case)
        write_golden(model, folder, case, saved, sequences, labels)
        verify_reload(folder, case, sequences)
        distinct[case.name] = tree_size(folder)
    make_bare()
    make_legacy()
    for name, size in sorted(distinct.items(), key=lambda item: -item[1])[:8]:
        print(f"  {name}: {size} bytes")
    print(f"tiny-cases: {len(distinct) + 4} cases, {tree_size(OUT)} bytes")
