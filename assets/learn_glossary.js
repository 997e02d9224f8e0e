// Terms explain themselves: the first one of each kind in a card is marked, and tells what it means when it is pointed at,
// focused or tapped. The whole list opens as a dialog.
(() => {
  const WHERE = ".html-container :is(p, dd, li), #tour-card p";
  const NOT_IN = "a, button, label, summary, code, strong, .facts, h1, h2, h3, h4, [title], [role=img], [translate=no], .framed, marked-text";
  const SCOPE = ".card, #tour-card, header, #chooser, #footer, [role=tabpanel]";
  const PAUSE = 200; // ms after the last change; what moves every frame is not text of ours
  const LINGER = 150; // ms in which the pointer may go from a term to its explanation
  const marked = new WeakMap(); // <marked-text> -> the text node in whose place it is
  let glossary = null;
  let find = null;
  let language = "en";

  // marking
  function mark() {
    const seen = new Map(); // scope -> ids that it has
    for (const box of document.querySelectorAll(WHERE)) {
      const scope = box.closest(SCOPE) ?? document.body;
      if (!seen.has(scope)) seen.set(scope, new Set(marksOf(scope)));
      const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(NOT_IN)) nodes.push(walker.currentNode);
      for (const node of nodes) markIn(node, seen.get(scope));
    }
    observer.takeRecords(); // of our own doing
  }
  const marksOf = (scope) =>
    [...scope.querySelectorAll("dfn[data-term]")].filter((one) => one.closest(SCOPE) === scope).map((one) => one.dataset.term);

  function markIn(node, seen) {
    const found = find(node.data).filter(({ id }) => !seen.has(id) && seen.add(id));
    if (!found.length) return;
    const pieces = [];
    let from = 0;
    for (const { start, end, id } of found) {
      const term = Object.assign(document.createElement("dfn"), { textContent: node.data.slice(start, end), tabIndex: 0 });
      term.dataset.term = id;
      pieces.push(node.data.slice(from, start), term);
      from = end;
    }
    const wrapper = document.createElement("marked-text");
    wrapper.append(...pieces, node.data.slice(from));
    marked.set(wrapper, node);
    node.replaceWith(wrapper);
  }
  function unmark() {
    hide();
    for (const wrapper of document.querySelectorAll("marked-text")) wrapper.replaceWith(marked.get(wrapper) ?? wrapper.textContent);
    observer.takeRecords();
  }
  let waiting;
  const observer = new MutationObserver((records) => {
    const element = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);
    const ours = ({ target, addedNodes }) =>
      element(target)?.closest(WHERE) || [...addedNodes].some((node) => node.nodeType === Node.ELEMENT_NODE && node.querySelector("p, dd, li"));
    if (!records.some(ours)) return;
    clearTimeout(waiting);
    waiting = setTimeout(mark, PAUSE);
  });

  // explaining
  const tip = Object.assign(document.createElement("div"), { id: "term-tip", hidden: true });
  tip.setAttribute("role", "tooltip");
  let shownFor = null;
  let leaving;
  function show(term) {
    clearTimeout(leaving);
    if (shownFor === term) return;
    hide();
    const { name, meaning, source } = glossary.terms.find(({ id }) => id === term.dataset.term);
    const parts = [["b", name], ["p", meaning], ...(source ? [["small", source.text]] : [])];
    tip.replaceChildren(...parts.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: learn.say(text) })));
    tip.hidden = false;
    learn.home().append(tip);
    const { left, top } = learn.beside(term.getClientRects()[0], tip.getBoundingClientRect(), { width: innerWidth, height: innerHeight });
    Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
    term.setAttribute("aria-describedby", tip.id);
    shownFor = term;
  }
  function hide() {
    clearTimeout(leaving);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    tip.hidden = true;
  }
  const termAt = (event) => event.target.closest?.("dfn[data-term]");
  const soon = () => (leaving = setTimeout(hide, LINGER));
  for (const kind of ["pointerover", "focusin", "click"])
    document.addEventListener(kind, (event) => {
      if (termAt(event)) show(termAt(event));
      else if (tip.contains(event.target)) clearTimeout(leaving);
      else if (shownFor && kind === "click") hide();
    });
  document.addEventListener("pointerout", (event) => {
    if (shownFor && document.activeElement !== shownFor && (termAt(event) || tip.contains(event.target))) soon();
  });
  document.addEventListener("focusout", (event) => termAt(event) && soon());
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !shownFor) return;
      hide();
      event.stopPropagation(); // one key, one thing closed
    },
    { capture: true },
  );

  // the whole list
  function openList() {
    document.getElementById("glossary")?.remove();
    const list = document.createElement("dialog");
    list.id = "glossary";
    list.setAttribute("aria-labelledby", "glossary-title");
    const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
    const close = make("button", { textContent: learn.say(glossary.words.close), type: "button", onclick: () => list.close() });
    const head = make("div", {});
    head.append(make("h2", { id: "glossary-title", textContent: learn.say(glossary.words.title) }), close);
    const terms = make("dl", {});
    const named = glossary.terms.map((term) => ({ ...term, name: learn.say(term.name) }));
    for (const { name, meaning, source } of named.sort((a, b) => a.name.localeCompare(b.name, language))) {
      const explained = make("dd", { textContent: `${learn.say(meaning)} ` });
      if (source) explained.append(make("a", { textContent: learn.say(source.text), href: source.url, target: "_blank", rel: "noopener" }));
      terms.append(make("dt", { textContent: name }), explained);
    }
    list.append(head, terms);
    learn.home().append(list);
    list.showModal();
  }

  document.addEventListener("click", (event) => event.target.closest?.("[data-learn=glossary]") && glossary && openList());
  document.addEventListener("language:leaves", unmark);
  document.addEventListener("language:comes", async ({ detail }) => {
    language = detail;
    glossary ??= await fetch("learn/glossary.json").then((answer) => answer.json());
    find = learn.finder(glossary.terms, language);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    mark();
  });
})();
