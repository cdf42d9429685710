"""Refreshes the pictures that README shows: python -m launch.gallery [--out=FOLDER].

README names them as figures/gallery/<paper>/<figure>.png; each is computed (or found complete) and copied there.
"""

import re
import shutil
from collections.abc import Sequence
from importlib import import_module

from core.run.catalogue import ROOT, select
from core.run.complain import leave
from core.run.execute import execute
from core.run.main import EXIT_OK, describe, guarded, prepare
from core.run.request import parse
from figures.render import render

PICTURE = re.compile(r"figures/gallery/(\w+/\w+)\.png")


def main(argv: Sequence[str]) -> int:
    """Computes, copies, and returns the exit status."""

    def act() -> int:
        request = parse(argv)
        names = sorted(set(PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))))
        prepare(request)
        for figure in select(names):
            outcome = execute(import_module(figure.module).EXPERIMENT, figure, request, render)
            print(describe(figure, outcome), flush=True)
            target = ROOT / "figures" / "gallery" / figure.paper / f"{figure.name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(outcome.folder / "figure.png", target)
        return EXIT_OK

    return guarded(act, debug="--debug" in argv)


if __name__ == "__main__":
    leave(main)
