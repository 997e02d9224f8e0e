// Where the visitor is, for links; and what was asked for, to the clipboard.
{
  const KEPT = ["lang", "__theme"]; // of an address, in a link

  // The id of the tab that is open and the part that the player loops, as a link says them.
  function place() {
    const tab = document.querySelector("#tabs [role=tab][aria-selected=true]");
    const part = document.querySelector("#compare .ab")?.player?.state.part;
    const seconds = (time) => String(Math.round(time * 1000) / 1000);
    return [tab?.dataset.tabId ?? "", part ? `${seconds(part.start)}_${seconds(part.end)}` : ""];
  }

  // The whole link of a query; the language and the theme that the address asks for stay.
  function linked(query, address) {
    const link = new URL(address);
    const kept = new URLSearchParams([...link.searchParams].filter(([name]) => KEPT.includes(name))).toString();
    link.search = kept ? `${query}&${kept}` : query;
    link.hash = "";
    return link.href;
  }

  async function copy(text) {
    const said = document.querySelector("#share-said");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = said.dataset.copied;
    } catch {
      said.textContent = said.dataset.failed;
    }
  }

  // Clicks the button that holds the file, as soon as it is there.
  function save(tries = 50) {
    const button = document.querySelector("#bundle");
    if (button) setTimeout(() => button.click(), 200); // its address arrives a moment after it
    else if (tries > 0) setTimeout(() => save(tries - 1), 100);
  }

  if (typeof module === "undefined") window.explorer.share = { place, linked, copy, save };
  else module.exports = { linked };
}
