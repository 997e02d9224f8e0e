// The strip at the bottom of the page is there while anything is under way. What is cancelled may still report its end,
// so listeners are told apart by name.
const underWay = new Set();
const showStrip = () => document.body.classList.toggle("busy", underWay.size > 0);
window.explorer = Object.assign(window.explorer ?? {}, {
  begin(name) {
    underWay.add(name);
    showStrip();
  },
  end(name) {
    underWay.delete(name);
    showStrip();
  },
  stop() {
    underWay.clear();
    showStrip();
  },
});

// Sliders tell the server when they are let go. Gradio hears that from the pointer and from the number box, but not from the
// arrow keys: a pause after the last key is letting go, too.
let letGo;
document.addEventListener("keyup", (event) => {
  const slider = event.target;
  if (!slider.matches?.("input[type=range]") || !/^(Arrow|Page|Home|End)/.test(event.key)) return;
  clearTimeout(letGo);
  letGo = setTimeout(() => slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })), 300);
});
