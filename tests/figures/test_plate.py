from figures.plate import copyable, picture, provenance, when


def test_moments_are_readable_and_exact():
    shown = when("2026-11-21T07:38:12+00:00")
    assert "21 November 2026, 07:38 UTC" in shown
    assert 'datetime="2026-11-21T07:38:12+00:00"' in shown
    assert when("<yesterday>") == "&lt;yesterday&gt;"


def test_a_heavy_svg_gives_way_to_the_png():
    files = {"figure.svg": ("f/figure.svg", 9_000_000), "figure.png": ("f/figure.png", 100)}
    assert "f/figure.png" in picture(files, "alt", (990, 612), "")
    assert "f/figure.svg" in picture({**files, "figure.svg": ("f/figure.svg", 10)}, "alt", None, "")
    assert "f/figure.svg" in picture({"figure.svg": files["figure.svg"]}, "alt", None, "")
    assert picture({}, "alt", None, "") == ""


def test_what_is_not_recorded_is_called_so():
    assert provenance({}).count("not recorded") == 10
    assert "with changes not committed" in provenance({"git": {"commit": "a" * 40, "dirty": True}})
    assert "0.5 s" in provenance({"seconds": 0.5})
    assert "64 bit" in provenance({"x64": True})


def test_commands_are_escaped():
    assert "&lt;b&gt;" in copyable("echo <b>")
