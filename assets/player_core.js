// What the player computes, without a page: the same file is a classic script in the browser and a module in node.
"use strict";
{
  const VERSION = 1; // of the payload, as in vocoder/ui/player_payload.py
  const FADE = 0.005; // seconds from one recording to another
  const SHORTEST = 0.05; // seconds: the shortest part to loop or to zoom into

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // Why a payload cannot be shown, or null. Nothing that is shown comes from another version's rules.
  function refusal(payload) {
    if (payload?.version !== VERSION) return "version";
    const { tracks, seconds } = payload;
    if (!Array.isArray(tracks) || tracks.length < 1 || tracks.length > 6 || !(seconds > 0 && seconds <= 60)) return "bounds";
    const fits = (raster) => raster.rows * raster.columns <= 512 * 1024 && raster.high > raster.low;
    return tracks.every((t) => t.seconds <= seconds && fits(t.spectrogram) && (!t.latents || fits(t.latents))) ? null : "bounds";
  }

  // Time and place. A view is {start, end} in seconds.
  const toPixel = (time, view, width) => ((time - view.start) / (view.end - view.start)) * width;
  const toTime = (pixel, view, width) => view.start + (pixel / width) * (view.end - view.start);

  // The view `factor` times as long, with the moment `about` where it was, inside the sound.
  function zoom(view, factor, about, seconds) {
    const span = view.end - view.start;
    const wanted = clamp(span * factor, Math.min(SHORTEST, seconds), seconds);
    const start = clamp(about - ((about - view.start) / span) * wanted, 0, seconds - wanted);
    return { start, end: start + wanted };
  }

  // The view moved so that `time` is in it; unchanged if it is.
  function follow(view, time, seconds) {
    if (time >= view.start && time <= view.end) return view;
    const span = view.end - view.start;
    const start = clamp(time, 0, seconds - span);
    return { start, end: start + span };
  }

  // A part between two moments in either order; null for one too short to be meant.
  function region(one, other, seconds) {
    const start = clamp(Math.min(one, other), 0, seconds);
    const end = clamp(Math.max(one, other), 0, seconds);
    return end - start < SHORTEST ? null : { start, end };
  }

  // Where playing is, `elapsed` seconds after it began at `from`; a loop is {start, end}, and begins at its end anew.
  function positionAt(from, elapsed, loop, seconds) {
    const time = from + elapsed;
    if (!loop) return clamp(time, 0, seconds);
    return time < loop.end ? time : loop.start + ((time - loop.start) % (loop.end - loop.start));
  }

  // The gain `elapsed` seconds into a linear fade. Recordings of the same words are alike, so gains that add up to one
  // keep the level; an equal-power fade would swell.
  const fade = (from, to, elapsed) => from + (to - from) * clamp(elapsed / FADE, 0, 1);

  // Decibels that bring each loudness down to the quietest. Nothing is turned up, so nothing can clip.
  function matchingGains(loudness) {
    const quietest = Math.min(...loudness.filter((value) => value !== null));
    return loudness.map((value) => (value === null ? 0 : quietest - value));
  }
  const amplitude = (decibels) => 10 ** (decibels / 20);

  // {rate, samples} of a WAV file of one channel and 16 bits, as this page's server writes them. The browser's own decoder
  // knows more kinds, and takes a tenth of a second on a busy machine.
  function readWav(file) {
    const view = new DataView(file);
    const [FORMAT, DATA] = [0x666d7420, 0x64617461]; // "fmt " and "data"
    let rate = null;
    for (let at = 12, size; at + 8 <= file.byteLength; at += 8 + size + (size % 2)) {
      size = view.getUint32(at + 4, true);
      const [kind, field] = [view.getUint32(at), (offset) => view.getUint16(at + 8 + offset, true)];
      if (kind === FORMAT && field(0) === 1 && field(2) === 1 && field(14) === 16) rate = view.getUint32(at + 12, true);
      if (kind !== DATA || !rate) continue;
      const samples = new Float32Array(size / 2);
      for (let n = 0; n < samples.length; n++) samples[n] = view.getInt16(at + 8 + 2 * n, true) / 32768;
      return { rate, samples };
    }
    throw new Error("A sound is no WAV file of one channel and 16 bits.");
  }

  // The bytes of a raster.
  async function unpack(raster) {
    const letters = atob(raster.data);
    const packed = new Uint8Array(letters.length);
    for (let at = 0; at < packed.length; at++) packed[at] = letters.charCodeAt(at); // far quicker than Uint8Array.from
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    if (bytes.length !== raster.rows * raster.columns) throw new Error("A raster is not as large as it says.");
    return bytes;
  }

  const value = (raster, byte) => raster.low + (byte / 255) * (raster.high - raster.low);

  // The cell at a moment and a height (0 is the bottom, 1 the top), or null outside. `cut` says that the true value is
  // this or beyond.
  function cell(raster, bytes, time, height, seconds) {
    const column = Math.floor((time / seconds) * raster.columns);
    const row = Math.floor(height * raster.rows);
    if (column < 0 || column >= raster.columns || row < 0 || row >= raster.rows) return null;
    const byte = bytes[row * raster.columns + column];
    return { value: value(raster, byte), cut: byte === 0 || byte === 255 };
  }

  // Spectrogram a minus spectrogram b, in dB, on a's cells.
  function difference(a, bytesA, b, bytesB) {
    const result = new Float32Array(a.rows * a.columns);
    for (let row = 0; row < a.rows; row++) {
      const other = Math.floor((row * b.rows) / a.rows) * b.columns;
      for (let column = 0; column < a.columns; column++) {
        const at = row * a.columns + column;
        result[at] = value(a, bytesA[at]) - value(b, bytesB[other + Math.floor((column * b.columns) / a.columns)]);
      }
    }
    return result;
  }

  // Lowest and highest sample of each of `columns` equal stretches between two moments, as [low, high, low, high, ...].
  function peaks(samples, rate, view, columns) {
    const found = new Float32Array(2 * columns);
    for (let column = 0; column < columns; column++) {
      const first = Math.max(Math.floor(toTime(column, view, columns) * rate), 0);
      const last = Math.min(Math.max(Math.floor(toTime(column + 1, view, columns) * rate), first + 1), samples.length);
      let [low, high] = first < last ? [1, -1] : [0, 0];
      for (let at = first; at < last; at++) {
        if (samples[at] < low) low = samples[at];
        if (samples[at] > high) high = samples[at];
      }
      found[2 * column] = low;
      found[2 * column + 1] = high;
    }
    return found;
  }

  function largest(samples) {
    let peak = 0;
    for (let at = 0; at < samples.length; at++) peak = Math.max(peak, Math.abs(samples[at]));
    return peak;
  }

  // Colours (256 of red, green, blue, opacity) from quiet to loud, through evenly spaced "#rrggbb".
  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  function levelPalette(anchors) {
    const stops = anchors.map(channels);
    const palette = new Uint8ClampedArray(1024);
    for (let entry = 0; entry < 256; entry++) {
      const place = (entry / 255) * (stops.length - 1);
      const below = Math.min(Math.floor(place), stops.length - 2);
      for (let k = 0; k < 3; k++) {
        palette[4 * entry + k] = stops[below][k] + (place - below) * (stops[below + 1][k] - stops[below][k]);
      }
      palette[4 * entry + 3] = 255;
    }
    return palette;
  }

  // The same for signed values: the colour is the sign's, the opacity the size, so that zero,
  // which is entry 128, is the page itself.
  function signedPalette([negative, positive]) {
    const palette = new Uint8ClampedArray(1024);
    for (let entry = 0; entry < 256; entry++) {
      palette.set(channels(entry < 128 ? negative : positive), 4 * entry);
      palette[4 * entry + 3] = 255 * Math.min(Math.abs(entry - 128) / 127, 1);
    }
    return palette;
  }

  // Round moments inside a view, about `count` of them.
  function ticks(view, count) {
    const span = view.end - view.start;
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((candidate) => span / candidate <= count) ?? 20;
    const found = [];
    for (let k = Math.ceil(view.start / step - 1e-9); k * step <= view.end + 1e-9; k++) found.push(Number((k * step).toFixed(2)));
    return found;
  }

  // Numbers for people, with a true minus.
  const minus = (text) => (Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212"));
  const number = (amount, digits) => minus(amount.toFixed(digits));
  const signed = (amount, digits) => (Number(amount.toFixed(digits)) > 0 ? "+" : "") + number(amount, digits);
  const hertz = (frequency, words) =>
    frequency < 1000 ? `${Math.round(frequency)} ${words.hertz}` : `${(frequency / 1000).toFixed(2)} ${words.kilohertz}`;

  const core = {
    VERSION, FADE, SHORTEST, clamp, refusal, toPixel, toTime, zoom, follow, region, positionAt, fade, matchingGains, amplitude,
    readWav, unpack, value, cell, difference, peaks, largest, levelPalette, signedPalette, ticks, number, signed, hertz,
  };
  if (typeof module === "undefined") window.explorer = Object.assign(window.explorer ?? {}, { core });
  else module.exports = core;
}
