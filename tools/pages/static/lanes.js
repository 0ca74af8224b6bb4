// Lanes: draws the rows of a run, a column for each CPU, with nesting and arrows.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  pcpdrain.make = make;

  // What part of an arrow is in the cell of a CPU: where it begins, where it ends, or where it passes.
  const arrowPart = (row, cpu) => {
    for (const [source, target, kind] of row.arrows) {
      if (cpu < Math.min(source, target) || cpu > Math.max(source, target)) continue;
      const part = cpu === source ? "from" : cpu === target ? "to" : "through";
      return `${part} ${source < target ? "rightward" : "leftward"} ${kind}`;
    }
    return "";
  };

  const cellOf = (row, cpu) => {
    const cell = make("td", "lane");
    cell.append(make("span", `bar call ${row.call[cpu]}`), make("span", `bar handler ${row.handler[cpu]}`));
    const event = make("span", `event ${row.cpu === cpu ? row.by : ""}`, row.cpu === cpu ? row.event : "");
    cell.append(event);
    const part = arrowPart(row, cpu);
    if (part) cell.append(make("span", `arrow ${part}`));
    return cell;
  };

  pcpdrain.placeOf = (row, own) => {
    if (!row.file) return "";
    return `${row.file === own ? "" : row.file.replace(/\.drain$/, "")}:${row.line}`;
  };

  // One row as a table row; `number` is what stands at its beginning.
  pcpdrain.drawRow = (row, number, lanes, own, note) => {
    const line = make("tr");
    line.append(make("th", "step", number));
    line.firstChild.scope = "row";
    lanes.forEach((_, cpu) => line.append(cellOf(row, cpu)));
    line.append(make("td", "place", pcpdrain.placeOf(row, own)));
    const effects = make("td", "effects");
    for (const text of note ? [note, ...row.effects] : row.effects) effects.append(make("div", "", text));
    line.append(effects);
    return line;
  };

  // An empty table with its head; rows go into the body that it returns.
  pcpdrain.drawTable = (container, lanes, caption) => {
    const table = make("table", "lanes");
    table.append(make("caption", "hidden", caption));
    const head = make("tr");
    for (const name of ["", ...lanes, "line", "reads (is), changes (=)"]) {
      const cell = make("th", "", name);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(make("thead"), make("tbody"));
    table.tHead.append(head);
    container.replaceChildren(table);
    return table.tBodies[0];
  };
})();
