"""Remakes the embedded models: `python -m nbutils.training.embedded [NAME ...] [--folder DIR]`.

`moe-scratch` (OLMoE architecture) is trained from random weights; `moe-upcycled` (Mixtral architecture) begins as a
dense model that is trained first, `dense-parent`. `dense` is the yardstick: as many active parameters, the same tokens.
`evaluate` measures those in the folder on held-out text, and `install` copies the embedded ones to `data/`. Only one
thread is used: two can be trained side by side.
"""

import argparse
import copy
import hashlib
import json
import shutil
import time
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    MistralConfig,
    MistralForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
    PreTrainedModel,
)

from nbutils.models.embedded import DATA
from nbutils.training import padded_experts
from nbutils.training.evaluation import bigram_scorer, model_scorer, perplexities, sample, unigram_scorer
from nbutils.training.loop import train
from nbutils.training.tokens import token_streams, train_tokenizer, training_batches
from nbutils.training.upcycling import upcycled

DOMAIN_WEIGHTS = {"plays": 0.2, "code": 0.25, "docs": 0.25, "licences": 0.1, "names": 0.2}
VOCABULARY = 4096
SEED = 0
STEPS = 3000
SNAPSHOTS = (250, 1000)
SEQUENCES, LENGTH = 16, 256
SAMPLE_PROMPT = "def "
EMBEDDED = ("moe-scratch", "moe-upcycled", "dense-parent")
SHARED_SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 128,
    "num_hidden_layers": 8,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}


def scratch_config() -> OlmoeConfig:
    """16 experts, top-4, 64 neurons each: fine-grained, as in OLMoE and DeepSeekMoE."""
    return OlmoeConfig(**SHARED_SIZES, num_experts=16, num_experts_per_tok=4, intermediate_size=64)


def dense_config() -> OlmoeConfig:
    """One expert of the 256 neurons that four routed experts of `moe-scratch` or two of `moe-upcycled` have."""
    return OlmoeConfig(**SHARED_SIZES, num_experts=1, num_experts_per_tok=1, intermediate_size=256)


def parent_config() -> MistralConfig:
    """The dense model that `moe-upcycled` grows from."""
    return MistralConfig(**SHARED_SIZES, intermediate_size=128, sliding_window=None)


def untrained(config: OlmoeConfig, seed: int = SEED) -> OlmoeForCausalLM:
    """The model before its first step: random weights from `seed`, rounded to bfloat16 like the trained ones."""
    torch.manual_seed(seed)
    model = OlmoeForCausalLM(config)
    for weight in model.parameters():
        weight.data = weight.data.to(torch.bfloat16).float()
    return model.eval()


