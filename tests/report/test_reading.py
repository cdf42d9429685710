"""Every page of the report can be read: by eye on any screen and on paper, by keyboard, by a screen reader."""

import pytest

from tests.report.browser import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the report in")
DARK = {"name": "prefers-color-scheme", "value": "dark"}
PHONE = (360, 740)

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
    if (!own || !element.checkVisibility() || element.closest("noscript, .skip, select, .on")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(element.closest("svg") ? style.fill : style.color)), light(behind(element))];
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


TO_REACH = "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]" \
    ".filter(e => e.checkVisibility() && !e.disabled)"  # fmt: skip
REACHED = (
    f"(() => {{ const all = {TO_REACH}, e = document.activeElement, box = e.getBoundingClientRect();"
    " return [all.indexOf(e), all.length, getComputedStyle(e).outlineStyle, box.left >= 0 && box.width > 0]; })()"
)


@pytest.mark.parametrize("page", ["papers/trees.html", "ledger.html", "explore/swarm.html", "equations/trees.html"])
def test_the_tab_key_reaches_everything_in_its_order_and_shows_where_it_is(at, page):
    tab = at(page)
    count = tab.run(f"{TO_REACH}.length")
    for place in range(count):
        tab.press("Tab")
        assert tab.run(REACHED) == [place, count, "solid", True], tab.run("document.activeElement.outerHTML")


def test_the_first_link_skips_to_the_content(at):
    tab = at("papers/trees.html")
    tab.press("Tab")
    assert tab.run("document.activeElement.textContent") == "Skip to content"
    tab.press("Enter")
    tab.press("Tab")
    assert tab.run("document.querySelector('main').contains(document.activeElement)")


def test_nothing_moves_for_who_wants_no_motion(at):
    tab = at("index.html")
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert tab.run("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    tab = at("explore/swarm.html#landscape=himmelblau&alpha=2&sigma=0.5&particles=20")
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    tab.run("document.getElementById('play').click()")  # the swarm is at its end in the next frame
    assert tab.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>"
                   " done(document.getElementById('play').textContent))))") == "Play"  # fmt: skip
    assert "Agreed" in tab.run("document.getElementById('said').textContent")


def test_paper_shows_what_can_be_read_on_paper(at):
    """Dark ink on white although the screen is dark, no controls, nothing cut off."""
    for page in ("papers/trees.html", "ledger.html", "equations/trees.html"):
        tab = at(page)
        tab.resize(720, 1000)  # what a sheet of A4 is wide, in a browser's pixels
        tab.call("Emulation.setEmulatedMedia", media="print", features=[DARK])
        assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert tab.run(CONTRAST)[0] >= 4.5
        for control in (".copy", "form.filters", ".downloads", ".turn"):
            assert tab.run(f"[...document.querySelectorAll('{control}')].every(e => !e.checkVisibility())"), control
        assert tab.run("document.documentElement.scrollWidth") <= 720, page
        assert len(tab.call("Page.printToPDF")["data"]) > 10_000
