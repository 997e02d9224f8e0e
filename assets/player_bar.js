// The player's controls: one row of choices and buttons that stays in sight, and the list of keys.
"use strict";
{
  const make = (...how) => window.explorer.make(...how);

  const [PLAY, PAUSE] = ["M4 2.5v11l9-5.5z", "M4 2.5h3v11H4zM9 2.5h3v11H9z"];

  const button = (text, act, name = "") => {
    const made = make("button", name, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };

  const group = (label, ...children) => {
    const made = make("div", "ab-group");
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", label);
    made.append(...children);
    return made;
  };

  class PlayerBar {
    constructor(player) {
      const { words } = player;
      this.player = player;
      this.root = make("div", "ab-bar");
      this.play = button("", () => player.toggle(), "ab-play");
      this.position = make("input", "ab-position");
      Object.assign(this.position, { type: "range", min: 0, max: 1, step: 0.01, value: 0 });
      this.position.setAttribute("aria-label", words.position);
      this.position.addEventListener("input", () => player.clock.seek(Number(this.position.value)));
      this.clock = make("span", "ab-time");
      this.heard = group(words.heard);
      this.heard.classList.add("ab-choices");
      this.loop = button(words.loop, () => player.loop(!player.clock.loop));
      const end = (one, other) => window.explorer.core.region(one, other, player.seconds);
      this.from = button(words.from_here, () => player.choosePart(end(player.clock.position, player.part?.end ?? player.seconds)));
      this.to = button(words.to_here, () => player.choosePart(end(player.part?.start ?? 0, player.clock.position)));
      this.clear = button(words.clear, () => player.choosePart(null));
      this.near = button(words.zoom_region, () => player.look({ ...player.part }));
      const signs = [["+", words.zoom_in, 0.5], ["\u2212", words.zoom_out, 2]];
      const zooms = signs.map(([sign, name, factor]) => {
        const made = button(sign, () => player.zoom(factor), "ab-sign");
        made.setAttribute("aria-label", name);
        return made;
      });
      const whole = button(words.whole, () => player.look({ start: 0, end: player.seconds }));
      this.match = this.#toggle(words.match, (on) => player.match(on));
      this.match.title = words.match_hint;
      this.difference = this.#toggle(words.difference, (on) => player.contrast.show(on));
      const where = group(words.position, this.position, this.clock);
      where.classList.add("ab-where");
      this.root.append(this.play, this.heard, where);
      this.tools = make("div", "ab-tools"); // do not stay in sight: on a phone they would take half of it
      this.tools.append(
        group(words.part, this.loop, this.from, this.to, this.near, this.clear), group(words.view, ...zooms, whole),
        this.match, this.difference,
      );
      this.foot = make("div", "ab-foot");
      this.legend = make("div"); // in its place until there are levels
      this.foot.append(this.#help(words), this.legend);
    }

    choices(lanes) {
      const { levels, words } = this.player.props;
      const { low, high } = lanes[0].track.spectrogram;
      const legend = window.explorer.legend(low, high, levels, words);
      this.legend.replaceWith(legend);
      this.legend = legend;
      this.heard.replaceChildren(
        ...lanes.map((lane, index) => {
          const made = button("", () => this.player.choose(index));
          made.style.setProperty("--colour", lane.track.colour);
          const key = make("kbd", "", String(index + 1));
          key.setAttribute("aria-hidden", "true");
          made.append(key, make("span", "", lane.track.title));
          return made;
        }),
      );
      this.difference.hidden = lanes.length < 2;
      this.match.hidden = lanes.length < 2;
    }

    // The state of everything but the time.
    show(state) {
      const { words } = this.player;
      this.play.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${state.playing ? PAUSE : PLAY}"/></svg>`;
      this.play.append(make("span", "", state.playing ? words.pause : words.play));
      [...this.heard.children].forEach((choice, index) => choice.setAttribute("aria-pressed", index === this.player.clock.chosen));
      this.loop.setAttribute("aria-pressed", state.loop !== null);
      this.match.setAttribute("aria-checked", state.matching);
      this.difference.setAttribute("aria-checked", state.contrast);
    }

    time(time, seconds) {
      const { number } = window.explorer.core;
      const { words } = this.player;
      this.position.max = seconds;
      this.position.value = time;
      this.clock.textContent = `${number(time, 2)} / ${number(seconds, 2)} ${words.seconds}`;
      this.position.setAttribute("aria-valuetext", this.clock.textContent);
    }

    part(part) {
      this.clear.disabled = this.near.disabled = !part;
    }

    #toggle(text, act) {
      const made = button(text, () => act(made.getAttribute("aria-checked") !== "true"), "ab-switch");
      made.setAttribute("role", "switch");
      made.setAttribute("aria-checked", "false");
      return made;
    }

    #help(words) {
      const help = make("details", "ab-help");
      const list = make("dl");
      for (const [keys, meaning] of words.keys_help) {
        const row = make("div");
        row.append(make("dt", "", keys), make("dd", "", meaning));
        list.append(row);
      }
      help.append(make("summary", "", words.keys), make("p", "", words.hint), list);
      return help;
    }
  }

  window.explorer = Object.assign(window.explorer ?? {}, { PlayerBar });
}
