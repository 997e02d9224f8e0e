// What the player computes, held against what it should be; run by `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import core from "../../assets/player_core.js";

const near = (actual, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

function raster(rows, columns, bytes, range = {}) {
  const data = deflateSync(Uint8Array.from(bytes)).toString("base64");
  return { rows, columns, data, low: -80, high: -10, unit: "dB", top: 11025, ...range };
}

function payload(changes = {}) {
  const track = { id: "original", title: "Original", seconds: 2, spectrogram: raster(1, 1, [0]), latents: null };
  return { version: core.VERSION, seconds: 2, tracks: [track, { ...track, id: "flow" }], ...changes };
}

test("while one recording fades into another their gains add up to one, and end after five milliseconds", () => {
  assert.equal(core.FADE, 0.005);
  for (let elapsed = 0; elapsed <= 0.006; elapsed += 0.0005) {
    near(core.fade(1, 0, elapsed) + core.fade(0, 1, elapsed), 1);
  }
  assert.deepEqual([core.fade(0, 1, 0), core.fade(0, 1, 0.005), core.fade(0, 1, 9)], [0, 1, 1]);
  near(core.fade(0, 0.5, 0.0025), 0.25);
  const [out, back] = [core.fade(1, 0, 0.002), core.fade(0, 1, 0.002)]; // turned around half-way
  for (const elapsed of [0, 0.001, 0.004]) near(core.fade(out, 1, elapsed) + core.fade(back, 0, elapsed), 1);
});

// A WAV file by the book (RIFF, 1991): every chunk has a name, a size and, where the size is odd, a byte that fills it up.
function wav(values, { channels = 1, bits = 16, kind = 1 } = {}) {
  const chunk = (name, content) => {
    const head = Buffer.alloc(8);
    head.write(name, "latin1");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const format = Buffer.alloc(16);
  [[kind, 0], [channels, 2], [(channels * bits) / 8, 12], [bits, 14]].forEach(([value, at]) => format.writeUInt16LE(value, at));
  [[22050, 4], [(22050 * channels * bits) / 8, 8]].forEach(([value, at]) => format.writeUInt32LE(value, at));
  const data = Buffer.from(Int16Array.from(values).buffer);
  const chunks = [chunk("fmt ", format), chunk("LIST", Buffer.from("odd")), chunk("data", data), chunk("note", Buffer.from("end"))];
  const file = chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...chunks]));
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
}

test("a WAV file is read to the sample, and what is none is refused", () => {
  const { rate, samples } = core.readWav(wav([0, 1, -1, 32767, -32768]));
  assert.equal(rate, 22050);
  assert.deepEqual([...samples], [0, 1 / 32768, -1 / 32768, 32767 / 32768, -1]);
  const text = new TextEncoder().encode("<!doctype html><title>404</title> and some more").buffer;
  const cut = wav([1, 2, 3, 4]).slice(0, 60); // in the middle of the samples
  for (const wrong of [wav([0], { channels: 2 }), wav([0], { bits: 8 }), wav([0], { kind: 3 }), text, cut, new ArrayBuffer(0)]) {
    assert.throws(() => core.readWav(wrong));
  }
});

test("pixels are moments and moments are pixels", () => {
  const view = { start: 1.5, end: 4 };
  assert.deepEqual([core.toPixel(1.5, view, 800), core.toPixel(4, view, 800)], [0, 800]);
  for (const time of [1.5, 2.71, 3.999]) near(core.toTime(core.toPixel(time, view, 317), view, 317), time);
});

test("zooming keeps the moment where it is, and stays inside the sound", () => {
  const near_by = core.zoom({ start: 0, end: 10 }, 0.5, 4, 10);
  near(near_by.end - near_by.start, 5);
  near(core.toPixel(4, near_by, 1), 0.4);
  assert.deepEqual(core.zoom({ start: 2, end: 4 }, 100, 3, 10), { start: 0, end: 10 });
  const closest = core.zoom({ start: 0, end: 10 }, 1e-9, 10, 10);
  near(closest.end - closest.start, core.SHORTEST);
  near(closest.end, 10);
  assert.deepEqual(core.zoom({ start: 0, end: 0.01 }, 0.5, 0, 0.01), { start: 0, end: 0.01 }); // a click is short
});

test("a view follows the moment that leaves it", () => {
  assert.deepEqual(core.follow({ start: 2, end: 4 }, 3, 10), { start: 2, end: 4 });
  assert.deepEqual(core.follow({ start: 2, end: 4 }, 5, 10), { start: 5, end: 7 });
  assert.deepEqual(core.follow({ start: 2, end: 4 }, 9.5, 10), { start: 8, end: 10 });
});

test("a part may be dragged either way, and a tremble is none", () => {
  assert.deepEqual(core.region(3, 1, 10), { start: 1, end: 3 });
  assert.deepEqual(core.region(-1, 99, 10), { start: 0, end: 10 });
  assert.equal(core.region(1, 1.01, 10), null);
});

