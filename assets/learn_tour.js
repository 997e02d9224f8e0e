// The guided tour: a card that goes through the real page, opens the tab it speaks of and points at what it means.
(() => {
  const EVERY = 200; // ms between looks for what is pointed at
  const KEYS = { ArrowRight: 1, ArrowLeft: -1 };
  let tour = null;
  let number = 0;
  let target = null;
  let cameFrom = null; // what had the focus before
  let untouched = false; // nobody has scrolled since the step came
  let looking; // the timer

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const card = make("section", { id: "tour-card", hidden: true });
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-labelledby", "tour-title");
  const said = make("div", { id: "tour-said" });
  said.setAttribute("aria-live", "polite");

  const button = (text, onclick, properties) => make("button", { type: "button", textContent: text, onclick, ...properties });
  const labelled = (label, text, ...more) => make("p", {}, make("b", { textContent: label }), " ", make("span", { textContent: text }), ...more);

  function draw(step) {
    const words = tour.words;
    const count = words.count.replace("{number}", number + 1).replace("{total}", tour.steps.length);
    const last = number === tour.steps.length - 1;
    const sources = make("p", { className: "sources" }, make("span", { textContent: words.sources }));
    for (const { text, url } of step.sources) sources.append(" ", make("a", { textContent: text, href: url, target: "_blank", rel: "noopener" }));
    const doIt = step.set.length ? [" ", button(words.doIt, () => step.set.forEach(put), { className: "do" })] : [];
    const answer = make("details", {}, make("summary", { textContent: step.question }), make("p", { textContent: step.answer }));
    card.replaceChildren(
      make("p", { className: "count", textContent: count }),
      make("h2", { id: "tour-title", tabIndex: -1, textContent: step.title }),
      make("div", { className: "words" },
        make("p", { textContent: step.text }), labelled(words.look, step.look), labelled(words.try, step.try, ...doIt), answer, sources),
      make("nav", {},
        button(words.close, close), button(words.glossary, null, { className: "list" }),
        button(words.back, () => go(number - 1), { disabled: number === 0 }),
        button(last ? words.finish : words.next, () => (last ? close() : go(number + 1)), { className: "next" })),
    );
    card.querySelector(".list").dataset.learn = "glossary";
    said.textContent = count;
  }

  function go(to) {
    if (to < 0 || to >= tour.steps.length) return;
    number = to;
    draw(tour.steps[number]);
    document.getElementById("tour-title").focus({ preventScroll: true });
    target?.removeAttribute("data-tour-target");
    target = null;
    untouched = true;
    openTab(tour.steps[number].tab);
    point();
  }
  // Looked for again and again: a tab may take its time, and what it shows may be drawn anew.
  function point() {
    const found = [...document.querySelectorAll(tour.steps[number].target)].find((one) => one.getClientRects().length);
    if (!found || (found === target && found.hasAttribute("data-tour-target"))) return;
    target?.removeAttribute("data-tour-target");
    target = found;
    target.setAttribute("data-tour-target", "");
    card.classList.toggle("left", centre(target) > innerWidth / 2 + 1);
    aim();
  }
  const centre = (element) => (element.getBoundingClientRect().left + element.getBoundingClientRect().right) / 2;

  function openTab(name) {
    const tabs = [...document.querySelectorAll("#tabs [role=tab], #tabs .overflow-dropdown button")];
    const wanted = tabs.find((tab) => [name, learn.say(name)].includes(tab.textContent.trim()));
    if (wanted?.getAttribute("aria-selected") !== "true") wanted?.click();
  }
  function aim() {
    if (!target || !untouched) return;
    const rectangle = card.getBoundingClientRect();
    const sheet = rectangle.width > innerWidth * 0.9; // on a phone the card lies over the lower part of the page
    const top = learn.toFree(target.getBoundingClientRect(), sheet ? rectangle.top : innerHeight);
    scrollBy({ top, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
  }

  // Puts a setting in place as a hand would: a choice is clicked, a number typed and left.
  function put({ control, value }) {
    const box = document.querySelector(control);
    const choice = [...(box?.querySelectorAll("input[type=radio]") ?? [])].find((one) => one.value === String(value));
    const typed = box?.querySelector("input[type=number]");
    if (choice) choice.click();
    else if (typed) {
      typed.value = value;
      for (const kind of ["input", "change", "blur"]) typed.dispatchEvent(new Event(kind, { bubbles: kind !== "blur" }));
    } else box?.click();
  }

  async function open() {
    tour ??= await fetch("learn/tour.json").then((answer) => answer.json());
    cameFrom = document.activeElement;
    learn.home().append(card, said);
    document.body.classList.add("touring");
    card.hidden = false;
    clearInterval(looking);
    looking = setInterval(point, EVERY);
    go(0);
  }
  function close() {
    clearInterval(looking);
    card.hidden = true;
    said.textContent = "";
    document.body.classList.remove("touring");
    target?.removeAttribute("data-tour-target");
    target = null;
    cameFrom?.focus();
  }

  document.addEventListener("click", (event) => event.target.closest?.("[data-learn=tour]") && open());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !card.hidden && !document.querySelector("dialog[open]")) close();
  });
  card.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS)) return;
    event.stopPropagation(); // the page's own arrow keys are not meant
    go(number + KEYS[event.key]);
  });
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(kind, () => (untouched = false), { passive: true, capture: true });
  learn.whenReady(() => new ResizeObserver(aim).observe(document.body));
})();
