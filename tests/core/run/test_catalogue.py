import shutil
import textwrap

import pytest

from core.run.catalogue import figures, fingerprint, papers, public_functions, read_card, select


@pytest.fixture
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    files = {
        "theory/deep.py": "x = 1",
        "theory/shallow.py": "from theory.deep import x",
        "core/machine.py": "import theory.shallow",
        "core/run/main.py": "y = 1",
        "figures/style.py": "z = 1",
        "experiments/a/__init__.py": '"""Paper A."""',
        "experiments/a/one.py": '''
            """Title of one.

            Caption: a word with a colon, and
            a second line.

            Source: somewhere, and
              further down.
            Cost: 3 s
            """
            from core import (
                machine,
            )
            from core.run.main import y
            from figures.style import z
            EXPERIMENT = None
            ''',
        "experiments/a/_helper.py": "w = 1",
        "experiments/b/__init__.py": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text).lstrip())
    return root


def test_papers_and_figures_are_found_by_walking(project):
    assert papers(project) == ["a", "b"]
    assert [f.name for f in figures("a", project)] == ["one"]
    assert [f.module for f in select(["a/one", "a"], project)] == ["experiments.a.one"]


def test_unknown_names_are_refused_with_the_valid_ones(project):
    with pytest.raises(ValueError, match=r"no paper 'c'; there are: a, b"):
        select(["c"], project)
    with pytest.raises(ValueError, match=r"no figure 'two' in a; there are: one"):
        select(["a/two"], project)


def test_card_has_title_caption_and_fields(project):
    card = read_card(project / "experiments/a/one.py")
    assert card.title == "Title of one"
    assert card.caption == "Caption: a word with a colon, and a second line."
    assert card.fields == {"Source": "somewhere, and further down.", "Cost": "3 s"}


@pytest.mark.parametrize(
    ("file", "computes_again", "draws_again"),
    [
        ("theory/deep.py", True, True),  # reached through two imports
        ("core/machine.py", True, True),
        ("experiments/a/one.py", True, True),
        ("figures/style.py", False, True),
        ("core/run/main.py", False, False),
        ("experiments/a/_helper.py", False, False),  # not imported
    ],
)
def test_fingerprint_follows_the_code_that_a_result_depends_on(project, tmp_path, file, computes_again, draws_again):
    def both(root):
        return [fingerprint(root / "experiments/a/one.py", drawing=d, root=root) for d in (False, True)]

    before = both(project)
    changed = shutil.copytree(project, tmp_path / "changed")
    (changed / file).write_text((changed / file).read_text() + "\nchanged = 1\n")
    after = both(changed)
    assert [a != b for a, b in zip(after, before, strict=True)] == [computes_again, draws_again]


def test_words_compute_nothing_and_a_caption_draws(project, tmp_path):
    versions = {
        "brief": ("A word.", "Caption", 1),
        "long": ("Words,\n\n    and a law.\n    ", "Caption", 1),
        "retold": ("A word.", "Other caption", 1),
        "changed": ("A word.", "Caption", 2),
    }
    compute, draw = {}, {}
    for name, (said, caption, value) in versions.items():
        root = shutil.copytree(project, tmp_path / name)
        (root / "theory/deep.py").write_text(f'x = 1\ndef f():\n    """{said}"""\n    return {value}\n')
        script = root / "experiments/a/one.py"
        script.write_text(script.read_text().replace("Caption", caption))
        compute[name], draw[name] = (fingerprint(script, drawing=drawing, root=root) for drawing in (False, True))
    assert compute["brief"] == compute["long"] == compute["retold"] != compute["changed"]
    assert draw["brief"] == draw["long"] != draw["retold"]


def test_public_functions_are_read_in_order(tmp_path):
    path = tmp_path / "claims.py"
    path.write_text("def b(): ...\ndef _hidden(): ...\ndef a(): ...\n")
    assert public_functions(path) == ["b", "a"]