class Recipe:
    """Trains models on one data stream and writes each with its record to a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        if not (folder / "tokenizer").exists():
            train_tokenizer(DOMAIN_WEIGHTS, VOCABULARY).save_pretrained(folder / "tokenizer")
        self.tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
        self.streams = token_streams(DOMAIN_WEIGHTS, self.tokenizer)

    def train(
        self,
        name: str,
        model: PreTrainedModel,
        steps: int,
        *,
        snapshots: tuple[int, ...] = (),
        data_seed: int = SEED,
        muon_lr: float = 0.02,
        initial_seed: int | None = SEED,
    ) -> None:
        """Trains a model and saves it, and its snapshots on the way, under `name`.

        `initial_seed` is recorded as that of the random weights which `model` has; None where they were not random.
        """
        if getattr(model.config, "num_local_experts", 1) > 1:
            model.config._experts_implementation = padded_experts.NAME
        batches = training_batches(self.streams, DOMAIN_WEIGHTS, sequences=SEQUENCES, length=LENGTH, seed=data_seed)
        losses, start = [], time.perf_counter()

        def save(name: str) -> None:
            record = {
                "initial_seed": initial_seed,
                "tokens": len(losses) * SEQUENCES * LENGTH,
                "minutes": round((time.perf_counter() - start) / 60, 1),
                "loss_every_50_steps": [round(fmean(losses[i : i + 50]), 4) for i in range(0, len(losses), 50)],
            }
            self.save(name, model, record)

        def on_step(step: int, loss: float) -> None:
            losses.append(loss)
            if step in snapshots:
                save(f"{name}/step{step}")

        train(model, batches, steps=steps, muon_lr=muon_lr, on_step=on_step)
        save(name)

    def train_upcycled(self, steps: int) -> None:
        """Half of the steps for the dense parent, half for the mixture that grows from it."""
        torch.manual_seed(SEED)
        parent = MistralForCausalLM(parent_config())
        self.train("dense-parent", parent, steps // 2)
        model = upcycled(parent, experts=8, top_k=2, seed=SEED)
        # Half the learning rate: experts that begin alike should have time to part, not be torn apart.
        self.train("moe-upcycled", model, steps - steps // 2, data_seed=SEED + 1, muon_lr=0.01, initial_seed=None)

    def save(self, name: str, model: PreTrainedModel, record: dict[str, object]) -> None:
        """Writes weights in bfloat16, tokenizer and the record of the training."""
        copy.deepcopy(model).to(torch.bfloat16).save_pretrained(self.folder / name)
        self.tokenizer.save_pretrained(self.folder / name)
        (self.folder / name / "training.json").write_text(json.dumps(record, indent=1) + "\n")


def evaluate(folder: Path, tokens: int = 20_000) -> pd.DataFrame:
    """Held-out perplexity by domain of the models in `folder`, and of unigram and bigram counts of training text."""
    recipe = Recipe(folder)
    stream = np.concatenate(list(recipe.streams.values()))
    scorers = {
        "unigram": unigram_scorer(stream, VOCABULARY),
        "bigram": bigram_scorer(stream, VOCABULARY),
        "moe-scratch@untrained": model_scorer(untrained(scratch_config())),
    }
    for path in sorted(folder.rglob("model.safetensors")):
        name = path.parent.relative_to(folder).as_posix().replace("/", "@")
        model = AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.float32).eval()
        scorers[name] = model_scorer(model)
        print(f"--- {name}\n{sample(model, recipe.tokenizer, SAMPLE_PROMPT, tokens=60, seed=SEED)}")
    return perplexities(scorers, recipe.tokenizer, tokens)


def install(folder: Path, data: Path) -> None:
    """Copies what is embedded from `folder` to `data`, snapshots without a tokenizer of their own, with checksums."""
    for name in EMBEDDED:
        shutil.rmtree(data / name, ignore_errors=True)
        shutil.copytree(folder / name, data / name)
        for file in (data / name).glob("step*/tokenizer*"):
            file.unlink()
    shutil.copy(folder / "perplexity.csv", data)
    weights = sorted(data.rglob("model.safetensors"))
    sums = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(data).as_posix()}" for file in weights)
    (data / "SHA256SUMS").write_text("\n".join(sums) + "\n")


def main() -> None:
    """Trains the named models, evaluates them, or installs them in `data/`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everything = ["moe-scratch", "dense", "moe-upcycled", "evaluate"]
    known = [*everything, "install"]
    parser.add_argument(
        "names", nargs="*", default=everything, help=f"of {', '.join(known)}; all but the last by default"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/embedded"), help="where the models are written")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of 4096 tokens")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(known):
        parser.error(f"{sorted(unknown)[0]!r} is unknown: choose from {', '.join(known)}")
    torch.set_num_threads(1)
    for name in arguments.names:
        if name == "evaluate":
            table = evaluate(arguments.folder)
            table.round(2).to_csv(arguments.folder / "perplexity.csv", index_label="model", lineterminator="\n")
            print(table.round(2).to_string())
        elif name == "install":
            install(arguments.folder, DATA)
        elif name == "moe-upcycled":
            Recipe(arguments.folder).train_upcycled(arguments.steps)
        else:
            config, snapshots = (scratch_config(), SNAPSHOTS) if name == "moe-scratch" else (dense_config(), ())
            Recipe(arguments.folder).train(name, untrained(config), arguments.steps, snapshots=snapshots)


if __name__ == "__main__":
    main()
