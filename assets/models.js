"use strict";
{
  // A button in the list of checkpoints writes its id into the box above and presses the button beside that.
  const models = (element) => {
    element.addEventListener("click", (event) => {
      const id = event.target.closest?.("button[data-model]")?.dataset.model;
      if (!id) return;
      const box = document.querySelector("#model-name input, #model-name textarea");
      box.value = id;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      setTimeout(() => document.querySelector("#load-model").click());
    });
  };
  window.explorer = Object.assign(window.explorer ?? {}, { models });
}
