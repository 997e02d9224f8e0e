// Several sounds on one clock, of which one is heard: `new window.explorer.Clock({onState, onTime})`.
"use strict";
{
  const RATE = 22050; // of every WAV here; a context of the same rate plays their very samples
  const SOON = 0.01; // seconds between asking all sounds to start and their start, so that none is late

  let shared; // one for the page: browsers allow few
  function context() {
    try {
      shared ??= new AudioContext({ sampleRate: RATE });
    } catch {
      shared ??= new AudioContext();
    }
    return shared;
  }
  // Making it takes a while, which whoever presses Play should not wait for, and browsers grumble before the first touch.
  for (const touch of ["pointerup", "keydown"]) window.addEventListener(touch, () => setTimeout(context), { once: true });

  let active = null; // the clock that is heard: starting one stops the other

  async function decoded(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const { rate, samples } = window.explorer.core.readWav(await answer.arrayBuffer());
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: rate });
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  class Clock {
    constructor({ onState = () => {}, onTime = () => {} } = {}) {
      Object.assign(this, { onState, onTime, urls: [], buffers: [], gains: [], chosen: 0, loop: null, run: null, rest: 0, loading: 0 });
      this.ready = Promise.resolve();
    }

    // Fetches and decodes those of [{url, gain}] that are not here; what plays goes on until they can take its place.
    load(sounds) {
      const turn = ++this.loading;
      const here = new Map(this.urls.map((url, index) => [url, this.buffers[index]]));
      this.ready = Promise.all(sounds.map(({ url }) => here.get(url) ?? decoded(url))).then((buffers) => {
        if (turn !== this.loading) return; // others have been asked for meanwhile
        const { playing, position } = this;
        this.urls = sounds.map(({ url }) => url);
        this.buffers = buffers;
        this.gains = sounds.map((sound) => sound.gain ?? 1);
        this.chosen = Math.min(this.chosen, buffers.length - 1);
        this.rest = position < this.seconds ? position : 0;
        if (playing) this.#start(this.rest);
      });
      return this.ready;
    }

    get seconds() {
      return Math.max(0, ...this.buffers.map((buffer) => buffer.duration));
    }

    get playing() {
      return this.run !== null;
    }

    // Seconds into the sound: of what is being heard, or where playing will begin.
    get position() {
      if (!this.run) return this.rest;
      const elapsed = Math.max(context().currentTime - this.run.at, 0);
      return window.explorer.core.positionAt(this.run.from, elapsed, this.loop, this.seconds);
    }

    async play() {
      if (this.playing || this.starting) return;
      this.starting = true;
      try {
        await Promise.all([context().resume(), this.ready]);
        if (this.starting && this.buffers.length) this.#start(this.rest);
      } finally {
        this.starting = false;
      }
    }

    pause() {
      this.starting = false;
      this.rest = this.position;
      this.#silence();
      this.onState();
    }

    toggle() {
      if (this.playing) this.pause();
      else return this.play();
    }

    seek(time) {
      this.rest = window.explorer.core.clamp(time, 0, this.seconds);
      if (this.playing) this.#start(this.rest);
      this.onTime(this.rest);
    }

    // The other sounds keep running unheard, so the next sample is the same moment of another recording.
    choose(index) {
      if (index === this.chosen || index < 0 || index >= this.gains.length) return;
      this.chosen = index;
      this.#fade();
      this.onState();
    }

    // Linear factors, one for each sound.
    setGains(gains) {
      this.gains = gains;
      this.#fade();
    }

    // {start, end} in seconds, or null to play to the end.
    setLoop(loop) {
      const position = this.position;
      this.loop = loop;
      if (this.playing) this.#start(position);
      this.onState();
    }

    // What each sound is multiplied by at this moment, for whoever wants to see.
    get heard() {
      return this.run ? this.run.gains.map((gain) => gain.gain.value) : [];
    }

    #start(from) {
      if (active && active !== this) active.pause();
      active = this;
      this.#silence();
      const { loop } = this;
      if (loop ? from < loop.start || from >= loop.end : from >= this.seconds) from = loop ? loop.start : 0;
      const audio = context();
      const out = new GainNode(audio, { gain: 0 });
      out.connect(audio.destination);
      const levels = this.buffers.map((_, index) => (index === this.chosen ? this.gains[index] : 0));
      const gains = levels.map((gain) => new GainNode(audio, { gain }));
      const sources = this.buffers.map((buffer, index) => {
        const source = new AudioBufferSourceNode(audio, { buffer });
        if (loop) Object.assign(source, { loop: true, loopStart: loop.start, loopEnd: loop.end });
        source.connect(gains[index]).connect(out);
        return source;
      });
      const at = audio.currentTime + SOON; // now that everything stands: on a busy machine that may take longer than SOON
      for (const source of sources) source.start(at, from);
      out.gain.setValueAtTime(0, at);
      out.gain.linearRampToValueAtTime(1, at + window.explorer.core.FADE);
      const run = { at, from, out, gains, sources, ramps: levels.map((level) => ({ from: level, to: level, at })) };
      const longest = this.buffers.indexOf(this.buffers.reduce((a, b) => (b.duration > a.duration ? b : a)));
      run.sources[longest].onended = () => {
        if (this.run !== run) return;
        this.#silence();
        this.rest = 0;
        this.onTime(0);
        this.onState();
      };
      this.run = run;
      this.onState();
      this.#tick(run);
    }

    #silence() {
      if (!this.run) return;
      const { out, sources } = this.run;
      this.run = null;
      const now = context().currentTime;
      const { FADE } = window.explorer.core;
      out.gain.cancelScheduledValues(now);
      out.gain.setValueAtTime(out.gain.value, now);
      out.gain.linearRampToValueAtTime(0, now + FADE);
      for (const source of sources) source.stop(now + FADE);
      setTimeout(() => out.disconnect(), 100);
    }

    #fade() {
      if (!this.run) return;
      const { fade, FADE } = window.explorer.core;
      const now = context().currentTime;
      this.run.ramps = this.run.ramps.map((ramp, index) => {
        const from = fade(ramp.from, ramp.to, now - ramp.at);
        const to = index === this.chosen ? this.gains[index] : 0;
        const level = this.run.gains[index].gain;
        level.cancelScheduledValues(now);
        level.setValueAtTime(from, now);
        level.linearRampToValueAtTime(to, now + FADE);
        return { from, to, at: now };
      });
    }

    #tick(run) {
      if (this.run !== run) return;
      this.onTime(this.position);
      requestAnimationFrame(() => this.#tick(run));
    }
  }

  window.explorer = Object.assign(window.explorer ?? {}, { Clock });
}
