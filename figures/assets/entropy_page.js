// One step of a softmax policy: bars to drag, and the change of entropy against the size of the step.
"use strict";

{
  const form = document.querySelector("form.controls");
  const svg = (id) => document.getElementById(id);
  const names = [..."abcdefgh"], low = -6, high = 6;
  const starts = {
    peaked: [3, 0.5, 0, -0.4, -0.8, -1, -1.5, -2], rivals: [2.5, 2.1, -0.5, -1, -1, -1.5, -2, -3],
    slope: [2.8, 2, 1.2, 0.4, -0.4, -1.2, -2, -2.8], flat: Array(8).fill(0),
  };
  let logits, chosen, board;
  form.elements.token.append(...names.map((name, i) => new Option(name, String(i), i === 1, i === 1)));

  const state = () => ({ kind: form.elements.kind.value, token: Number(form.elements.token.value), size: Number(form.elements.size.value) });
  const column = (i) => [i - 0.36, i + 0.36];
  const tokens = { x: [-0.6, names.length - 0.4], xTicks: names.map((name, i) => [i, name]) };

  function bar(chart, i, from, to, name) {
    const [left, right] = column(i).map(chart.X);
    const top = Math.min(chart.Y(from), chart.Y(to));
    return chart.inside("rect", { class: `bar-of ${name}`, x: left, y: top, width: right - left, height: Math.max(1, Math.abs(chart.Y(to) - chart.Y(from))) });
  }

  function drawLogits(token, after) {
    const focused = [...svg("logits").querySelectorAll("[role=slider]")].indexOf(document.activeElement);
    board = Plot.chart(svg("logits"), { ...tokens, y: [low, high], yTicks: [-5, 0, 5], yLabel: "logit z", ratio: 0.42 });
    const sliders = names.map((name, i) => {
      bar(board, i, 0, after[i], "pale");
      bar(board, i, 0, logits[i], i === token ? "warm" : "main");
      board.inside("line", { class: "grip", x1: board.X(i - 0.36), x2: board.X(i + 0.36), y1: board.Y(logits[i]), y2: board.Y(logits[i]) });
      return board.add("rect", {
        class: "handle-area", x: board.X(i - 0.45), y: board.Y(high), width: board.X(0.9) - board.X(0), height: board.Y(low) - board.Y(high),
        role: "slider", tabindex: 0, "aria-label": `Logit of token ${name}`, "aria-orientation": "vertical",
        "aria-valuemin": low, "aria-valuemax": high, "aria-valuenow": logits[i].toFixed(1),
      });
    });
    if (focused >= 0) sliders[focused].focus();
  }

  function drawTokens(token, row, next) {
    const top = Math.max(...row.prob, ...next.prob);
    const chances = Plot.chart(svg("probabilities"), { ...tokens, y: [0, Math.min(1, top * 1.08)], yLabel: "p", ratio: 0.3, yTicks: Plot.ticks([0, top], 3) });
    const size = Math.max(0.02, ...row.discriminator.map(Math.abs)) * 1.15;
    const scores = Plot.chart(svg("scores"), { ...tokens, y: [-size, size], yLabel: "S", ratio: 0.3, yTicks: Plot.ticks([-size, size], 3) });
    names.forEach((_, i) => {
      const name = i === token ? "warm" : "main";
      bar(chances, i, 0, row.prob[i], name);
      bar(chances, i, 0, next.prob[i], "outline");
      bar(scores, i, 0, row.discriminator[i], name);
    });
    scores.line([[-0.6, 0], [names.length - 0.4, 0]], "faint");
    scores.line([[-0.6, row.expected], [names.length - 0.4, row.expected]], "faint dashed");
    scores.words(names.length - 0.45, row.expected + size * 0.08, "mean of S", "end");
  }

  function drawChange(kind, token, size, push) {
    const sizes = Plot.range(-4, 4, 161);
    const exact = sizes.map((step) => [step, Entropy.exactChange(logits, push.map((d) => step * d))]);
    const values = exact.map(([, change]) => change);
    const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)], pad = Math.max(0.05, 0.12 * (most - least));
    const slope = Entropy.firstOrder(logits, push), bend = Entropy.curvature(logits, push);
    const chart = Plot.chart(svg("change"), { x: [-4, 4], y: [least - pad, most + pad], xLabel: "size of the step ε", yLabel: "change of entropy (nats)", ratio: 0.86 });
    chart.line([[-4, 0], [4, 0]], "faint");
    chart.line([[-4, -4 * slope], [4, 4 * slope]], "ink dashed");
    chart.line(sizes.map((step) => [step, slope * step + bend * step * step / 2]), "ink dotted");
    chart.line(exact, "main");
    chart.line([[size, size * slope], [size, Entropy.exactChange(logits, push.map((d) => size * d))]], "warm thin");
    chart.dot(size, Entropy.exactChange(logits, push.map((d) => size * d)), 6, "warm");
  }

  function draw() {
    if (chosen !== form.elements.start.value) {
      chosen = form.elements.start.value;
      logits = [...starts[chosen]];
    }
    const { kind, token, size } = state();
    const push = Entropy.direction(kind, logits, token), change = push.map((d) => size * d);
    const row = Entropy.row(logits), after = logits.map((z, i) => z + change[i]), next = Entropy.row(after);
    drawLogits(token, after);
    drawTokens(token, row, next);
    drawChange(kind, token, size, push);
    const first = Entropy.firstOrder(logits, change), exact = Entropy.exactChange(logits, change);
    Plot.say("entropy", `${Plot.written(row.entropy)} → ${Plot.written(next.entropy)}`);
    Plot.say("first", Plot.written(first));
    Plot.say("exact", Plot.written(exact));
    Plot.say("score", `${Plot.written(row.discriminator[token], 3)}, ${Plot.written(row.expected, 3)}`);
    const falls = exact < -1e-12 ? "falls" : exact > 1e-12 ? "rises" : "stays";
    const wrong = first * exact < 0 ? " The first-order law has the wrong sign here." : "";
    Plot.say("said", `Token ${names[token]} is ${row.prob[token] > Math.exp(-row.entropy) ? "likelier" : "rarer"} than e⁻ᴴ = ${Plot.written(Math.exp(-row.entropy), 3)}; with this step the entropy ${falls}.${wrong}`);
  }

  Plot.live(form, draw);

  const set = (i, value) => {
    logits[i] = Math.round(Math.max(low, Math.min(high, value)) * 20) / 20;
    draw();
  };
  let held;
  Plot.draggable(svg("logits"), (event, first) => {
    const [place, value] = board.at(event);
    if (first) held = Math.max(0, Math.min(names.length - 1, Math.round(place)));
    set(held, value);
  });
  svg("logits").addEventListener("keydown", (event) => {
    const i = [...svg("logits").querySelectorAll("[role=slider]")].indexOf(event.target);
    const move = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 1, PageDown: -1, Home: -99, End: 99 }[event.key];
    if (i < 0 || move === undefined) return;
    event.preventDefault();
    set(i, logits[i] + move);
  });
}
