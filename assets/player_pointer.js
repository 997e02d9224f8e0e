// Mouse, pen and finger on the player's pictures: moving reads, a click chooses a moment, dragging chooses a part.
"use strict";
{
  const DRAG = 6; // CSS pixels that tell choosing a part from choosing a moment

  // Where an event is in a picture: the moment, the height from 0 to 1, and the place on the page; null outside.
  function spot(player, event) {
    const { core } = window.explorer;
    const stage = event.target.closest?.(".ab-stage");
    const plot = stage && player.plots.find((candidate) => candidate.stage === stage);
    if (!plot) return null;
    const box = stage.getBoundingClientRect();
    const time = core.clamp(core.toTime(event.clientX - box.left, player.view, box.width), 0, player.seconds);
    return { plot, time, height: core.clamp(1 - (event.clientY - box.top) / box.height, 0, 0.9999), x: event.clientX };
  }

  // Shows what is under the pointer in the picture pointed at, and at the same place of all pictures of its kind.
  function read(player, at) {
    for (const lane of player.lanes) {
      for (const plot of lane.plots) {
        plot.say(plot.kind === at?.plot.kind ? lane.read(plot.kind, at.time, at.height) : null, at?.time, player.view);
      }
    }
    player.contrast.read(at, player.view);
  }

  function listenToPointers(player) {
    const { core } = window.explorer;
    const { root, grid } = player;
    let drag = null;
    root.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      drag = spot(player, event);
      drag?.plot.stage.setPointerCapture(event.pointerId);
      read(player, drag);
    });
    root.addEventListener("pointermove", (event) => {
      const now = spot(player, event);
      read(player, now);
      if (!drag || !now || Math.abs(now.x - drag.x) < DRAG) return;
      const part = core.region(drag.time, now.time, player.seconds);
      for (const plot of player.plots) plot.mark(part, player.view);
    });
    root.addEventListener("pointerup", (event) => {
      const [from, to] = [drag, spot(player, event)];
      drag = null;
      if (!from || !to) return;
      if (Math.abs(to.x - from.x) >= DRAG) player.choosePart(core.region(from.time, to.time, player.seconds));
      else {
        if (player.part && (to.time < player.part.start || to.time >= player.part.end)) player.choosePart(null);
        player.clock.seek(to.time);
      }
    });
    root.addEventListener("pointercancel", () => {
      drag = null;
      player.showPart();
    });
    root.addEventListener("pointerleave", () => read(player, null));
    grid.addEventListener("click", (event) => {
      const title = event.target.closest(".ab-title");
      if (title && !event.target.closest("a")) player.choose(player.lanes.findIndex((lane) => lane.root.contains(title)));
    });
  }

  window.explorer = Object.assign(window.explorer ?? {}, { listenToPointers });
}
