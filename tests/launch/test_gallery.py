"""The pictures of README come from the code as it stands."""

import json

import pytest

from launch.gallery import FOLDER, made_from, shown


@pytest.mark.parametrize("figure", shown(), ids=lambda figure: figure.name)
def test_a_picture_is_not_stale(figure):
    picture = FOLDER / figure.paper / f"{figure.name}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(picture.with_suffix(".json").read_text()) == made_from(figure), "stale: run `make gallery`"


def test_no_picture_lies_there_unused():
    assert {path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.png")} == {
        (FOLDER / figure.paper / figure.name).relative_to(FOLDER) for figure in shown()
    }


def test_a_change_of_the_code_shows(tmp_path, monkeypatch):
    (figure, *_) = shown()
    changed = tmp_path / figure.path.name
    changed.write_text(figure.path.read_text() + "\nEXTRA = 1\n")
    monkeypatch.setattr("launch.gallery.fingerprint", lambda path, drawing: str(hash(path.read_bytes())))
    assert made_from(figure) != made_from(figure._replace(path=changed))
