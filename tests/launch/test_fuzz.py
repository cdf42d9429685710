"""A thousand random command lines: one clear line and exit status 2, never a traceback and nothing computed."""

import random
from importlib import import_module
from pathlib import Path

import pytest

from core.run.catalogue import papers
from core.verify.evidence import Evidence
from core.verify.ledger import _row
from launch import __main__ as overview
from launch import bench, collect, completion, report, run, sweep, verify, worker
from tests.projects import REPOSITORY, command

FIGURE = "phase_transition/depth_curves"
MODULES = {"run": run, "verify": verify, "report": report, "": overview}
LONG = "x" * 5000
ODD = [
    "",
    " ",
    "\t",
    "\n",
    "é",
    "漢字",
    "🌲",
    "\u202e",
    "\udcff",
    "a\nb",
    "%s",
    "{}",
    "../..",
    "*",
    "'",
    '"',
    "\\",
    "x" * 5000,
]
HUGE = ["-1", "1e999", "9" * 400, "-" + "9" * 400, "nan", "inf", "0x", "1.5", "", " ", "None", "[]"]
# Each of these is wrong wherever it stands.
WRONG = {
    "": [
        *(f"--{word}" for word in ("bogus", "bogus=1", "presets=smoke", "é", "漢字=1", "=", "🌲", "config", "-seed=1")),
        *(f"--seed={value}" for value in HUGE), *(f"--devices={value}" for value in (*HUGE, "0", "1025")),
        *(f"--preset={value}" for value in ("", "SMOKE", "huge", *ODD)), "--preset", "--seed=1 2", "--x64=perhaps",
        *(f"--checkpoint_seconds={value}" for value in ("-1", "soon", "", "-1e300")), "--force=2", "--out=",
        *(f"--out={value}" for value in ("file/x", "/dev/null/x", "/proc/nothing", "y" * 300, "a\0b", "file")),
        "--debug=maybe", "--config.depth", "--config.=1", "--config.", "--nopreset",
    ],
    "run": [
        "nothing", "phase_transition/none", "/", "phase_transition/depth_curves/more", *filter(str.strip, ODD),
        "--config.bogus=1", "--config.depth=many", "--config.depth=1e999", "--config.fan_ins=2,x",
        "--config.depth=" + "9" * 30, "--config.é=1", "--list=3", "--jsn", "--all=x",
    ],
    "verify": [
        "nothing", "phase_transition/none", "/", "--config.a=1", "--all", "--list", "--json=file/x",
        *filter(str.strip, ODD),
    ],
    "report": ["phase_transition", "--config.a=1", "--json", "--all", *ODD],
}  # fmt: skip
FINE = ["--seed=3", "--preset=smoke", "--force", "--nox64", "--out=there", "--redraw=false", "--checkpoint_seconds=0"]
NAMED = {"run": [FIGURE], "verify": ["phase_transition/c01_slope_closed_form"], "report": []}


@pytest.fixture
def doors(tmp_path, monkeypatch):
    """The real doors with nothing behind them; what gets through is noted."""
    through = []

    def checked(claims, *_):
        through.append("verify")
        return [_row(claim, Evidence("identity", 1.0, 1.0, 0.0, None, "holds", ""), 0.0) for claim in claims]

    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    monkeypatch.setattr("core.run.execute._compute", lambda *_: through.append("run") or ({}, 0.0))
    monkeypatch.setattr("core.run.execute._record", lambda *_: {})
    monkeypatch.setattr("core.run.execute._write", lambda *_, **__: None)
    monkeypatch.setattr("core.verify.ledger.verify", checked)
    monkeypatch.setattr("launch.report.build", lambda *_, **__: through.append("report") or Path("index.html"))
    return through


def lines(seed, number):
    """Command lines of a command, with what is right in the name and something wrong in it."""
    draw = random.Random(seed)
    for _ in range(number):
        name = draw.choice(["run", "verify", "report"])
        wrong = draw.sample(WRONG[""] + WRONG[name], 1 + (draw.random() < 0.3))
        spoilt = {word.partition("=")[0] for word in wrong}  # a flag given twice counts as given last
        fine = [word for word in draw.sample(FINE, draw.randrange(4)) if word.partition("=")[0] not in spoilt]
        words = NAMED[name] + fine + wrong
        draw.shuffle(words)
        yield name, words


def answer(name, words, capsys):
    """Status, what was said, and what was complained of; "debug" would show the traceback."""
    try:
        status = MODULES[name].main(words)
    except BaseException as error:
        raise AssertionError(f"{name} {words!r} let {error!r} through") from error
    out, err = capsys.readouterr()
    return status, out, err


def test_what_is_right_gets_through(doors, capsys):
    for name, words in NAMED.items():
        status, _, err = answer(name, [*words, *FINE], capsys)
        assert (status, err) == (0, ""), name
    assert doors == ["run", "verify", "report"]