test("a loop begins anew at its end, again and again; without one the sound ends", () => {
  const loop = { start: 1, end: 1.5 };
  near(core.positionAt(1.2, 0.29, loop, 4), 1.49);
  near(core.positionAt(1.2, 0.3, loop, 4), 1);
  near(core.positionAt(1.2, 0.3 + 7 * 0.5 + 0.125, loop, 4), 1.125);
  assert.equal(core.positionAt(3.5, 9, null, 4), 4);
});

test("matching turns down to the quietest, never up, and leaves silence alone", () => {
  assert.deepEqual(core.matchingGains([-20, -26.5, null]), [-6.5, 0, 0]);
  assert.deepEqual(core.matchingGains([null]), [0]);
  near(core.amplitude(-6.0206), 0.5, 1e-5);
});

test("what the pointer reads is what the byte stands for", async () => {
  const there = raster(2, 3, [0, 51, 102, 153, 204, 255]);
  const bytes = await core.unpack(there);
  assert.deepEqual(core.cell(there, bytes, 0.5, 0.1, 3), { value: -80, cut: true });
  near(core.cell(there, bytes, 1.5, 0.1, 3).value, -66);
  near(core.cell(there, bytes, 2.999, 0.49, 3).value, -52);
  near(core.cell(there, bytes, 0, 0.5, 3).value, -38); // the upper row begins half-way
  assert.deepEqual(core.cell(there, bytes, 2.5, 0.99, 3), { value: -10, cut: true });
  assert.equal(core.cell(there, bytes, 3, 0.5, 3), null);
  await assert.rejects(core.unpack({ ...there, rows: 3 }), /not as large/);
});

test("a difference is in decibels, cell by cell, also of pictures of different widths", () => {
  const [a, b] = [raster(1, 4, []), raster(1, 2, [])];
  const found = core.difference(a, Uint8Array.of(255, 255, 51, 0), b, Uint8Array.of(0, 51));
  [70, 70, 0, -14].forEach((expected, column) => near(found[column], expected, 1e-4));
});

test("a waveform keeps its highest and lowest samples at every zoom", () => {
  const samples = new Float32Array(1000);
  [samples[250], samples[251]] = [0.9, -0.7];
  const whole = core.peaks(samples, 1000, { start: 0, end: 1 }, 10);
  [0.9, -0.7].forEach((peak, k) => near(whole[2 * 2 + 1 - k], peak, 1e-6));
  assert.deepEqual([...core.peaks(samples, 1000, { start: 0.9, end: 1.1 }, 2)], [0, 0, 0, 0]); // beyond the end
  near(core.peaks(samples, 1000, { start: 0.25, end: 0.252 }, 4)[1], 0.9, 1e-6); // fewer samples than columns
  near(core.largest(samples), 0.9, 1e-6);
});

test("palettes: quiet is dark, zero is the page, and the sign has its colour", () => {
  const levels = core.levelPalette(["#000000", "#804020", "#ffffff"]);
  assert.deepEqual([...levels.slice(0, 4)], [0, 0, 0, 255]);
  assert.deepEqual([...levels.slice(1020)], [255, 255, 255, 255]);
  near(levels[4 * 127], 128, 1);
  const signs = core.signedPalette(["#d9731a", "#2f86d0"]);
  assert.deepEqual([...signs.slice(0, 4)], [0xd9, 0x73, 0x1a, 255]);
  assert.deepEqual([...signs.slice(1020)], [0x2f, 0x86, 0xd0, 255]);
  assert.equal(signs[4 * 128 + 3], 0);
});

test("ticks are round, inside, and few", () => {
  assert.deepEqual(core.ticks({ start: 0, end: 3.1 }, 6), [0, 1, 2, 3]);
  assert.deepEqual(core.ticks({ start: 1.23, end: 1.305 }, 4), [1.24, 1.26, 1.28, 1.3]);
  assert.ok(core.ticks({ start: 0, end: 60 }, 3).length <= 4);
});

test("numbers are for people", () => {
  assert.deepEqual([core.number(-3.14, 1), core.number(-0.01, 1), core.signed(2, 1), core.signed(-2, 1), core.signed(0.01, 1)],
    ["\u22123.1", "0.0", "+2.0", "\u22122.0", "0.0"]);
  const words = { hertz: "Hz", kilohertz: "kHz" };
  assert.deepEqual([core.hertz(440.4, words), core.hertz(4051, words)], ["440 Hz", "4.05 kHz"]);
});

test("a payload of another version, without bounds or without recordings is refused", () => {
  assert.equal(core.refusal(payload()), null);
  assert.equal(core.refusal(payload({ version: 2 })), "version");
  assert.equal(core.refusal(null), "version");
  for (const wrong of [{ tracks: [] }, { tracks: Array(7).fill(payload().tracks[0]) }, { seconds: 61 }, { seconds: 1 }]) {
    assert.equal(core.refusal(payload(wrong)), "bounds");
  }
  const huge = { ...payload().tracks[0], spectrogram: raster(513, 1024, []) };
  assert.equal(core.refusal(payload({ tracks: [huge] })), "bounds");
});
