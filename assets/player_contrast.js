// The difference of two recordings: spectrogram A minus spectrogram B in decibels, moment by moment.
"use strict";
{
  const make = (...how) => window.explorer.make(...how);

  class Contrast {
    constructor(player, greatest) {
      const { words, props } = player;
      Object.assign(this, { player, words, greatest, shown: false, plots: [], turn: 0 });
      this.root = make("section", "ab-contrast");
      this.root.hidden = true;
      const title = make("div", "ab-contrast-title");
      [this.a, this.b] = ["A", "B"].map((letter) => {
        const select = make("select");
        select.setAttribute("aria-label", `${words.difference}: ${letter}`);
        select.addEventListener("change", () => this.compute());
        return select;
      });
      title.append(make("h3", "", words.difference_title), this.a, make("span", "", words.minus), this.b);
      this.plot = new window.explorer.Plot("levels", words.difference_title, (pen, view, width, height) => {
        if (this.drawn) window.explorer.stretch(pen, this.drawn, this.seconds, view, width, height);
      });
      this.look = make("p", "ab-note");
      const legend = window.explorer.legend(-greatest, greatest, [props.signs[0], "transparent", props.signs[1]], words);
      this.root.append(title, this.plot.root, legend, this.look);
    }

    choices(lanes) {
      const [a, b] = [this.a.value, this.b.value];
      for (const select of [this.a, this.b]) {
        select.replaceChildren(...lanes.map((lane) => new Option(lane.track.title, lane.track.id)));
      }
      const known = (id) => lanes.some((lane) => lane.track.id === id);
      this.a.value = known(a) ? a : lanes[0].track.id;
      this.b.value = known(b) && b !== this.a.value ? b : (lanes.find((lane) => lane.track.id !== this.a.value) ?? lanes[0]).track.id;
      this.show(this.shown && lanes.length > 1);
    }

    show(on) {
      this.shown = on;
      this.root.hidden = !on;
      this.plots = on ? [this.plot] : [];
      this.player.bar.show(this.player.state);
      if (on) return this.compute();
    }

    async compute() {
      const turn = ++this.turn;
      const [a, b] = [this.a, this.b].map((select) => this.player.lanes.find((lane) => lane.track.id === select.value));
      await Promise.all([a.loaded, b.loaded]);
      if (turn !== this.turn) return;
      const { difference, signedPalette } = window.explorer.core;
      const raster = a.track.spectrogram;
      this.values = difference(raster, a.bytes, b.track.spectrogram, b.bytes);
      const bytes = this.values.map((decibels) => 128 + (127 * decibels) / this.greatest);
      const palette = signedPalette(this.player.props.signs);
      this.drawn = window.explorer.picture(raster.rows, raster.columns, Uint8ClampedArray.from(bytes), palette);
      Object.assign(this, { raster, seconds: a.track.seconds });
      const named = (text) => text.replace("{a}", a.track.title).replace("{b}", b.track.title);
      this.plot.canvas.setAttribute("aria-label", named(this.words.difference_alt));
      this.look.textContent = named(this.words.difference_look);
      this.plot.label(a.levels.ticks);
      this.player.draw();
    }

    draw(view) {
      for (const plot of this.plots) plot.draw(view);
    }

    // Says what is under the pointer, if that is this picture.
    read(at, view) {
      if (!this.values) return;
      const { signed, hertz, number } = window.explorer.core;
      const { rows, columns, top } = this.raster;
      if (at?.plot !== this.plot || at.time >= this.seconds) return this.plot.say(null);
      const cell = Math.floor(at.height * rows) * columns + Math.floor((at.time / this.seconds) * columns);
      const level = `${signed(this.values[cell], 1)} ${this.words.decibels}`;
      const where = `${number(at.time, 3)} ${this.words.seconds}, ${hertz(at.height * top, this.words)}`;
      this.plot.say(`${where}, ${level}`, at.time, view);
    }
  }

  window.explorer = Object.assign(window.explorer ?? {}, { Contrast });
}