@pytest.mark.parametrize("part", range(4))
def test_what_is_wrong_gets_one_line(doors, capsys, part):
    for name, words in lines(part, 250):
        status, out, err = answer(name, words, capsys)
        assert status == 2, (name, words, status, err)
        assert out == "", (name, words)
        assert err.startswith("error: "), (name, words, err)
        assert err.count("\n") == 1, (name, words, err)
        assert len(err) < 2000, (name, words)
        assert err.removesuffix("\n").isprintable(), (name, words, err)
    assert doors == []


# Commands whose door is in front of everything that they would do, with what makes any line of theirs wrong.
OTHERS = {
    sweep: [
        "nothing", "phase_transition", "phase_transition/none", *filter(str.strip, ODD), "--bogus", "--seeds=x",
        "--seeds=0", "--config.correlation=1:2", "--config.correlation=0:1:0", "--config.correlation=", "--config.é=1",
        "--config.bogus=1,2", "--config.correlation=0:1:" + "9" * 30, "--workers=0", "--workers=x", "--preset=huge",
        "--out=file/x", "--name=a/b", *(f"--seeds={value}" for value in HUGE),
    ],
    worker: ["nothing", "file", *filter(str.strip, ODD), "--bogus", "--shard=-1", "--of=0", "--shard=x"],
    collect: ["nothing", "file", *filter(str.strip, ODD), "--bogus", "--json=x"],
    bench: ["nothing", *filter(str.strip, ODD), "--bogus", "--rounds=0", "--rounds=x", "--json=file/x"],
    completion: ["fish", *filter(str.strip, ODD), "--bogus"],
}  # fmt: skip


@pytest.mark.parametrize("module", OTHERS, ids=lambda module: module.__name__)
def test_other_commands_say_what_is_wrong_in_one_line(module, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    draw = random.Random(module.__name__)
    for _ in range(60):
        words = ["phase_transition/cobweb"] * (module is sweep) + draw.sample(OTHERS[module], 1 + draw.randrange(2))
        try:
            status = module.main(words)
        except BaseException as error:
            raise AssertionError(f"{words!r} let {error!r} through") from error
        out, err = capsys.readouterr()
        assert (status, out, err.startswith("error: "), err.count("\n")) == (2, "", True, 1), (words, err)
        assert err.removesuffix("\n").isprintable(), (words, err)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_soup_never_breaks_anything(doors, capsys):
    draw = random.Random(9)
    pieces = [
        *FINE,
        *ODD,
        *HUGE,
        "--",
        "-",
        "--seed",
        "--out",
        "-h",
        "--help",
        "--list",
        "--debug",
        FIGURE,
        "=",
        "--config.a=b",
    ]
    for _ in range(300):
        name = draw.choice(["run", "verify", "report", ""])
        words = draw.choices(pieces, k=draw.randrange(6)) + (["--out=there", "nothing"] if name == "verify" else [])
        status, _, err = answer(name, words, capsys)
        assert status in (0, 2), (name, words, status, err)
        assert status == 0 or err.count("error: ") == 1, (name, words, err)


def test_a_word_too_many_is_not_a_command(capsys):
    for word in ("rnu", "--bogus", "é\udcff", "../run", "__main__", "table"):
        status, out, err = answer("", [word], capsys)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.endswith("there are: " + ", ".join(overview.commands()) + "\n")


def test_the_overview_fits_a_screen_and_names_all_commands(capsys):
    status, out, _ = answer("", [], capsys)
    assert status == 0
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80
    for path in Path(overview.__file__).parent.glob("*.py"):
        has_main = hasattr(import_module(f"launch.{path.stem}"), "main") if path.stem[0] != "_" else False
        assert (f"\n  {path.stem} " in out) == has_main, path.stem
    assert answer("", ["--help"], capsys)[1] == out


def test_every_command_knows_more(capsys):
    for name, (does, _) in overview.commands().items():
        assert overview.main([name, "--help"]) == 0, name
        assert does in capsys.readouterr().out


def test_commands_can_be_called_through_the_overview(doors, capsys):
    status, out, _ = answer("", ["run", "--list", "--json"], capsys)
    assert status == 0
    assert out.startswith("[")
    assert answer("", ["run", "nothing"], capsys)[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "launch", "rnu"),
        ("-m", "launch.run", "--seed=1e999", "--out=/dev/null/x"),
        ("-m", "launch.run", "漢字🌲", "--preset=smoke"),
        ("-m", "launch.verify", "nothing", "--config.x=1"),
        ("-m", "launch.report", "--preset=huge"),
        ("-m", f"experiments.{FIGURE.replace('/', '.')}", "--config.depth=-7", "--out=/proc/nothing"),
    ],
)
def test_a_real_process_says_one_line(words, tmp_path):
    done = command(*words, cwd=REPOSITORY, seconds=60, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")


def test_there_are_papers():
    assert FIGURE.split("/")[0] in papers()
