// The player: two to six recordings side by side, of which one is heard. `vocoder/ui/player.py` says what it is given.
"use strict";
{
  const STEP = 0.5; // seconds that an arrow key moves
  const CALM = 0.25; // seconds between the playhead's places for whoever wants less motion
  const GREATEST = 30; // dB at which a difference has its full colour

  const players = new Set();
  let touched = null; // the player that keys are for when none has the focus
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  class Player {
    constructor(element, props, watch) {
      const { make, Clock } = window.explorer;
      Object.assign(this, { props, words: props.words, payload: null, lanes: [], view: null, part: null, matching: false });
      this.root = element.querySelector(".ab");
      this.root.player = this; // for tests, links and whoever wants to know
      this.root.setAttribute("role", "region");
      this.root.setAttribute("aria-label", props.label || this.words.region);
      this.clock = new Clock({ onState: () => this.#showState(), onTime: (time) => this.#showTime(time) });
      this.bar = new window.explorer.PlayerBar(this);
      this.grid = make("div", "ab-lanes");
      this.contrast = new window.explorer.Contrast(this, GREATEST);
      this.said = make("p", "ab-said");
      this.said.setAttribute("role", "status");
      this.root.replaceChildren(this.bar.root, this.bar.tools, this.said, this.grid, this.contrast.root, this.bar.foot);
      window.explorer.listenToPointers(this);
      this.root.addEventListener("pointerdown", () => (touched = this));
      new ResizeObserver(() => this.#resized()).observe(this.grid);
      watch("value", () => this.load(props.value));
      players.add(this);
      this.load(props.value);
    }

    get seconds() {
      return this.payload?.seconds ?? 0;
    }

    // Everything that can be seen or heard, as plain data.
    get state() {
      const { clock, view, part, matching } = this;
      return {
        chosen: this.lanes[clock.chosen]?.track.id ?? null, playing: clock.playing, position: clock.position, loop: clock.loop,
        heard: clock.heard, gains: clock.gains, view, part, matching, contrast: this.contrast.shown, seconds: this.seconds,
      };
    }

    async load(payload) {
      const { core, Lane } = window.explorer;
      const reason = payload ? core.refusal(payload) : "empty";
      this.root.classList.toggle("ab-empty", reason !== null);
      this.said.textContent = reason === null || reason === "empty" ? "" : this.words.old_page;
      if (reason !== null) {
        [this.payload, this.lanes] = [null, []];
        this.clock.pause();
        this.grid.replaceChildren();
        return;
      }
      const before = this.lanes[this.clock.chosen]?.track.id;
      const same = this.payload?.seconds === payload.seconds;
      const old = new Map(this.lanes.map((lane) => [lane.track.file.url, lane]));
      this.payload = payload;
      const gains = this.#decibels().map(core.amplitude);
      const loading = this.clock.load(payload.tracks.map((track, k) => ({ url: track.file.url, gain: gains[k] })));
      this.lanes = payload.tracks.map((track, index) => {
        const kept = old.get(track.file.url);
        return kept && kept.track.title === track.title ? kept : new Lane(track, index, payload.mark, this.props);
      });
      this.grid.replaceChildren(...this.lanes.map((lane) => lane.root));
      this.grid.dataset.lanes = this.lanes.length;
      if (!same) {
        this.clock.pause();
        this.clock.seek(0);
        this.view = { start: 0, end: payload.seconds };
        this.part = null;
        this.clock.setLoop(null);
      }
      const wanted = payload.chosen ?? before;
      this.bar.choices(this.lanes);
      this.contrast.choices(this.lanes);
      this.clock.chosen = Math.max(0, this.lanes.findIndex((lane) => lane.track.id === wanted));
      if (payload.region) this.choosePart(core.region(...payload.region, payload.seconds));
      this.#showState();
      const drawn = Promise.all(this.lanes.map((lane) => lane.loaded));
      try {
        await drawn;
        this.draw();
        await loading;
      } catch {
        if (this.payload === payload) this.said.textContent = this.words.no_sound;
        return;
      }
      await new Promise((done) => setTimeout(done)); // who has pressed Play by now hears first, and sees then
      if (this.payload !== payload) return;
      const { buffers } = this.clock;
      const peak = Math.max(1e-3, ...buffers.map((buffer) => core.largest(buffer.getChannelData(0)))); // one scale for all
      this.lanes.forEach((lane, index) => Object.assign(lane, { buffer: buffers[index], peak }));
      this.root.dataset.ready = String(Number(this.root.dataset.ready ?? 0) + 1);
      this.draw();
      this.#showTime(this.clock.position);
    }

    toggle() {
      touched = this;
      return this.clock.toggle();
    }

    choose(index) {
      touched = this;
      this.clock.choose(index);
    }

    // A part {start, end} to loop, or null for none.
    choosePart(part) {
      this.part = part;
      this.clock.setLoop(part);
      if (part && (this.clock.position < part.start || this.clock.position >= part.end)) this.clock.seek(part.start);
      this.showPart();
    }

    loop(on) {
      this.clock.setLoop(on ? (this.part ?? { start: 0, end: this.seconds }) : null);
    }

    look(view) {
      this.view = view;
      this.draw();
    }

    zoom(factor) {
      const about = window.explorer.core.clamp(this.clock.position, this.view.start, this.view.end);
      this.look(window.explorer.core.zoom(this.view, factor, about, this.seconds));
    }

    match(on) {
      this.matching = on;
      this.clock.setGains(this.#decibels().map(window.explorer.core.amplitude));
      this.#showState();
    }

    draw() {
      if (!this.view) return;
      for (const plot of this.plots) plot.measure();
      for (const lane of this.lanes) lane.draw(this.view);
      this.contrast.draw(this.view);
      this.showPart();
      this.#placeHeads(this.clock.position);
    }

    get plots() {
      return [...this.lanes.flatMap((lane) => lane.plots), ...this.contrast.plots];
    }

    // None while there is nothing to hear: a player may stand empty before its first sounds, and between them.
    #decibels() {
      const tracks = this.payload?.tracks ?? [];
      const gains = window.explorer.core.matchingGains(tracks.map((track) => track.loudness));
      return this.matching ? gains : gains.map(() => 0);
    }

    #showState() {
      const gains = this.#decibels();
      this.lanes.forEach((lane, index) => {
        lane.root.classList.toggle("ab-heard", index === this.clock.chosen);
        const { signed } = window.explorer.core;
        lane.gain.textContent = this.matching ? `${signed(gains[index], 1)} ${this.words.decibels}` : "";
      });
      this.bar.show(this.state);
      this.showPart();
    }

    #showTime(time) {
      if (!this.view) return;
      const shown = calm.matches && this.clock.playing ? Math.floor(time / CALM) * CALM : time;
      if (this.clock.playing && (time < this.view.start || time > this.view.end)) {
        this.look(window.explorer.core.follow(this.view, time, this.seconds));
      }
      this.bar.time(shown, this.seconds);
      this.#placeHeads(shown);
    }

    #placeHeads(time) {
      for (const plot of this.plots) plot.place(plot.head, time, this.view);
    }

    showPart() {
      if (this.view) for (const plot of this.plots) plot.mark(this.part, this.view);
      this.bar.part(this.part);
    }

    #resized() {
      if (!this.grid.clientWidth && this.clock.playing) this.clock.pause(); // its tab is no longer seen
      this.draw();
    }

    // True if the key meant something here.
    key(event) {
      const { key, shiftKey } = event;
      if (!this.payload) return false;
      if (/^[1-6]$/.test(key) && Number(key) <= this.lanes.length) this.choose(Number(key) - 1);
      else if (key === " ") this.toggle();
      else if (key === "ArrowLeft" || key === "ArrowRight") {
        this.clock.seek(this.clock.position + (key === "ArrowLeft" ? -1 : 1) * (shiftKey ? STEP / 5 : STEP));
      } else if (key === "Home") this.clock.seek(0);
      else if (key === "l" || key === "L") this.loop(!this.clock.loop);
      else if (key === "+" || key === "=") this.zoom(0.5);
      else if (key === "-") this.zoom(2);
      else if (key === "0") this.look({ start: 0, end: this.seconds });
      else return false;
      return true;
    }
  }

  // Keys are the player's when it has the focus, or when nothing has and it can be seen. Controls keep their own keys.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    const inside = [...players].find((player) => player.root.contains(target));
    if (!inside && target !== document.body) return;
    if (target.matches("select, textarea, input:not(.ab-position)")) return;
    if (event.key === " " && target.matches("button, a, summary, [role=switch]")) return;
    const seen = (player) => player.root.isConnected && player.root.offsetParent !== null;
    const player = inside ?? (touched && seen(touched) ? touched : [...players].find((one) => seen(one) && one.payload));
    if (player?.key(event)) event.preventDefault();
  });

  window.explorer = Object.assign(window.explorer ?? {}, {
    player: (element, props, watch) => new Player(element, props, watch),
  });
}
