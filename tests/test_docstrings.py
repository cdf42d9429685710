"""Every example in a docstring gives what it says, and every public function of the library has one."""

import ast
import doctest
from importlib import import_module

import pytest

from core.run.catalogue import ROOT

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
    for package in ("theory", "core", "figures")
    for path in sorted((ROOT / package).rglob("*.py"))
}

# What they do is done to the whole process: an example would do it to whoever runs the examples.
WITHOUT = {
    "core.run.main.prepare",
    "core.run.platform.collect_rarely",
    "core.run.platform.use_compile_cache",
    "core.run.platform.use_wide_vectors",
    "core.run.stopping.preemptible",
}


@pytest.mark.parametrize("name", [name for name, source in FILES.items() if ">>>" in source])
def test_examples(name):
    assert doctest.testmod(import_module(name)).failed == 0


def test_every_public_function_of_the_library_has_an_example():
    bare = {f"{name}.{function}" for name, source in FILES.items() for function in _without_example(name, source)}
    assert not bare - WITHOUT, "no example in the docstring of:\n" + "\n".join(sorted(bare - WITHOUT))
    assert not WITHOUT - bare, f"these are gone or have an example now: {sorted(WITHOUT - bare)}"


def test_a_function_without_an_example_is_found():
    source = '''
def shown():
    """Three.

    >>> shown()
    3
    """
def told():
    """Four."""
def silent(): ...
def _own(): ...
'''
    assert _without_example("theory.numbers", source) == ["told", "silent"]
    assert _without_example("theory._numbers", source) == []


def _without_example(name: str, source: str) -> list[str]:
    """The public functions of a module, in order, whose docstring shows no example."""
    if any(part.startswith("_") for part in name.split(".")):
        return []
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if not f.name.startswith("_") and ">>>" not in (ast.get_docstring(f) or "")]
