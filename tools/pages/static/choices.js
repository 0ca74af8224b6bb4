// Choices: the steps that are possible in a state, by CPU, as buttons; and why others are not.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});

  // Draws a button for each possible step into a container; `take` gets its place among all of them.
  pcpdrain.drawChoices = (container, lanes, steps, take) => {
    const { make } = pcpdrain;
    const groups = lanes.map((name) => {
      const group = make("div", "choices");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", name);
      group.append(make("h3", "", name));
      return group;
    });
    steps.forEach((row, index) => {
      const button = make("button", row.by);
      button.type = "button";
      if (index < 9) button.append(make("kbd", "", String(index + 1)), " ");
      button.append(row.event);
      button.title = row.label;
      button.addEventListener("click", () => take(index));
      groups[row.cpu].append(button);
    });
    for (const group of groups) {
      if (group.children.length === 1) group.append(make("p", "quiet", "nothing is possible"));
    }
    container.replaceChildren(...groups);
  };

  // Draws why steps are not possible: pairs of a label and a reason.
  pcpdrain.drawReasons = (container, refused, note) => {
    const { make } = pcpdrain;
    const list = make("dl", "reasons");
    for (const [label, reason] of refused) list.append(make("dt", "", label), make("dd", "", reason));
    container.replaceChildren(list, make("p", "quiet", note));
  };
})();
