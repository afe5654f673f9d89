"""Compiles every shipped configuration for every class of device, in a process whose kernels are not interpreted."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import triton

from nbutils.kernels.tiles import LIMITS, TABLE

README = Path(__file__).parents[2] / "nbutils/kernels/README.md"
MATRIX_UNITS = {"sm_80": "HMMA", "sm_89": "HMMA", "sm_90": "HGMMA", "sm_100": "UTCHMMA", "gfx942": "v_mfma"}
# GPT-OSS has all that experts can have, sizes off the tiles mask every load, the exact GELU is the longest activation.
LAYOUTS = {
    "common": ("COMMON", True),
    "gpt_oss": (
        "Variant(is_transposed=True, is_interleaved=True, has_bias=True, has_limit=True, up_offset=1.0)",
        False,
    ),
    "gelu": ("Variant('gelu', has_bias=True)", False),
    "not_gated": ("Variant('relu2', is_gated=False)", True),
}
SCRIPT = """
import sys
from nbutils.kernels.aot import COMMON, costs
from nbutils.kernels.signatures import Variant
costs({variant}, is_even={is_even}).to_json(sys.stdout, orient="records")
"""

pytestmark = pytest.mark.slow


def run(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=LAYOUTS)
def costs(request):
    variant, is_even = LAYOUTS[request.param]
    return pd.read_json(io.StringIO(run("-c", SCRIPT.format(variant=variant, is_even=is_even))))


def test_every_configuration_is_compiled(costs):
    compiled = set(zip(costs["kernel"], costs["device"], costs["dtype"], strict=True))

    shipped = {row for row in TABLE if row[1] != "interpreter"}
    assert compiled == {(*row, dtype) for row in shipped for dtype in ("bf16, fp16", "fp32")}


def test_nothing_is_spilled(costs):
    assert not costs["spilled"].any()
    assert not costs["local accesses"].any()


def test_shared_memory_is_within_the_limit_of_the_device(costs):
    assert (costs["shared"] > 0).all()
    assert (costs["shared"] <= [LIMITS[device].block_shared for device in costs["device"]]).all()


def test_matrix_units_multiply(costs):
    """Those of NVIDIA devices do not multiply float32 at its full precision."""
    wide = costs["dtype"] == "fp32"
    plain = wide & (costs["device"] != "gfx942")
    assert (costs["product"][~plain] == costs["device"][~plain].map(MATRIX_UNITS)).all()
    assert costs["product"][plain].str.startswith("FFMA").all()


def test_every_kernel_finds_room(costs):
    assert (costs["occupancy"] > 0).all()
    assert (costs["occupancy"] <= 1).all()


def test_the_page_shows_what_is_printed():
    """Figures depend on the compiler, so those of another Triton are not compared."""
    page = README.read_text()

    printed, kept = cells(run("-m", "nbutils.kernels.aot")), cells(page)

    configuration = ["kernel", "device", "dtype", "tile", "warps", "stages"]
    same_compiler = f"Triton {triton.__version__}" in page
    columns = list(printed) if same_compiler else configuration
    pd.testing.assert_frame_equal(kept[columns], printed[columns])


def cells(text):
    """The first table in Markdown that has a column for registers."""
    lines = re.search(r"^\|[^\n]*registers.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)[0].splitlines()
    header, _, *rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in lines)
    return pd.DataFrame(rows, columns=header)


def test_interpreted_kernels_cannot_be_compiled():
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "nbutils.kernels.aot"], env=environment, capture_output=True, text=True
    )

    assert done.returncode != 0
    assert "unset TRITON_INTERPRET" in done.stderr.splitlines()[-1]
