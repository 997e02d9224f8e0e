// What assets/learn.js knows of text and rectangles.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInThisContext } from "node:vm";

const learn = runInThisContext(readFileSync(new URL("../../assets/learn.js", import.meta.url), "utf8") + "\nlearn;");

test("a text is translated as it stands, with the space around it kept", () => {
  const translate = learn.translator({ Listen: "Hören", "Look\n  inside": "Hineinsehen" });
  assert.equal(translate("Listen"), "Hören");
  assert.equal(translate("\n  Look inside "), "\n  Hineinsehen ");
  assert.equal(translate("Listening"), undefined);
  assert.equal(translate("0 s"), undefined);
});

test("a template keeps its values, in the order of the other language", () => {
  const translate = learn.translator({ "{a:.1f} s of {name!r}": "{name!r}: {a:.1f} s" });
  assert.equal(translate("1.5 s of 'x (y).*'"), "'x (y).*': 1.5 s");
  assert.equal(translate("and 1.5 s of"), undefined);
});

test("a value that is a text is translated, too", () => {
  const translate = learn.translator({ "Distance: {value}": "Abstand: {value}", "not measured": "nicht gemessen" });
  assert.equal(translate("Distance: not measured"), "Abstand: nicht gemessen");
  assert.equal(translate("Distance: 0.12"), "Abstand: 0.12");
  const about = learn.translator({ ", {seconds} s. {note}": ", {seconds} s. {note}", "A sweep.": "Ein Ton." });
  assert.equal(about(", 3.1 s. A sweep."), ", 3.1 s. Ein Ton.");
});

test("the most particular template wins, wherever it stands", () => {
  for (const keys of [["{a} of {b}", "step {a} of {b}"], ["step {a} of {b}", "{a} of {b}"]]) {
    const translate = learn.translator(Object.fromEntries(keys.map((key) => [key, `<${key}>`.replace(/[<>]/g, "|")])));
    assert.equal(translate("step 1 of 9"), "|step 1 of 9|");
    assert.equal(translate("half of all"), "|half of all|");
  }
});

test("sentences side by side are translated together or not at all", () => {
  const translate = learn.translator({ "Blue is up to {limit}.": "Blau ist bis {limit}.", "Channels run.": "Kanäle laufen.", Sound: "Klang" });
  assert.equal(translate("Blue is up to ±0.3. Channels run."), "Blau ist bis ±0.3. Kanäle laufen.");
  assert.equal(translate("Channels run. Unknown runs."), undefined);
  assert.equal(translate("Sound · +1.5 dB"), "Klang · +1.5 dB");
});

test("text with tags is matched piece by piece, as the page holds it", () => {
  const translate = learn.translator({ "The latents <i>z</i> of <b>{name}</b>. {n} of them.": "Die Latenten <i>z</i> von <b>{name}</b>. {n} davon." });
  assert.equal(translate("The latents "), "Die Latenten ");
  assert.equal(translate(" of "), " von ");
  assert.equal(translate(". 12 of them."), ". 12 davon.");
  assert.equal(translate("whatever"), undefined, "a piece that is a field alone would match everything");
});

test("terms are found whole, in any case, the longer before the shorter", () => {
  const find = learn.finder(
    [
      { id: "mel", forms: { en: ["mel", "mel-spectrogram"] } },
      { id: "phase", forms: { en: ["phase"] } },
      { id: "mos", forms: { en: ["MOS"] } },
    ],
    "en",
  );
  const text = "Phase and Mel-spectrogram, mels, caramel, mel. Most: MOS!";
  const found = find(text).map(({ start, end, id }) => [id, text.slice(start, end)]);
  assert.deepEqual(found, [["phase", "Phase"], ["mel", "Mel-spectrogram"], ["mel", "mel"], ["mos", "MOS"]]);
});

test("umlauts belong to words", () => {
  const find = learn.finder([{ id: "a", forms: { de: ["Beträge"] } }, { id: "b", forms: { de: ["betr"] } }], "de");
  assert.deepEqual(find("Teilbeträge, Beträge").map(({ id, start }) => [id, start]), [["a", 13]]);
});

test("an explanation stays on the screen and does not cover its term", () => {
  const size = { width: 300, height: 100 };
  const screen = { width: 390, height: 600 };
  for (const left of [-20, 10, 350])
    for (const top of [5, 300, 580]) {
      const term = { left, top, bottom: top + 18 };
      const at = learn.beside(term, size, screen);
      assert.ok(at.left >= 0 && at.left + size.width <= screen.width);
      assert.ok(at.top >= 0 && at.top + size.height <= screen.height);
      assert.ok(at.top >= term.bottom || at.top + size.height <= term.top);
    }
});

test("what is pointed at comes to the middle of what is free, or begins at its top", () => {
  assert.equal(learn.toFree({ top: 1000, bottom: 1100 }, 500), 800);
  assert.equal(learn.toFree({ top: 1000, bottom: 3000 }, 500), 984);
});
