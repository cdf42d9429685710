"""Refreshes the pictures that README shows: python -m launch.gallery [--out=FOLDER].

README names them as figures/gallery/<paper>/<figure>.png; each is computed (or found complete) and copied there, with
the fingerprint of the code that it came from beside it, so that a test can say when a picture is stale.
"""

import re
import shutil
from collections.abc import Sequence
from importlib import import_module

from core.run.catalogue import ROOT, Figure, fingerprint, select
from core.run.complain import leave
from core.run.execute import execute
from core.run.main import EXIT_OK, describe, guarded, prepare
from core.run.request import new_flags, parse
from core.run.store import write_json
from figures.render import render
from launch.table import flag_lines

PICTURE = re.compile(r"figures/gallery/(\w+/\w+)\.png")
FOLDER = ROOT / "figures" / "gallery"


def shown() -> list[Figure]:
    """The figures whose pictures README shows."""
    return select(sorted(set(PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8")))))


def made_from(figure: Figure) -> dict[str, str]:
    """Fingerprints of the code that a picture depends on."""
    return {kind: fingerprint(figure.path, drawing=kind == "draw") for kind in ("compute", "draw")}


def main(argv: Sequence[str]) -> int:
    """Computes, copies, and returns the exit status."""
    if "--help" in argv or "-h" in argv:
        print(__doc__, *flag_lines(new_flags()), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv)
        prepare(request)
        for figure in shown():
            outcome = execute(import_module(figure.module).EXPERIMENT, figure, request, render)
            print(describe(figure, outcome), flush=True)
            target = FOLDER / figure.paper / f"{figure.name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(outcome.folder / "figure.png", target)
            write_json(target.with_suffix(".json"), made_from(figure))
        return EXIT_OK

    return guarded(act, debug="--debug" in argv)


if __name__ == "__main__":
    leave(main)
