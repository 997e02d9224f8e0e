// Pure functions of the phase problem's pictures.
import assert from "node:assert/strict";
import test from "node:test";
import "../../assets/phase_math.js";

const { cell, fill, number, palette, place, spot, value } = globalThis.PhaseMath;

test("a palette is looked up by colour, and of equal colours the first counts", () => {
  const places = palette("0000ff" + "ff0000" + "0000ff");
  assert.equal(places.get(0x0000ff), 0);
  assert.equal(places.get(0xff0000), 1);
  assert.equal(places.get(0x123456), undefined);
});

const picture = { start: 1, column: 0.1, row: 20, columns: 10, rows: 4 };

test("a point is read where its cell is, from the left and from the bottom, and stays inside", () => {
  assert.deepEqual(spot(0, 1, picture), { seconds: 1, hertz: 0 });
  assert.deepEqual(spot(0.55, 0.5, picture), { seconds: 1.5, hertz: 40 });
  assert.deepEqual(spot(1, -0.2, picture), { seconds: 1.9, hertz: 60 });
});

test("a place is found again in every picture that shows it, and in no other", () => {
  for (let column = 0; column < 10; column++) {
    for (let row = 0; row < 4; row++) {
      const place = spot((column + 0.5) / 10, 1 - (row + 0.5) / 4, picture);
      assert.deepEqual(cell(place, picture), { column, row });
    }
  }
  const coarse = { start: 0, column: 0.3, row: 40, columns: 10, rows: 9 };
  assert.deepEqual(cell({ seconds: 1.4, hertz: 60 }, coarse), { column: 4, row: 1 });
  for (const [seconds, hertz] of [[0.9, 0], [2, 0], [1.5, 80], [1.5, -20]]) assert.equal(cell({ seconds, hertz }, picture), null);
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
