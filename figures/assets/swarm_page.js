// A swarm on a landscape: canvas for the plane, a chart for its course; nothing moves before Play.
"use strict";

{
  const form = document.querySelector("form.controls"), canvas = document.getElementById("plane");
  const drift = 1, dt = 0.02, most = 3000, cells = 220;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const value = (name) => Number(form.elements[name].value);
  const written = Plot.written;
  let seed = 1, draw, points, path, course, playing = false, made = "", picture = [];

  const landscape = () => Swarm.landscapes[form.elements.landscape.value];
  const agreed = () => Swarm.consensus(points, points.map(([x, y]) => landscape().energy(x, y)), 10 ** value("alpha"));

  function restart() {
    draw = Swarm.uniforms(seed);
    const [low, high] = landscape().box, size = high - low, corner = form.elements.start.value === "corner";
    const place = () => (corner ? high - 0.3 * size * draw() : low + size * draw());
    points = Array.from({ length: value("particles") }, () => [place(), place()]);
    path = [];
    course = [];
    note();
  }

  function note() {
    const now = agreed();
    path.push(now.point);
    const off = Math.min(...landscape().minima.map(([x, y]) => Math.hypot(x - now.point[0], y - now.point[1])));
    course.push([off, Swarm.spread(points, now.point)]);
    return now;
  }

  function advance() {
    const centre = path[path.length - 1];
    const normals = points.map(() => Swarm.normalPair(draw));
    points = Swarm.step(points, centre, normals, { drift, sigma: value("sigma"), dt, noise: form.elements.noise.value });
    note();
  }

  const over = () => path.length > most || course[course.length - 1][1] < 1e-9 || !(course[course.length - 1][1] < 1e9);

  // the landscape in bands of equal steps of its logarithm, from the colours of the style sheet
  function paint(context, size) {
    const style = getComputedStyle(canvas), key = [form.elements.landscape.value, size, style.getPropertyValue("--deep")].join();
    if (key !== made) {
      const [low, high] = landscape().box, small = document.createElement("canvas");
      small.width = small.height = cells;
      const pen = small.getContext("2d"), image = pen.createImageData(cells, cells);
      const at = (i) => low + (high - low) * (i + 0.5) / cells;
      const energies = Array.from({ length: cells * cells }, (_, i) => landscape().energy(at(i % cells), at(cells - 1 - Math.floor(i / cells))));
      const least = Math.min(...landscape().minima.map(([x, y]) => landscape().energy(x, y)));
      const top = Math.log1p(energies.reduce((a, b) => Math.max(a, b)) - least);
      const [deep, pale] = ["--deep", "--pale"].map((name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number));
      energies.forEach((energy, i) => {
        const share = Math.floor(16 * Math.log1p(Math.max(0, energy - least)) / top) / 16;
        for (let c = 0; c < 3; c++) image.data[4 * i + c] = deep[c] + (pale[c] - deep[c]) * Math.min(1, share * 1.06);
        image.data[4 * i + 3] = 255;
      });
      pen.putImageData(image, 0, 0);
      [made, picture] = [key, small];
    }
    context.imageSmoothingEnabled = true;
    context.drawImage(picture, 0, 0, size, size);
  }

  function drawPlane() {
    const size = canvas.clientWidth, scale = devicePixelRatio || 1, context = canvas.getContext("2d");
    canvas.width = canvas.height = Math.round(size * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, size);
    const style = getComputedStyle(canvas), colour = (name) => style.getPropertyValue(name);
    const [low, high] = landscape().box, X = (x) => (x - low) / (high - low) * size, Y = (y) => size - X(y);
    const circle = ([x, y], radius) => { context.beginPath(); context.arc(X(x), Y(y), radius, 0, 7); };
    context.lineWidth = 1.5;
    context.strokeStyle = colour("--ring");
    for (const minimum of landscape().minima) { circle(minimum, 8); context.stroke(); }
    context.strokeStyle = colour("--warm");
    context.lineWidth = 1.2;
    context.beginPath();
    path.forEach(([u, v], i) => context[i ? "lineTo" : "moveTo"](X(u), Y(v)));
    context.stroke();
    context.fillStyle = colour("--particle");
    context.strokeStyle = colour("--edge");
    context.lineWidth = 0.8;
    for (const point of points) { circle(point, 3); context.fill(); context.stroke(); }
    const [x, y] = path[path.length - 1];
    for (const [width, name] of [[5, "--particle"], [2.6, "--warm"]]) {
      context.strokeStyle = colour(name);
      context.lineWidth = width;
      context.beginPath();
      for (const [dx, dy] of [[8, 0], [0, 8]]) { context.moveTo(X(x) - dx, Y(y) - dy); context.lineTo(X(x) + dx, Y(y) + dy); }
      context.stroke();
    }
  }

  function drawCourse() {
    const end = Math.max(50, course.length - 1), floor = -9;
    const log = (size) => Math.max(floor, Math.log10(Math.max(size, 1e-12)));
    const yTicks = [[-8, "10⁻⁸"], [-6, "10⁻⁶"], [-4, "10⁻⁴"], [-2, "0.01"], [0, "1"]];
    const chart = Plot.chart(document.getElementById("course"), { x: [0, end], y: [floor, 1.4], yTicks, xLabel: "step", yLabel: "distance", ratio: 0.9 });
    const thin = Math.max(1, Math.floor(course.length / 400));
    const kept = course.map((pair, step) => [step, ...pair]).filter(([step]) => step % thin === 0 || step === course.length - 1);
    chart.line(kept.map(([step, , size]) => [step, log(size)]), "main dashed");
    chart.line(kept.map(([step, off]) => [step, log(off)]), "warm");
    chart.dot(course.length - 1, log(course[course.length - 1][0]), 4, "warm");
  }

  function show() {
    const now = agreed(), [off, size] = course[course.length - 1];
    drawPlane();
    drawCourse();
    Plot.say("count", String(path.length - 1));
    Plot.say("energy", written(landscape().energy(...now.point)));
    Plot.say("effective", `${written(now.effective, 3)} of ${points.length}`);
    Plot.say("spread", written(size, 3));
    const done = !(size < 1e9) ? "The swarm has flown apart: less noise keeps it together."
      : off < 0.1 ? "Agreed on a global minimum." : "Agreed, but not on a global minimum.";
    const said = over() ? done : playing ? "Searching." : "At rest: press Play.";
    if (document.getElementById("said").textContent !== said) Plot.say("said", said);
    document.getElementById("play").textContent = playing ? "Pause" : "Play";
  }

  function frame() {
    if (!playing) return;
    for (let k = 0; k < (still.matches ? most : 2) && !over(); k++) advance(); // who wants no motion sees the end
    playing = !over();
    show();
    if (playing) requestAnimationFrame(frame);
  }

  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("play", () => {
    if (over()) restart();
    playing = !playing;
    show();
    requestAnimationFrame(frame);
  });
  on("step", () => { playing = false; if (over()) restart(); else advance(); show(); });
  on("restart", () => { restart(); show(); });
  on("reseed", () => { seed += 1; restart(); show(); });
  // α, σ and the noise may change on the way; the others begin anew
  let begun = "";
  Plot.live(form, () => {
    const start = ["landscape", "start", "particles"].map((name) => form.elements[name].value).join();
    if (start !== begun) restart();
    begun = start;
    show();
  }, { alpha: (power) => written(10 ** power, 3) });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}
