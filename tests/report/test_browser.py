"""The report in a real browser, opened from disk: no complaint, nothing from outside, and what should move moves."""

import jax.numpy as jnp
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pytest

from figures.explore import EXPLORABLES, address_of
from figures.pages_bench import BENCH_KEYS
from figures.report import FigureRow, Paper, build
from tests.report.browser import CHROMIUM, chromium
from theory.entropy.laws import change_one_logit, exact_change_one_logit
from theory.entropy.softmax import entropy, log_prob
from theory.trees.recursion import Tree, amplification, critical_fidelity, fixed_point

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the report in")
PHONE, DESK = (360, 740), (1280, 900)


def claim(name, verdict, kind="identity", paper="trees", measured=1.0):
    return {
        "paper": paper, "claim": name, "statement": f"Statement {name}, with x_i ≤ 1.", "kind": kind, "predicted": 1.0,
        "measured": measured, "tolerance": 1e-12, "interval": None, "verdict": verdict, "seconds": 0.1,
        "note": "3 points", "given": "n is odd", "slack": 0.1,
        "attack": {"slack": 0.01, "starts": 2, "evaluations": 9, "not_finite": 0},
        "source": f"experiments/{paper}_with_a_long_name_of_its_own/claims.py:7",
    }  # fmt: skip


def figure(folder):
    plate, axes = plt.subplots(figsize=(3.3, 2))
    axes.plot([0, 1], [0, 1])
    for kind in ("png", "pdf", "svg"):
        plate.savefig(folder / f"figure.{kind}", dpi=300)
    plt.close(plate)
    (folder / "run.json").write_text("{}")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    figure(folder)
    record = {
        "preset": "laptop", "command": "python -m experiments.trees.depth --seed=1", "finished": "2026-11-21T07:38:12",
        "seconds": 1.5, "device": "2 x cpu", "git": {"commit": "c0ffee" * 7}, "config": {"b": 3},
    }  # fmt: skip
    verdicts = ["holds"] * 4 + ["holds-if", "refuted", "reported", "fails"]
    claims = [
        claim(
            f"c{i}_a_name_as_long_as_the_longest_of_real_claims",
            verdict,
            "bound" if i % 2 else "law",
            ("trees", "entropy")[i % 2],
            measured=10.0 ** (3 - i),
        )
        for i, verdict in enumerate(verdicts)
    ]
    papers = [
        Paper("trees", "A title long enough to break on a narrow screen", ("2601.17311",), "Abstract.", "trees"),
        Paper("entropy", "Entropy", (), "Abstract.", "entropy"),
    ]
    rows = [FigureRow("trees", "depth", "Depth", "Caption.", folder, record, "experiments/trees/depth.py")]
    bench = [dict(zip(BENCH_KEYS, ("one step", 1e-3, 2e-3, 2.0, 0.5, "s", 0.1), strict=True))]
    return build(papers, rows, claims, tmp_path_factory.mktemp("out") / "report", bench=bench).parent


@pytest.fixture(scope="module")
def tab():
    with chromium() as tab:
        yield tab


@pytest.fixture
def at(tab, report):
    """Opens a page of the report, in a window of a desk and in the light."""
    tab.resize(*DESK)
    tab.scheme("light")

    def go(address):
        tab.open(f"{report.as_uri()}/{address}")
        return tab

    return go


# Ratio of contrast (WCAG 2) of every piece of text to what is behind it, least first
CONTRAST = """(() => {
  const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.slice(0, 3).map((c) => linear(c / 255))
    .reduce((total, c, i) => total + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, noscript, .skip, select")) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 80)]);
  }
  return found.sort((a, b) => a[0] - b[0])[0];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_silent_fits_and_can_be_read(at, report, scheme):
    for path in sorted(report.rglob("*.html")):
        tab = at(path.relative_to(report).as_posix())
        tab.scheme(scheme)
        assert tab.run("document.images.length === 0 || document.images[0].decode().then(() => true)"), path
        tab.resize(*PHONE)
        assert tab.run("document.documentElement.scrollWidth") <= PHONE[0], f"{path.name} is too wide for a phone"
        ratio, where = tab.run(CONTRAST)
        assert ratio >= 4.5, (path.name, scheme, where)
        assert tab.complaints() == [], path.name


def test_a_broken_page_complains(tab, tmp_path):
    page = tmp_path / "broken.html"
    page.write_text('<script src="gone.js"></script><script>console.error("no"); nothing()</script>'
                    '<img src="http://127.0.0.1:9/x.png">')  # fmt: skip
    tab.open(page.as_uri())
    complaints = " ".join(tab.complaints())
    for said in ("no", "nothing is not defined", "ERR_FILE_NOT_FOUND", "request to http://127.0.0.1:9/x.png"):
        assert said in complaints


def test_everything_that_can_be_used_has_a_name(at, report):
    for path in sorted(report.rglob("*.html")):
        tab = at(path.relative_to(report).as_posix())
        for node in tab.call("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if role in ("link", "button", "slider", "combobox", "searchbox", "img", "image", "heading"):
                assert node.get("name", {}).get("value", "").strip(), (path.name, role)


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
    expected = [amplification(tree), fixed_point(tree).bias, critical_fidelity(7, 0.25)]
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
    z, token = jnp.zeros(8).at[1].set(0.3), jnp.asarray(1)
    first, exact = change_one_logit(z, token, 0.5), exact_change_one_logit(log_prob(z, token), entropy(z), 0.5)
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
