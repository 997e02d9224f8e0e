import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";

const { linked } = createRequire(import.meta.url)("../../assets/share.js");

test("a link is the address with the recipe alone", () => {
  assert.equal(linked("?example=vowels&seed=3", "http://page.test:7860/"), "http://page.test:7860/?example=vowels&seed=3");
  assert.equal(linked("?seed=3", "https://page.test/a/?seed=9&region=1_2&colour=red#top"), "https://page.test/a/?seed=3");
});

test("the language and the theme go along", () => {
  const link = new URL(linked("?seed=3", "https://page.test/?lang=de&seed=9&__theme=dark"));
  assert.deepEqual(Object.fromEntries(link.searchParams), { seed: "3", lang: "de", __theme: "dark" });
});
