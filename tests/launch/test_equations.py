"""What checks an equation, read from the files: through helpers, neighbours, fixtures and names of modules."""

import pytest

from core.run.catalogue import ROOT
from launch.equations import checks, claim_statements, places_of_claims, theory_modules

FILES = {
    "theory/pillar/laws.py": '''"""Laws.

Text.
"""
from theory.pillar.parts import part


def whole(x: int) -> int:
    """x + 1.

    >>> whole(1)
    2
    """
    return part(x)


def lonely():
    """0."""
''',
    "theory/pillar/parts.py": '''"""Parts."""


def part(x):
    """x."""
    return _inner(x)


def _inner(x):
    return x
''',
    "theory/pillar/door.py": 'def check():\n    """Raises."""\n',
    "experiments/paper/__init__.py": '"""Paper."""\n',
    "experiments/paper/_help.py": "from theory.pillar.laws import whole\n\n\ndef helped():\n    return whole(1)\n",
    "experiments/paper/claims.py": '''from experiments.paper._help import helped
from theory.pillar import parts

TABLE = [helped()]


def first():
    """The first
    claim.

    More.
    """
    return TABLE


def second():
    """The second."""
    return _mine()


def _mine():
    return parts.part(2)


def third():
    """It names whole and part, and uses neither."""
''',
    "tests/theory/pillar/test_laws.py": '''from theory.pillar.laws import whole


def made():
    return whole(3)


def test_made(made):
    assert made
''',
}  # fmt: skip
WHOLE, PART = ("theory/pillar/laws.py", "whole"), ("theory/pillar/parts.py", "part")


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_claim_stands_at_its_line_and_uses_what_it_reaches(root):
    places = places_of_claims(root)
    assert places["paper", "first"] == ("experiments/paper/claims.py:7", [WHOLE])
    assert places["paper", "second"] == ("experiments/paper/claims.py:16", [PART])
    assert places["paper", "third"][1] == []


def test_an_equation_knows_its_claims_tests_and_users(root):
    found = checks(root)
    assert found[WHOLE] == ([("paper", "first")], ["tests/theory/pillar/test_laws.py:8 test_made"])
    assert found[PART] == ([("paper", "second")], [])
    laws, parts = theory_modules(root)
    assert [function.name for function in laws.functions] == ["whole", "lonely"]
    assert (laws.pillar, laws.path, laws.text) == ("Pillar", "theory/pillar/laws.py", "Laws.\n\nText.")
    assert laws.functions[0].signature == "(x: int) -> int"
    assert parts.functions[0].users == (WHOLE,)


def test_a_statement_is_the_first_paragraph(root):
    statements = claim_statements(root / "experiments/paper/claims.py")
    assert statements["first"] == "The first claim."
    assert list(statements) == ["first", "second", "third"]


def test_every_equation_of_ours_is_checked_by_a_claim_or_a_test():
    """By one of its own, or within one that has: else a formula stands there on nobody's word."""
    functions = {
        (module.path, function.name): function for module in theory_modules(ROOT) for function in module.functions
    }
    checked = {key for key, function in functions.items() if function.claims or function.tests}
    while more := {key for key, f in functions.items() if key not in checked and checked & set(f.users)}:
        checked |= more
    assert set(functions) == checked
    assert len(functions) > 300
