// The page in another language. It is built in English; a dictionary is fetched once somebody asks for German (?lang=de, or
// the switch in the header), and every text and label that it knows is replaced, also those that come later.
(() => {
  const OTHER = "de";
  const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
  const LEFT_ALONE = "script, style, textarea, code, [translate=no]";
  const replaced = new WeakMap(); // text node or element -> {slot: {english, other}}
  let translate = null; // while the page is in English
  let dictionary = null; // a promise of it, once asked for

  const language = () => (new URLSearchParams(location.search).get("lang") === OTHER ? OTHER : "en");

  function turn(owner, slot, now, put) {
    const before = replaced.get(owner)?.[slot];
    const english = before?.other === now ? before.english : now;
    const other = translate?.(english) ?? english;
    if (other === now) return;
    replaced.set(owner, { ...replaced.get(owner), [slot]: { english, other } });
    put(other);
  }
  const turnText = (node) => turn(node, "text", node.data, (text) => (node.data = text));
  function turnAttributes(element) {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      if (value) turn(element, name, value, (text) => element.setAttribute(name, text));
    }
  }
  function turnAll(root) {
    if (root.nodeType === Node.TEXT_NODE) {
      if (!root.parentElement?.closest(LEFT_ALONE)) turnText(root);
      return;
    }
    if (root.nodeType !== Node.ELEMENT_NODE || root.closest(LEFT_ALONE)) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node.nodeType === Node.ELEMENT_NODE && node.matches(LEFT_ALONE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
    );
    for (let node = root; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) turnText(node);
      else turnAttributes(node);
    }
  }

  const observer = new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "childList") record.addedNodes.forEach(turnAll);
      else if (record.type === "characterData") turnAll(record.target);
      else if (!record.target.closest(LEFT_ALONE)) turnAttributes(record.target);
    }
  });

  async function speak() {
    const chosen = language();
    if (chosen === OTHER) {
      dictionary ??= fetch(`learn/${OTHER}.json`).then((answer) => answer.json());
      const sections = Object.values(await dictionary);
      if (language() !== chosen) return; // changed again while the dictionary was on its way
      translate = learn.translator(Object.assign({}, ...sections));
    } else translate = null;
    learn.say = (text) => translate?.(text) ?? text;
    document.dispatchEvent(new CustomEvent("language:leaves"));
    document.documentElement.lang = chosen;
    turnAll(document.documentElement);
    if (translate) {
      const everything = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES };
      observer.observe(document.documentElement, everything);
    } else observer.disconnect();
    document.dispatchEvent(new CustomEvent("language:comes", { detail: chosen }));
    window.dispatchEvent(new Event("resize")); // words have other widths now; Gradio's tabs make room when told so
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-learn=language]")) return;
    const address = new URL(location.href);
    if (language() === OTHER) address.searchParams.delete("lang");
    else address.searchParams.set("lang", OTHER);
    history.replaceState(history.state, "", address);
    speak();
  });
  learn.whenReady(speak);
})();
