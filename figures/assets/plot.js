// Small charts in SVG whose colours come from the style sheet, and sliders that remember themselves in the address.
"use strict";

const Plot = (() => {
  let charts = 0;

  function element(svg, tag, attributes, text) {
    const made = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // a number as a person writes it: 4 digits, a real minus
  function written(value, digits = 4) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value < 0 ? "−∞" : "∞";
    const size = Math.abs(value);
    const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
    const [mantissa, power] = text.replace("-", "−").split("e");
    const raised = power && [...power.replace("+", "")].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
    return power ? `${mantissa} × 10${raised}` : mantissa;
  }

  // about `count` round numbers in a range
  function ticks([low, high], count = 5) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  // Empties the SVG and draws the frame of a chart: x and y are ranges; ticks are numbers or [number, words].
  function chart(svg, { x, y, xTicks = ticks(x), yTicks = ticks(y), xLabel = "", yLabel = "", ratio = 0.8, grid = true }) {
    const width = svg.clientWidth || 420, height = Math.round(width * ratio);
    const left = 50, right = 12, top = 10, bottom = xLabel ? 44 : 26;
    const X = (value) => left + (value - x[0]) / (x[1] - x[0]) * (width - left - right);
    const Y = (value) => height - bottom - (value - y[0]) / (y[1] - y[0]) * (height - top - bottom);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.aspectRatio = `${width} / ${height}`;
    svg.replaceChildren();
    const add = (tag, attributes, text) => svg.appendChild(element(svg, tag, attributes, text));
    const clip = `clip-${svg.id || charts++}`;
    add("clipPath", { id: clip }).append(
      element(svg, "rect", { x: left, y: top, width: width - left - right, height: height - top - bottom }));
    const asPair = (tick) => (Array.isArray(tick) ? tick : [tick, written(tick)]);
    for (const [at, words] of xTicks.map(asPair)) {
      if (grid) add("line", { class: "grid", x1: X(at), x2: X(at), y1: top, y2: height - bottom });
      add("text", { class: "tick", x: X(at), y: height - bottom + 17, "text-anchor": "middle" }, words);
    }
    for (const [at, words] of yTicks.map(asPair)) {
      if (grid) add("line", { class: "grid", x1: left, x2: width - right, y1: Y(at), y2: Y(at) });
      add("text", { class: "tick", x: left - 8, y: Y(at) + 4, "text-anchor": "end" }, words);
    }
    if (xLabel) add("text", { class: "label", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xLabel);
    const middle = (top + height - bottom) / 2;
    if (yLabel) add("text", { class: "label", x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` }, yLabel);
    const plane = add("g", { "clip-path": `url(#${clip})` });
    const inside = (tag, attributes) => plane.appendChild(element(svg, tag, attributes));
    const trace = (points) => points.map(([u, v], i) => `${i ? "L" : "M"}${X(u).toFixed(2)} ${Math.max(-1e5, Math.min(1e5, Y(v))).toFixed(2)}`).join("");
    return {
      add, inside, X, Y,
      line: (points, name) => inside("path", { class: `line ${name}`, d: trace(points) }),
      area: (points, name) => inside("path", { class: `area ${name}`, d: `${trace(points)}Z` }),
      dot: (u, v, radius, name) => add("circle", { class: `dot ${name}`, cx: X(u), cy: Y(v), r: radius }),
      words: (u, v, text, anchor = "start", name = "") => add("text", { class: `words ${name}`, x: X(u), y: Y(v), "text-anchor": anchor }, text),
      at: (event) => {
        const box = svg.getBoundingClientRect(), scale = width / box.width;
        const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
        return [x[0] + (px - left) / (width - left - right) * (x[1] - x[0]), y[0] + (height - bottom - py) / (height - top - bottom) * (y[1] - y[0])];
      },
    };
  }

  // `count` numbers from low to high
  const range = (low, high, count) => Array.from({ length: count }, (_, i) => low + (high - low) * i / (count - 1));

  // Calls `moved` while a pointer that went down on the element moves.
  function draggable(target, moved) {
    target.addEventListener("pointerdown", (event) => {
      target.setPointerCapture(event.pointerId);
      event.preventDefault();
      moved(event, true);
    });
    target.addEventListener("pointermove", (event) => {
      if (target.hasPointerCapture(event.pointerId)) moved(event, false);
    });
  }

  // Sliders and choices of a form: their values come from the address, go to it, and every change draws.
  function live(form, draw, shown = {}) {
    const fields = [...form.elements].filter((field) => field.name);
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const field = form.elements[name];
      const offered = field && (field.type === "range" ? Number.isFinite(Number(value)) && value !== ""
        : [...(field.options || [])].some((option) => option.value === value));
      if (offered) field.value = value;
    }
    const change = () => {
      for (const field of fields) {
        const output = field.closest("label").querySelector("output");
        if (!output) continue;
        output.textContent = shown[field.name] ? shown[field.name](Number(field.value)) : written(Number(field.value));
        field.setAttribute("aria-valuetext", output.textContent);
      }
      draw();
    };
    form.addEventListener("input", () => {
      const values = new URLSearchParams(fields.map((field) => [field.name, field.value]));
      try { history.replaceState(null, "", `#${values}`); } catch { /* a browser may forbid it for files on disk */ }
      change();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth !== width) { width = innerWidth; draw(); }
    });
    change();
    return change;
  }

  const say = (id, text) => { document.getElementById(id).textContent = text; };

  return { chart, ticks, range, written, draggable, live, say };
})();
