"""What the figures depend on: the processor, the instruction set in use, and the versions of the libraries."""
from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

import numpy as np

import imfilter

PEERS = {"OpenCV": "opencv-python-headless", "PyTorch": "torch", "SciPy": "scipy", "scikit-image": "scikit-image",
         "Pillow": "pillow", "DIPlib": "diplib", "pyvips": "pyvips", "NumPy": "numpy"}
# Names that tell processors apart whose model name does not, by vendor, family and, for Intel, model.
GENERATIONS = {("AuthenticAMD", "23"): "Zen or Zen 2", ("AuthenticAMD", "25"): "Zen 3 or Zen 4",
               ("AuthenticAMD", "26"): "Zen 5", ("GenuineIntel", "6", "85"): "Skylake or Cascade Lake",
               ("GenuineIntel", "6", "106"): "Ice Lake", ("GenuineIntel", "6", "143"): "Sapphire Rapids",
               ("GenuineIntel", "6", "207"): "Emerald Rapids", ("GenuineIntel", "6", "173"): "Granite Rapids"}


def describe_machine() -> dict[str, Any]:
    """Return the processor, its number of cores, the loops in use, and versions."""
    variant = imfilter.plan(np.zeros((8, 8), np.float32), np.ones((3, 3))).layout.variant
    return {"processor": name_processor(), "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
            else os.cpu_count(), "instruction set": variant, "system": platform.platform(),
            "versions": {"imfilter": imfilter.__version__, "Python": platform.python_version(), **find_versions()}}


def find_versions() -> dict[str, str]:
    """Return the versions of the peers that are installed; any distribution of OpenCV counts."""
    versions = {}
    for peer, name in PEERS.items():
        for distribution in (name, name.removesuffix("-headless")):
            try:
                versions[peer] = importlib.metadata.version(distribution)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return versions


def name_processor() -> str:
    """Return the model name of the processor, with its generation if known."""
    facts: dict[str, str] = {}
    info = Path("/proc/cpuinfo")
    if info.exists():
        facts = dict(re.findall(r"^(.+?)\s*: (.*)$", info.read_text().split("\n\n")[0], re.MULTILINE))
    name = facts.get("model name") or platform.processor() or platform.machine()
    key = facts.get("vendor_id", ""), facts.get("cpu family", ""), facts.get("model", "")
    generation = GENERATIONS.get(key) or GENERATIONS.get(key[:2])  # type: ignore[call-overload]
    return f"{name} ({generation})" if generation and generation not in name else name
