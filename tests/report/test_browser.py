"""The report in a real browser, opened from disk: what should move moves, and shows what theory says."""

import numpy as np
import pytest

from figures.explore import EXPLORABLES, address_of
from tests.compiled import compiled
from tests.report.browser import CHROMIUM
from theory.entropy.laws import change_one_logit, exact_change_one_logit
from theory.entropy.softmax import entropy, log_prob
from theory.trees.recursion import Tree, amplification, critical_fidelity, fixed_point

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the report in")

SHOWN = "[...document.querySelectorAll('tbody tr')].filter(r => r.checkVisibility()).map(r => r.dataset.verdict)"
CHOOSE = "(() => {{ const f = document.querySelector('form'); f.elements.{0}.value = '{1}';" \
    " f.elements.{0}.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"  # fmt: skip


def test_the_ledger_filters(at):
    tab = at("ledger.html")
    assert len(tab.run(SHOWN)) == 8
    tab.run(CHOOSE.format("verdict", "holds"))
    assert tab.run(SHOWN) == ["holds"] * 4
    tab.run(CHOOSE.format("kind", "law"))
    assert tab.run(SHOWN) == ["holds"] * 2
    assert tab.run("document.querySelector('[role=status]').textContent") == "2 of 8 claims"
    tab.run(CHOOSE.format("verdict", ""))
    tab.run(CHOOSE.format("words", "c6 statement"))
    assert tab.run(SHOWN) == ["reported"]
    assert at("ledger.html#verdict=refuted").run(SHOWN) == ["refuted"]


def test_the_ledger_sorts_by_keyboard(at):
    tab = at("ledger.html")
    measured = "[...document.querySelectorAll('tbody tr')].map(r => Number(r.cells[5].dataset.value))"
    tab.run("document.querySelectorAll('thead button')[5].focus()")
    tab.press("Enter")
    up = tab.run(measured)
    assert up == sorted(up)
    assert tab.run("document.querySelectorAll('thead th')[5].getAttribute('aria-sort')") == "ascending"
    tab.press("Enter")
    assert tab.run(measured) == up[::-1]


def test_a_command_is_copied_or_selected(at):
    tab = at("papers/trees.html")
    tab.run("document.querySelector('button.copy').click()")
    label = tab.run("new Promise(done => setTimeout(() => done(document.querySelector('.copy').textContent), 100))")
    assert label in ("Copied", "Selected")


BOX = "(r => [r.x, r.y, r.width, r.height])({}.getBoundingClientRect())"
LOGIT = "document.querySelectorAll('#logits [role=slider]')[{}]"
LATER = "new Promise(done => setTimeout(() => done({}), 200))"
COUNT = "document.getElementById('count').textContent"


def numbers(tab, *names):
    texts = [tab.run(f"document.getElementById('{name}').textContent") for name in names]
    return [float(text.replace("−", "-")) for text in texts]


def test_the_tree_shows_what_theory_says_and_follows_its_sliders(at):
    tab = at("explore/trees.html#b=7&gamma=0.9&rho=0.25&leaf=0.1")
    tree = Tree(7, 0.9, 0.25)
    expected = compiled(lambda: (amplification(tree), fixed_point(tree).bias, critical_fidelity(7, 0.25)))()
    assert numbers(tab, "alpha", "end", "needed") == pytest.approx([float(x) for x in expected], rel=1e-3)
    pictures = "['plane', 'cobweb', 'levels'].map(id => document.getElementById(id).innerHTML)"
    for name in ("b", "gamma", "rho"):
        before = tab.run(pictures)
        tab.run(f"document.querySelector('[name={name}]').focus()")
        tab.press("ArrowLeft")
        assert all(old != new for old, new in zip(before, tab.run(pictures), strict=True)), name
    assert "gamma=0.895" in tab.run("location.hash")


def test_the_dot_of_the_phase_plane_can_be_dragged(at):
    tab = at("explore/trees.html")
    tab.run("document.getElementById('plane').scrollIntoView({behavior: 'instant'})")
    x, y, wide, high = tab.run(BOX.format("document.getElementById('plane')"))
    tab.drag((x + wide * 0.8, y + high * 0.5), (x + wide * 0.3, y + high * 0.3))
    gamma, rho = (float(tab.run(f"document.querySelector('[name={name}]').value")) for name in ("gamma", "rho"))
    assert 0.1 < gamma < 0.3
    assert 0.6 < rho < 0.9
    assert "Washes out" in tab.run("document.getElementById('said').textContent")


def test_logits_are_dragged_and_moved_by_keys(at):
    tab = at("explore/entropy.html#start=flat&token=1&size=0.5&kind=logit")
    assert numbers(tab, "first")[0] == 0
    tab.run("document.getElementById('logits').scrollIntoView({behavior: 'instant'})")
    tab.run(f"{LOGIT.format(1)}.focus()")
    for _ in range(3):
        tab.press("ArrowUp")
    assert tab.run("document.activeElement.getAttribute('aria-valuenow')") == "0.3"

    @compiled
    def change(z, token):
        return change_one_logit(z, token, 0.5), exact_change_one_logit(log_prob(z, token), entropy(z), 0.5)

    first, exact = change(0.3 * np.eye(8)[1], 1)
    assert numbers(tab, "first", "exact") == pytest.approx([float(first), float(exact)], rel=1e-3)
    x, y, wide, high = tab.run(BOX.format(LOGIT.format(4)))
    before = tab.run("document.getElementById('change').innerHTML")
    middle = x + wide / 2
    tab.drag((middle, y + high / 2), (middle, y + high * 0.25))
    value = float(tab.run(f"{LOGIT.format(4)}.getAttribute('aria-valuenow')"))
    assert value == pytest.approx(3, abs=0.2)
    assert tab.run("document.getElementById('change').innerHTML") != before


def test_the_swarm_moves_repeats_and_stops(at):
    tab = at("explore/swarm.html#landscape=rastrigin&alpha=1&sigma=0.9&particles=40")
    picture = "document.getElementById('plane').toDataURL()"
    start = tab.run(picture)
    assert tab.run(LATER.format(COUNT)) == "0"
    tab.run("document.getElementById('step').click()")
    stepped = tab.run(picture)
    assert stepped != start
    tab.run("document.getElementById('restart').click()")
    assert tab.run(picture) == start
    tab.run("document.getElementById('reseed').click()")
    assert tab.run(picture) != start
    tab.run("document.getElementById('play').focus()")
    tab.press("Enter")
    assert tab.run("document.getElementById('play').textContent") == "Pause"
    tab.run("new Promise(done => { const look = () => Number(document.getElementById('count').textContent) > 20"
            " ? done() : setTimeout(look, 20); look(); })")  # fmt: skip
    tab.run("document.getElementById('play').click()")
    rest = tab.run(COUNT)
    assert tab.run(LATER.format(COUNT)) == rest
    (before,) = numbers(tab, "spread")
    tab.run("for (let k = 0; k < 100; k++) document.getElementById('step').click()")
    assert numbers(tab, "spread")[0] < before / 2
    tab.run(CHOOSE.format("landscape", "canyon"))
    assert tab.run("document.getElementById('count').textContent") == "0"
    assert tab.complaints() == []


def test_the_pages_are_those_of_the_table(report):
    assert {path.name for path in (report / "explore").glob("*.html")} == {
        address_of(e).split("/")[1] for e in EXPLORABLES
    }
