// Source: shows a file with its line numbers, and marks the line of the current step.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});

  // Returns a function that shows a file and marks a line (0: none).
  pcpdrain.sourcePanel = (container, sources) => {
    const { make } = pcpdrain;
    const name = make("h2", "file");
    const code = make("ol", "source");
    code.tabIndex = 0;
    container.replaceChildren(name, code);
    let shown = "";
    return (file, line) => {
      const wanted = file in sources ? file : shown || Object.keys(sources)[0];
      if (wanted !== shown) {
        shown = wanted;
        name.textContent = wanted;
        code.setAttribute("aria-label", wanted);
        code.replaceChildren(...sources[wanted].map((text) => make("li", "", text.replaceAll("\t", "    ") || " ")));
      }
      for (const old of code.querySelectorAll(".now")) {
        old.classList.remove("now");
        old.removeAttribute("aria-current");
      }
      const now = file ? code.children[line - 1] : null;
      if (!now) return;
      now.classList.add("now");
      now.setAttribute("aria-current", "true");
      code.scrollTop = now.offsetTop - code.offsetTop - code.clientHeight / 2;
    };
  };
})();
