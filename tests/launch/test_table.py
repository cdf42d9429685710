"""Tables for people: aligned, cut at the edge of a terminal, coloured only where that is wanted."""

import io
import os
import re
import subprocess
import sys

import pytest

from launch.table import table
from tests.projects import REPOSITORY

HEADER = ("paper", "claim", "cost", "verdict", "note")
ROWS = [
    ("trees", "a_name_that_is_long_and_whole", "c" * 60, "holds", "n" * 60),
    ("votes", "short", "1 s", "refuted", "é is one letter"),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def bare(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


def test_a_pipe_gets_everything_and_no_colour():
    lines = table(HEADER, ROWS, io.StringIO()).splitlines()
    assert "\033" not in "".join(lines)
    assert ROWS[0][2] in lines[1]
    assert lines[1].endswith(ROWS[0][4])
    starts = [[line.index(word) for line, word in zip(lines[1:], column, strict=True)]
              for column in zip(*ROWS, strict=True)]  # fmt: skip
    assert all(len(set(places)) == 1 for places in starts)


def test_a_terminal_gets_lines_that_fit_with_the_names_whole():
    lines = table(HEADER, ROWS, Terminal()).splitlines()
    assert max(len(bare(line)) for line in lines) <= 100
    assert all(row[1] in line for row, line in zip(ROWS, lines[1:], strict=True))
    assert "\033[32mholds\033[0m" in lines[1]
    assert "\033[35mrefuted\033[0m" in lines[2]
    assert "…" in lines[1]


@pytest.mark.parametrize("columns", ["1", "20", "79"])
def test_any_terminal_is_fitted(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert max(len(bare(line)) for line in table(HEADER, ROWS, Terminal()).splitlines()) <= int(columns)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert "\033" not in table(HEADER, ROWS, Terminal())


def test_a_word_at_the_end_of_a_line_is_coloured_too():
    assert table(("a", "b"), [("x", "fails")], Terminal()).endswith("\033[1;31mfails\033[0m")


def test_no_rows_are_a_header():
    assert table(HEADER, [], Terminal()) == "  ".join(HEADER)


@pytest.mark.parametrize(("words", "to", "status", "said"), [
    (("-m", "launch.run", "--list"), "closed", 141, ""),
    (("-m", "launch"), "closed", 141, ""),
    (("-m", "launch.run", "--list"), "/dev/full", 1, "error: can't write: No space left on device\n"),
])  # fmt: skip
def test_a_reader_who_is_gone_is_no_error_and_a_full_disk_is_one(words, to, status, said):
    if to == "closed":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open(to, os.O_WRONLY)
    done = subprocess.run([sys.executable, *words], cwd=REPOSITORY, stdout=write, stderr=subprocess.PIPE, text=True,
                          timeout=60, check=False)  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (status, said)
