// State: a table of the variables, with those that the last step changed marked.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});

  // Returns a function that shows the values of a state, and which of them are not as in the one before.
  pcpdrain.statePanel = (container, variables) => {
    const { make } = pcpdrain;
    const table = make("table", "state");
    table.append(make("caption", "", "state"));
    const body = make("tbody");
    table.append(body);
    const cells = variables.map((name) => {
      const row = make("tr");
      const head = make("th", "", name);
      head.scope = "row";
      row.append(head, make("td"));
      body.append(row);
      return row.lastChild;
    });
    container.replaceChildren(table);
    return (values, before) => {
      cells.forEach((cell, index) => {
        const changed = before !== null && before[index] !== values[index];
        cell.textContent = values[index];
        cell.parentNode.className = changed ? "changed" : "";
        cell.title = changed ? `was ${before[index]}` : "";
      });
    };
  };
})();
