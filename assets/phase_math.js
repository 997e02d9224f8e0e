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

  // A picture is {start, column: seconds, row: hertz, columns, rows}. The second and hertz of a point in it, whose
  // fractions are counted from the left and from the top: those of the cell that it is in.
  function spot(across, down, picture) {
    const column = clamp(Math.floor(across * picture.columns), 0, picture.columns - 1);
    const row = clamp(Math.floor((1 - down) * picture.rows), 0, picture.rows - 1);
    return { seconds: picture.start + column * picture.column, hertz: row * picture.row };
  }

  // The cell of a picture at a second and hertz, rows from the bottom; null if they are outside.
  function cell({ seconds, hertz }, picture) {
    const column = Math.floor((seconds - picture.start) / picture.column + 1e-3);
    const row = Math.floor(hertz / picture.row + 1e-3);
    return column < 0 || row < 0 || column >= picture.columns || row >= picture.rows ? null : { column, row };
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

  globalThis.PhaseMath = { cell, clamp, fill, number, palette, place, spot, value };
}
