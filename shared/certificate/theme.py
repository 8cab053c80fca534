"""The society's colours, on paper and on pages: ``primary``, ``accent``, ``ink`` and ``muted``, as ``#rrggbb``."""

import json
from collections.abc import Mapping
from pathlib import Path


def theme() -> Mapping[str, str]:
    """What theme.json says."""
    colours: Mapping[str, str] = json.loads(Path(__file__).with_name("theme.json").read_text("utf-8"))
    return colours
