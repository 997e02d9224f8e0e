// What the phase problem's pictures compute in the browser, without the page: tests/ui/phase.test.mjs loads it alone.
"use strict";
{
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // "rrggbbrrggbb..." to a Map from a colour, as one number, to its place; of equal colours the first counts.
  function palette(hex) {
    const places = new Map();
    for (let index = 0; index * 6 < hex.length; index++) {
      const colour = parseInt(hex.slice(6 * index, 6 * index + 6), 16);
      if (!places.has(colour)) places.set(colour, index);
    }
    return places;
  }

  // The column and row (from the bottom) of a picture's point, fractions from the left and from the top.
  function cell(across, down, columns, rows) {
    return {
      column: clamp(Math.floor(across * columns), 0, columns - 1),
      row: clamp(Math.floor((1 - down) * rows), 0, rows - 1),
    };
  }

  const LEVELS = 70; // dB from the first colour of the levels to the last
  const number = (value, digits) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212");

  // What a colour's place in its palette stands for, with its unit; null where there is nothing to say.
  function value(kind, index, top) {
    if (index === undefined) return null;
    if (kind === "level") return `${number(top - LEVELS + (LEVELS * index) / 255, 0)} dB`;
    if (index === 0) return null;
    const angle = ((index - 1) / 127 - 1) * Math.PI;
    return `${number(angle, 2)} rad`;
  }

  const place = (seconds, hertz) => `${seconds.toFixed(2)} s, ${Math.round(hertz)} Hz`;

  // A text's {fields} filled in.
  const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);

  globalThis.PhaseMath = { cell, clamp, fill, number, palette, place, value };
}
