// What is drawn of one recording: waveform, spectrogram and latents over the same stretch of time, with one playhead.
"use strict";
{
  const SHARPEST = 2; // device pixels by CSS pixel, at most

  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // A canvas with its axes. `paint(pen, view, width, height)` draws; `height` of the pictures is the style sheet's.
  class Plot {
    constructor(kind, alt, paint) {
      Object.assign(this, { kind, paint, width: 0, height: 0 });
      this.root = make("div", `ab-plot ab-${kind}`);
      this.canvas = make("canvas");
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", alt);
      this.stage = make("div", "ab-stage");
      this.up = make("div", "ab-up");
      this.head = make("i", "ab-head");
      this.cross = make("i", "ab-cross");
      this.part = make("i", "ab-part");
      this.reading = make("span", "ab-reading");
      for (const overlay of [this.up, this.head, this.cross, this.part, this.reading]) overlay.setAttribute("aria-hidden", "true");
      this.stage.append(this.canvas, this.part, this.head, this.cross, this.reading);
      this.root.append(this.up, this.stage);
      this.reading.hidden = this.cross.hidden = this.part.hidden = true;
    }

    // Labels beside the picture: [[height from 0 to 1, text]].
    label(ticks) {
      this.ticks = ticks;
      this.up.replaceChildren(
        ...ticks.map(([height, text]) => {
          const tick = make("span", "", text);
          tick.style.bottom = `${100 * height}%`;
          return tick;
        }),
      );
    }

    // To be asked of all plots before any is drawn: whoever reads a size after a change waits for the whole page's layout.
    measure() {
      [this.width, this.height] = [this.stage.clientWidth, this.stage.clientHeight];
    }

    draw(view) {
      const { width, height } = this;
      if (!width || !height) return;
      const scale = Math.min(window.devicePixelRatio || 1, SHARPEST);
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      const pen = this.canvas.getContext("2d");
      pen.scale(scale, scale);
      this.paint(pen, view, width, height);
    }

    place(mark, time, view) {
      const x = window.explorer.core.toPixel(time, view, this.width);
      mark.style.transform = `translateX(${x}px)`;
      mark.style.visibility = x >= -0.5 && x <= this.width + 0.5 ? "visible" : "hidden";
    }

    mark(part, view) {
      this.part.hidden = !part;
      if (!part) return;
      const { toPixel, clamp } = window.explorer.core;
      const { width } = this;
      const [left, right] = [part.start, part.end].map((time) => clamp(toPixel(time, view, width), 0, width));
      this.part.style.left = `${left}px`;
      this.part.style.width = `${right - left}px`;
    }

    // Shows `text` beside the pointer's moment, or nothing.
    say(text, time, view) {
      this.reading.hidden = this.cross.hidden = text === null;
      if (text === null) return;
      this.reading.textContent = text;
      this.place(this.cross, time, view);
      const right = window.explorer.core.toPixel(time, view, 1) > 0.5;
      this.reading.classList.toggle("ab-left", right);
    }
  }

  // A picture of bytes (row 0 at the bottom) in a palette, once; it is stretched over whatever view is asked for.
  function picture(rows, columns, bytes, palette) {
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer); // whole pixels at a time: there are hundreds of thousands
    const colours = new Uint32Array(palette.buffer);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        pixels[(rows - 1 - row) * columns + column] = colours[bytes[row * columns + column]];
      }
    }
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: columns, height: rows });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  function stretch(pen, drawn, seconds, view, width, height, smooth = true) {
    const { toPixel } = window.explorer.core;
    const [left, right] = [toPixel(0, view, width), toPixel(seconds, view, width)];
    pen.imageSmoothingEnabled = smooth;
    pen.drawImage(drawn, left, 0, right - left, height);
  }

  // A scale of colours from one level to another, in dB.
  function legend(low, high, colours, words) {
    const root = make("div", "ab-legend");
    const text = (level) => make("span", "", `${window.explorer.core.number(level, 0)} ${words.decibels}`);
    const scale = make("i");
    scale.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
    root.append(text(low), scale, text(high));
    return root;
  }

  // Everything of one track.
  class Lane {
    constructor(track, index, mark, props) {
      const { words } = props;
      Object.assign(this, { track, mark, words, plots: [], bytes: null, latents: null, buffer: null, peak: 1 });
      this.root = make("article", "ab-lane");
      this.root.id = `${props.prefix}${track.id}`;
      this.root.style.setProperty("--colour", track.colour);
      const head = make("h2", "ab-title");
      head.append(make("i", "ab-dot"), make("span", "", track.title), make("span", "ab-gain"));
      this.gain = head.lastChild;
      const link = make("a", "ab-download", words.download);
      Object.assign(link, { href: track.file.url, download: track.file.orig_name });
      link.setAttribute("aria-label", words.download_name.replace("{name}", track.title));
      head.append(link);
      const alt = (text) => text.replace("{name}", track.title).replace("{khz}", Math.round(track.spectrogram.top / 1000));
      this.wave = new Plot("wave", alt(words.waveform_alt), (...how) => this.#wave(...how));
      this.levels = new Plot("levels", alt(words.spectrogram_alt), (...how) => this.#levels(...how));
      this.levels.label([0, 2, 4, 6, 8, 10, 12, 16, 20].filter((k) => k * 1000 < track.spectrogram.top * 0.99)
        .map((k) => [(k * 1000) / track.spectrogram.top, k ? `${k} ${words.kilohertz}` : "0"]));
      this.plots.push(this.wave, this.levels);
      if (track.latents) {
        this.z = new Plot("latents", alt(words.latents_alt), (...how) => this.#latents(...how));
        this.z.label([[0, "0"], [1, `${track.latents.top}`]]);
        this.z.stage.append(make("em", "ab-name", words.latents));
        this.plots.push(this.z);
      }
      this.across = make("div", "ab-across");
      this.across.setAttribute("aria-hidden", "true");
      this.root.append(head);
      if (track.note) this.root.append(make("p", "ab-note", track.note));
      this.root.append(...this.plots.map((plot) => plot.root), this.across);
      this.loaded = this.#load(props);
    }

    async #load({ levels, signs }) {
      const { unpack, levelPalette, signedPalette } = window.explorer.core;
      const { spectrogram, latents } = this.track;
      this.bytes = await unpack(spectrogram);
      this.drawn = picture(spectrogram.rows, spectrogram.columns, this.bytes, levelPalette(levels));
      if (!latents) return;
      this.latents = await unpack(latents);
      this.drawnLatents = picture(latents.rows, latents.columns, this.latents, signedPalette(signs));
    }

    draw(view) {
      for (const plot of this.plots) plot.draw(view);
      const { ticks, toPixel, number } = window.explorer.core;
      const times = ticks(view, Math.max(this.levels.width / 60, 2));
      const digits = times.length > 1 && times[1] - times[0] < 0.1 ? 2 : times.length > 1 && times[1] - times[0] < 1 ? 1 : 0;
      this.across.replaceChildren(...times.map((time) => {
        const tick = make("span", "", number(time, digits) + (time === times[0] ? ` ${this.words.seconds}` : ""));
        const left = toPixel(time, view, 100);
        tick.style.left = `${left}%`;
        if (left > 97) tick.className = "ab-end";
        return tick;
      }));
    }

    #wave(pen, view, width, height) {
      if (!this.buffer) return;
      const columns = Math.round(width * 2);
      const found = window.explorer.core.peaks(this.buffer.getChannelData(0), this.buffer.sampleRate, view, columns);
      pen.fillStyle = this.track.colour;
      const middle = height / 2;
      for (let column = 0; column < columns; column++) {
        const top = middle * (1 - found[2 * column + 1] / this.peak);
        const bottom = middle * (1 - found[2 * column] / this.peak);
        pen.fillRect(column / 2, top, 0.5, Math.max(bottom - top, 0.75));
      }
    }

    #levels(pen, view, width, height) {
      if (!this.drawn) return;
      stretch(pen, this.drawn, this.track.seconds, view, width, height);
      if (!this.mark || this.mark >= this.track.spectrogram.top) return;
      pen.strokeStyle = "#ffffffb0";
      pen.setLineDash([5, 4]);
      pen.beginPath();
      const y = Math.round((1 - this.mark / this.track.spectrogram.top) * height) + 0.5;
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }

    #latents(pen, view, width, height) {
      if (this.drawnLatents) stretch(pen, this.drawnLatents, this.track.seconds, view, width, height, false);
    }

    // What is at a moment, and at a height of the plot of a kind, in words; null if nothing is.
    read(kind, time, height) {
      const { cell, number, hertz } = window.explorer.core;
      const { words, track } = this;
      const when = `${number(time, 3)} ${words.seconds}`;
      if (time > track.seconds) return null;
      if (kind === "wave") {
        if (!this.buffer) return when;
        const sample = this.buffer.getChannelData(0)[Math.floor(time * this.buffer.sampleRate)] ?? 0;
        return `${when}, ${number(sample, 4)}`;
      }
      const [raster, bytes] = kind === "latents" ? [track.latents, this.latents] : [track.spectrogram, this.bytes];
      const found = raster && bytes && cell(raster, bytes, time, height, track.seconds);
      if (!found) return null;
      const beyond = found.cut ? (found.value === raster.low ? "\u2264 " : "\u2265 ") : "";
      if (kind === "latents") {
        return `${when}, ${words.channel} ${Math.floor(height * raster.rows)}, ${beyond}${number(found.value, 2)}`;
      }
      return `${when}, ${hertz(height * raster.top, words)}, ${beyond}${number(found.value, 1)} ${words.decibels}`;
    }
  }

  window.explorer = Object.assign(window.explorer ?? {}, { Plot, Lane, make, picture, stretch, legend });
}
