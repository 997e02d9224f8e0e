// Pure functions of the phase problem's pictures.
import assert from "node:assert/strict";
import test from "node:test";
import "../../assets/phase_math.js";

const { cell, fill, number, palette, place, value } = globalThis.PhaseMath;

test("a palette is looked up by colour, and of equal colours the first counts", () => {
  const places = palette("0000ff" + "ff0000" + "0000ff");
  assert.equal(places.get(0x0000ff), 0);
  assert.equal(places.get(0xff0000), 1);
  assert.equal(places.get(0x123456), undefined);
});

test("a point's cell is counted from the left and from the bottom, and stays inside", () => {
  assert.deepEqual(cell(0, 1, 10, 4), { column: 0, row: 0 });
  assert.deepEqual(cell(0.55, 0.5, 10, 4), { column: 5, row: 2 });
  assert.deepEqual(cell(1, -0.2, 10, 4), { column: 9, row: 3 });
});

test("levels go from the top down by 70 dB", () => {
  assert.equal(value("level", 255, -15), "−15 dB");
  assert.equal(value("level", 0, -15), "−85 dB");
  assert.equal(value("level", 128, 0), "−35 dB");
});

test("angles go from minus pi to pi, and 0 is where there is none", () => {
  assert.equal(value("angle", 1), "−3.14 rad");
  assert.equal(value("angle", 128), "0.00 rad");
  assert.equal(value("angle", 255), "3.14 rad");
  assert.equal(value("angle", 0), null);
  assert.equal(value("angle", undefined), null);
});

test("places, numbers and texts are written as people write them", () => {
  assert.equal(place(1.2345, 430.66), "1.23 s, 431 Hz");
  assert.equal(number(-0.04, 1), "0.0");
  assert.equal(number(-12.34, 1), "−12.3");
  assert.equal(fill("Iteration {n}: {x}, {other}", { n: 0, x: "a" }), "Iteration 0: a, {other}");
});
