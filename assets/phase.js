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

  function measured(picture) {
    const data = read(picture.querySelector("img"));
    const { start, column, row } = picture.dataset;
    return data && { start: Number(start), column: Number(column), row: Number(row), columns: data.width, rows: data.height, data };
  }

  // Says a picture's value at a second and hertz, and marks it.
  function say(picture, place) {
    const size = measured(picture);
    const cell = size && PhaseMath.cell(place, size);
    picture.classList.toggle("pointed", Boolean(cell));
    if (!cell) return;
    const at = 4 * ((size.rows - 1 - cell.row) * size.columns + cell.column);
    const [red, green, blue] = size.data.data.slice(at, at + 3);
    const { kind, top } = picture.dataset;
    const { places, quiet } = colours(kind);
    const value = PhaseMath.value(kind, places.get((red << 16) | (green << 8) | blue), Number(top)) ?? quiet;
    picture.querySelector("output").textContent = `${PhaseMath.place(place.seconds, place.hertz)}: ${value}`;
    picture.style.setProperty("--x", `${(100 * (cell.column + 0.5)) / size.columns}%`);
    picture.style.setProperty("--y", `${100 - (100 * (cell.row + 0.5)) / size.rows}%`);
  }

  const readable = () => [...document.querySelectorAll("#phase .readable")].filter((one) => one.offsetParent);
  const leave = () => readable().forEach((picture) => picture.classList.remove("pointed"));
  // Fractions of one picture, from the left and from the top, are read in all.
  function point(picture, across, down) {
    const size = measured(picture);
    if (!size) return;
    const place = PhaseMath.spot(across, down, size);
    for (const each of readable()) say(each, place);
  }

  document.addEventListener("pointermove", (event) => {
    const picture = event.target.closest?.("#phase .readable");
    if (!picture) return;
    const box = picture.getBoundingClientRect();
    point(picture, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
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
    const { columns, rows } = measured(event.target);
    const [x, y] = ["--x", "--y"].map((name) => parseFloat(event.target.style.getPropertyValue(name) || "50") / 100);
    const far = event.shiftKey ? 10 : 1;
    point(event.target, x + (far * step[0]) / columns, y + (far * step[1]) / rows);
  });

  // Asks for what the tab shows, if it is open: once its players stand, since what is sent to one that is still being
  // made may get lost.
  async function refreshPhase() {
    for (let waited = 0; waited < 60_000; waited += 50) {
      await new Promise((done) => setTimeout(done, 50));
      const players = [...document.querySelectorAll("#phase .ab")];
      if (players.length && players.every((player) => player.player)) break;
    }
    await new Promise((done) => setTimeout(done, 100));
    if (document.getElementById("phase-idea")?.offsetParent) document.getElementById("phase-refresh").click();
  }
  window.explorer = Object.assign(window.explorer ?? {}, { refreshPhase });

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
