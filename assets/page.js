// The strip at the bottom of the page is there while anything is under way; several things may be.
let underWay = 0;
function show(count) {
  underWay = Math.max(0, count);
  document.body.classList.toggle("busy", underWay > 0);
}
window.explorer = { begin: () => show(underWay + 1), end: () => show(underWay - 1), stop: () => show(0) };

// Sliders tell the server when they are let go. Gradio hears that from the pointer and from the number box, but not from the
// arrow keys: a pause after the last key is letting go, too.
let letGo;
document.addEventListener("keyup", (event) => {
  const slider = event.target;
  if (!slider.matches?.("input[type=range]") || !/^(Arrow|Page|Home|End)/.test(event.key)) return;
  clearTimeout(letGo);
  letGo = setTimeout(() => slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })), 300);
});
