// Step by step: one of all the steps that vocoder/ui/steps_drawing.py has drawn is shown and heard. The server is not asked.
"use strict";
{
  const PAUSE = 1600; // ms that each step is shown for when it goes by itself
  const kept = { way: null, step: null }; // what was looked at goes on after another sound or another noise

  class Steps {
    constructor(element, watch) {
      this.element = element;
      this.clock = new window.explorer.Clock({ onState: () => this.showState(), onTime: (time) => this.showTime(time) });
      element.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
      element.addEventListener("input", (event) => event.target.id === "steps-slider" && this.go(Number(event.target.value)));
      watch("value", () => this.open());
      this.open();
    }

    get root() {
      return this.element.querySelector(".steps");
    }

    // The step's place on the way that is walked: the way back begins at the noise.
    order(index) {
      return this.way === "there" ? index : this.count - 1 - index;
    }

    open() {
      const { root } = this;
      this.rest();
      if (!root) return;
      this.count = Number(root.dataset.count);
      const ways = [...root.querySelectorAll("[data-way]")].map((button) => button.dataset.way);
      this.take(ways.includes(kept.way) ? kept.way : ways[0], kept.step);
      root.dataset.ready = "true";
    }

    take(way, step) {
      this.element.closest("#steps").dataset.way = way;
      this.way = kept.way = way;
      for (const button of this.root.querySelectorAll("[data-way]")) button.setAttribute("aria-pressed", button.dataset.way === way);
      for (const body of this.root.querySelectorAll("[data-body]")) body.hidden = body.dataset.body !== way;
      this.boxes = [...this.root.querySelectorAll(`.steps-boxes[data-body=${way}] button`)];
      this.clock.pause();
      this.loaded = null;
      this.go(step !== null && step < this.count ? step : this.order(0));
    }

    go(step) {
      this.step = kept.step = step;
      const { root } = this;
      const slider = root.querySelector("#steps-slider");
      slider.value = step;
      const shown = root.querySelector(`[data-body=${this.way}] > section[data-step="${step}"]`);
      for (const section of root.querySelectorAll("section")) section.hidden = section !== shown;
      slider.setAttribute("aria-valuetext", shown.dataset.name);
      this.boxes.forEach((box, index) => {
        box.classList.toggle("here", index === step);
        box.classList.toggle("passed", this.order(index) < this.order(step));
        box.setAttribute("aria-current", index === step ? "step" : "false");
      });
      root.querySelector(".steps-bar output").textContent = `${shown.dataset.name} · ${shown.dataset.played}`;
      this.clock.choose(step);
    }

    async play() {
      if (!this.loaded) {
        this.clock.chosen = this.step;
        this.loaded = this.clock.load(this.boxes.map((box) => ({ url: new URL(box.dataset.sound, document.baseURI).href, gain: 1 })));
        await this.loaded;
        this.clock.setLoop({ start: 0, end: this.clock.seconds });
      }
      this.clock.choose(this.step);
      return this.clock.play();
    }

    clicked(button) {
      if (!button) return;
      if (button.dataset.way) this.take(button.dataset.way, null);
      else if (button.dataset.step) this.go(Number(button.dataset.step));
      else if (button.id === "steps-play") this.clock.playing ? this.clock.pause() : this.play();
      else if (button.id === "steps-watch") this.walking ? this.rest() : this.walk();
    }

    // From the beginning of the way to its end, a step at a time.
    walk() {
      if (this.order(this.step) === this.count - 1) this.go(this.order(0));
      this.walking = setInterval(() => {
        if (this.order(this.step) === this.count - 1) this.rest();
        else this.go(this.order(this.order(this.step) + 1));
      }, PAUSE);
      this.play();
      this.showState();
    }

    rest() {
      clearInterval(this.walking);
      this.walking = null;
      if (this.root) this.showState();
    }

    showState() {
      const { root } = this;
      if (!root) return;
      for (const [id, on] of [["steps-play", this.clock.playing], ["steps-watch", Boolean(this.walking)]]) {
        const button = root.querySelector(`#${id}`);
        button.textContent = on ? button.dataset.on : button.dataset.off;
        button.setAttribute("aria-pressed", on);
      }
    }

    showTime(time) {
      const bar = this.root?.querySelector("progress");
      if (bar) bar.value = this.clock.seconds ? time / this.clock.seconds : 0;
    }
  }

  const steps = (element, watch) => (element.steps = new Steps(element, watch));
  window.explorer = Object.assign(window.explorer ?? {}, { steps });
}
