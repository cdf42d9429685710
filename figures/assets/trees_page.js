// The tree: phase plane, cobweb and levels, for the values of the sliders.
"use strict";

{
  const form = document.querySelector("form.controls");
  const svg = (id) => document.getElementById(id);
  const levels = 40;
  let plane;

  function read() {
    const value = (name) => Number(form.elements[name].value);
    return [{ fanIn: value("b"), fidelity: value("gamma"), correlation: value("rho") }, value("leaf")];
  }

  function drawPlane({ fanIn, fidelity, correlation }) {
    plane = Plot.chart(svg("plane"), { x: [0, 1], y: [0, 1], xLabel: "fidelity γ", yLabel: "correlation ρ", grid: false });
    const gammas = Plot.range(0, 1, 241);
    const border = (level) => gammas.map((gamma) => {
      const rho = Trees.correlationOfLevel(level, fanIn, gamma);
      return [gamma, rho > 0 ? Math.min(rho, 1) : 0];
    });
    for (const level of Plot.range(0, 0.95, 20)) plane.area([...border(level), [1, 0], [0, 0]], "shade");
    plane.line(border(0).filter(([, rho]) => rho > 0), "main");
    plane.words(0.03, 0.93, "washes out", "start");
    if (Trees.criticalFidelity(fanIn, 0) < 0.85) plane.words(0.97, 0.05, "amplifies", "end", "on");
    plane.dot(fidelity, correlation, 7, "handle");
  }

  function drawCobweb(tree, path) {
    const chart = Plot.chart(svg("cobweb"), { x: [0, 1], y: [0, 1], xLabel: "bias of a level μ", yLabel: "bias of the level above g(μ)" });
    const steps = [[path[0], 0]];
    for (let i = 0; i + 1 < path.length; i++) steps.push([path[i], path[i + 1]], [path[i + 1], path[i + 1]]);
    chart.line([[0, 0], [1, 1]], "faint");
    chart.line([[0, 0], [1, Trees.amplification(tree)]], "faint dashed");
    chart.line(Plot.range(0, 1, 121).map((mu) => [mu, Trees.treeStep(mu, tree)]), "main");
    chart.line(steps, "warm thin");
    chart.dot(path[0], 0, 4, "warm");
    const end = Trees.fixedPoint(tree);
    chart.dot(end, end, 5, "end");
  }

  function drawLevels(tree, path) {
    const narrow = svg("levels").clientWidth < 520;
    const chart = Plot.chart(svg("levels"), { x: [0, levels], y: [0, 1], xLabel: "level above the leaves", yLabel: "bias μ", ratio: narrow ? 0.7 : 0.34 });
    const end = Trees.fixedPoint(tree);
    chart.line([[0, end], [levels, end]], "faint dashed");
    chart.line(path.map((mu, level) => [level, mu]), "warm thin");
    path.forEach((mu, level) => chart.dot(level, mu, narrow ? 2 : 3, "warm"));
  }

  function draw() {
    const [tree, leaf] = read();
    const alpha = Trees.amplification(tree), end = Trees.fixedPoint(tree), path = Trees.trajectory(leaf, tree, levels);
    drawPlane(tree);
    drawCobweb(tree, path);
    drawLevels(tree, path);
    Plot.say("alpha", Plot.written(alpha));
    Plot.say("end", Plot.written(end));
    const needed = Trees.criticalFidelity(tree.fanIn, tree.correlation);
    Plot.say("needed", Plot.written(needed));
    Plot.say("exponent", Plot.written(Trees.organisationExponent(tree)));
    Plot.say("said", alpha > 1
      ? `Amplifies: α > 1. A weak signal grows by ${Plot.written(alpha, 3)} a level, until the tree is right with chance ${Plot.written((1 + end) / 2, 3)}.`
      : `Washes out: α ≤ 1. Whatever the leaves know, a deep tree is right with chance 1/2.`);
    svg("plane").setAttribute("aria-description", document.getElementById("said").textContent);
  }

  const change = Plot.live(form, draw, { b: String });
  Plot.draggable(svg("plane"), (event) => {
    const [gamma, rho] = plane.at(event);
    form.elements.gamma.value = gamma;
    form.elements.rho.value = rho;
    form.dispatchEvent(new Event("input"));
  });
  void change;
}
