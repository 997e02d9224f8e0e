// Asks for what a tab of the latents shows, by pressing its hidden button.
"use strict";
{
  const EVERY = 50, LONGEST = 60_000; // ms between looks, and until it is tried in any case
  const has = (selector, name) => [...document.querySelectorAll(`${selector}, ${selector} *`)].some((element) => element[name]);
  const mounted = {
    steps: () => has("#steps-drawing", "steps"),
    surgery: () => has("#exchange", "exchange") && [...document.querySelectorAll("#surgery .ab")].filter((ab) => ab.player).length === 2,
  };

  const seen = (tab) => Boolean(document.getElementById(tab)?.offsetParent);

  // What is sent to components that are still being made may get lost, so a tab that is just opening is waited for.
  async function fillTab(tab, opening) {
    if (!opening && !seen(tab)) return;
    for (let waited = 0; waited < LONGEST && !mounted[tab](); waited += EVERY) {
      await new Promise((done) => setTimeout(done, EVERY));
    }
    if (seen(tab)) document.getElementById(`${tab}-refresh`).click();
  }

  window.explorer = Object.assign(window.explorer ?? {}, { fillTab });
}
