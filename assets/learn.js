// What teaching and translating know of plain text and of rectangles, for learn_*.js. Node tests it.
const learn = (() => {
  const FIELD = /\{(\w*)[^{}]*\}/g; // {name} or {name:.1f}, as Python writes them
  const WORD = /\p{L}{2}/u;
  const DEPTH = 3; // a sentence may hold a sentence that holds a name

  const tidy = (text) => text.trim().replace(/\s+/g, " ");
  const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const segments = (html) => html.split(/<[^>]*>/).map(tidy);

  // A sentence with fields as {pattern, names, other, weight}; the names of its fields come in the order of the groups.
  function template(english, other) {
    const names = [...english.matchAll(FIELD)].map((field) => field[1]);
    const between = english.split(FIELD).filter((_, k) => k % 2 === 0); // every other part is a field's name
    const pattern = new RegExp(`^${between.map(literal).join("(.+?)")}$`, "su");
    return { pattern, names, other, weight: between.join("").length };
  }

  // A function from English text to its translation, or to undefined where there is none. Texts with tags are matched
  // piece by piece, as the page holds them; values in templates are kept, or translated where they are texts, too.
  function translator(dictionary) {
    const exact = new Map();
    const templates = [];
    for (const [english, translated] of Object.entries(dictionary)) {
      const others = segments(translated);
      segments(english).forEach((part, k) => {
        if (!/\p{L}/u.test(part.replace(FIELD, ""))) return; // it would match whatever there is
        if (part.search(FIELD) < 0) exact.set(part, others[k]);
        else templates.push(template(part, others[k]));
      });
    }
    templates.sort((a, b) => b.weight - a.weight); // the most particular first

    function filled(text, depth) {
      for (const { pattern, names, other } of templates) {
        const found = pattern.exec(text);
        if (!found) continue;
        const values = Object.fromEntries(names.map((name, k) => [name, translate(found[k + 1], depth - 1) ?? found[k + 1]]));
        return other.replace(FIELD, (_, name) => values[name]);
      }
    }
    // Sentences that stand side by side, each of which is known; names and numbers between dots are kept.
    function sideBySide(text, depth) {
      const items = text.split(" · ");
      if (items.length > 1) return items.map((item) => translate(item, depth - 1) ?? item).join(" · ");
      for (const { index } of text.matchAll(/(?<=[.!?:]) /g)) {
        const pair = [text.slice(0, index), text.slice(index + 1)].map((part) => translate(part, depth - 1));
        if (!pair.includes(undefined)) return pair.join(" ");
      }
    }
    function translate(text, depth = DEPTH) {
      if (!WORD.test(text) || depth < 0) return undefined;
      const plain = tidy(text);
      const found = exact.get(plain) ?? sideBySide(plain, depth) ?? filled(plain, depth);
      return found && text.match(/^\s*/)[0] + found + text.match(/\s*$/)[0];
    }
    return (text) => translate(text);
  }

  // A function from text to the terms in it, first to last: [{start, end, id}]. Longer forms win over shorter ones.
  function finder(glossary, language) {
    const ids = new Map();
    for (const term of glossary) for (const form of term.forms[language]) ids.set(form.toLowerCase(), term.id);
    const forms = [...ids.keys()].sort((a, b) => b.length - a.length).map(literal);
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${forms.join("|")})(?![\\p{L}\\p{N}])`, "giu");
    return (text) =>
      [...text.matchAll(pattern)].map((found) => ({
        start: found.index,
        end: found.index + found[0].length,
        id: ids.get(found[0].toLowerCase()),
      }));
  }

  // Where a box of some size goes beside a rectangle: under it where there is room, else over it, never off the screen.
  function beside(rectangle, size, screen, gap = 6) {
    const left = Math.max(gap, Math.min(rectangle.left, screen.width - size.width - gap));
    const under = rectangle.bottom + gap;
    const top = under + size.height <= screen.height ? under : Math.max(gap, rectangle.top - gap - size.height);
    return { left, top };
  }

  // How far to scroll so that a rectangle lies in the middle of what is free (pixels from the top), or begins at its top.
  function toFree(rectangle, free, margin = 16) {
    const height = rectangle.bottom - rectangle.top;
    return rectangle.top - Math.max(margin, (free - height) / 2);
  }

  return { translator, finder, beside, toFree };
})();

// The page's part: when it is there, where our own boxes go (Gradio's rules for phones reach no further), and what a text
// is in the language of the moment.
Object.assign(learn, {
  whenReady: (begin) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", begin) : begin()),
  home: () => document.querySelector(".gradio-container .contain") ?? document.body,
  say: (text) => text,
});
