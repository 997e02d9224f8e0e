// The phase problem: pictures that say their values where one points, all at the same place; a marker on the curve of
// Griffin-Lim that follows its slider; and a film whose pictures move that slider. Listeners sit on the document, since
// the server replaces what is inside.
"use strict";
{
  const pixels = new WeakMap(); // by image: what it shows
  const palettes = new WeakMap(); // by element of palettes: Maps by kind

  function read(image) {
    if (!pixels.has(image) && image.complete && image.naturalWidth) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      pixels.set(image, context.getImageData(0, 0, canvas.width, canvas.height));
    }
    return pixels.get(image);
  }

  function colours(kind) {
    const source = document.getElementById("phase-palettes");
    if (!palettes.has(source)) palettes.set(source, {});
    const known = palettes.get(source);
    known[kind] ??= PhaseMath.palette(source.dataset[kind]);
    return { places: known[kind], quiet: source.dataset.quiet };
  }

  // Says a picture's value at a place (fractions from the left and from the top) and marks it.
  function say(picture, across, down) {
    const data = read(picture.querySelector("img"));
    if (!data) return;
    const { kind, top, column: seconds, row: hertz } = picture.dataset;
    const { column, row } = PhaseMath.cell(across, down, data.width, data.height);
    const at = 4 * ((data.height - 1 - row) * data.width + column);
    const [red, green, blue] = data.data.slice(at, at + 3);
    const { places, quiet } = colours(kind);
    const value = PhaseMath.value(kind, places.get((red << 16) | (green << 8) | blue), Number(top)) ?? quiet;
    picture.querySelector("output").textContent = `${PhaseMath.place(column * seconds, row * hertz)}: ${value}`;
    picture.style.setProperty("--x", `${(100 * (column + 0.5)) / data.width}%`);
    picture.style.setProperty("--y", `${100 - (100 * (row + 0.5)) / data.height}%`);
    picture.classList.add("pointed");
    picture.classList.toggle("left", across > 0.5);
  }

  const readable = () => [...document.querySelectorAll("#phase .readable")].filter((one) => one.offsetParent);
  const point = (across, down) => readable().forEach((picture) => say(picture, across, down));
  const leave = () => readable().forEach((picture) => picture.classList.remove("pointed"));

  document.addEventListener("pointermove", (event) => {
    const picture = event.target.closest?.("#phase .readable");
    if (!picture) return;
    const box = picture.getBoundingClientRect();
    point((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.target.closest?.("#phase .readable") && !event.relatedTarget?.closest?.("#phase .readable")) leave();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("#phase .readable")) leave();
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || !event.target.matches?.("#phase .readable")) return;
    event.preventDefault();
    const data = read(event.target.querySelector("img"));
    const now = ["--x", "--y"].map((name) => parseFloat(event.target.style.getPropertyValue(name) || "50") / 100);
    const far = event.shiftKey ? 10 : 1;
    const next = [now[0] + (far * step[0]) / data.width, now[1] + (far * step[1]) / data.height];
    point(...next.map((part) => PhaseMath.clamp(part, 0, 0.9999)));
  });

  // The curve and its slider
  const slider = () => document.querySelector("#phase-iteration input[type=range]");

  function follow() {
    const curve = document.getElementById("phase-curve");
    const range = slider();
    if (!curve || !range) return;
    const values = curve.dataset.curve.split(",").map(Number);
    const iteration = PhaseMath.clamp(Number(range.value), 0, values.length - 1);
    const x = (1000 * iteration) / (values.length - 1);
    curve.querySelector(".marker").setAttribute("d", `M${x},0V1000`);
    const decibels = Number.isFinite(values[iteration]) ? `${PhaseMath.number(values[iteration], 1)} dB` : "\u2013";
    const here = curve.querySelector(".here");
    here.textContent = PhaseMath.fill(here.dataset.text, { iteration, decibels });
    for (const cell of document.querySelectorAll("#phase-film button")) {
      cell.setAttribute("aria-pressed", String(Number(cell.dataset.iteration) === iteration));
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#phase-iteration")) requestAnimationFrame(follow);
  });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest?.("#phase-film button");
    if (!cell) return;
    const range = slider();
    range.value = cell.dataset.iteration;
    range.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => range.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })));
  });
  new MutationObserver(() => {
    const here = document.querySelector("#phase-curve .here");
    if (here && !here.textContent) follow();
  }).observe(document, { childList: true, subtree: true });
}
