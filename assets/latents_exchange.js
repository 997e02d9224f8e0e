// Whose z, whose mel: pictures that sound. Pressing another while one plays goes on at the same moment.
"use strict";
{
  class Exchange {
    constructor(element, watch) {
      this.element = element;
      this.clock = new window.explorer.Clock({ onState: () => this.show(), onTime: (time) => this.move(time) });
      element.addEventListener("click", (event) => {
        const index = this.buttons.indexOf(event.target.closest("button"));
        if (index >= 0) this.press(index);
      });
      watch("value", () => this.open());
      this.open();
    }

    open() {
      this.clock.pause();
      this.buttons = [...this.element.querySelectorAll("button[data-sound]")];
      this.loaded = null;
    }

    async press(index) {
      if (!this.loaded) {
        this.clock.chosen = index;
        this.loaded = this.clock.load(this.buttons.map((button) => ({ url: new URL(button.dataset.sound, document.baseURI).href, gain: 1 })));
      }
      await this.loaded;
      if (this.clock.playing && this.clock.chosen === index) return this.clock.pause();
      this.clock.choose(index);
      if (!this.clock.playing) return this.clock.play();
    }

    show() {
      this.buttons?.forEach((button, index) => {
        button.setAttribute("aria-pressed", this.clock.playing && index === this.clock.chosen);
      });
    }

    // Each picture is as wide as its own sound is long.
    move(time) {
      this.buttons.forEach((button, index) => {
        const seconds = this.clock.buffers[index]?.duration ?? 1;
        button.style.setProperty("--at", Math.min(time / seconds, 1));
      });
    }
  }

  const exchange = (element, watch) => (element.exchange = new Exchange(element, watch));
  window.explorer = Object.assign(window.explorer ?? {}, { exchange });
}
