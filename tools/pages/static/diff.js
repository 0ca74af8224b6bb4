// Diff: the schedule of a counterexample on two variants, side by side, to where one cannot go on.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});
  const $ = (id) => document.getElementById(id);

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const side = (row, lanes) => {
    const cell = make("td");
    if (!row) return cell;
    const both = make("div", "side");
    const effects = make("div", "effects");
    for (const text of row.effects) effects.append(make("div", "", text));
    both.append(make("div", `event ${row.by}`, `${lanes[row.cpu].replace(/ \(.*/, "")}: ${row.event}`), effects);
    cell.append(both);
    return cell;
  };

  const draw = (diff, name) => {
    const mine = diff.followed[diff.variant].rows;
    const other = diff.followed[name];
    const table = make("table", "sides");
    const head = make("tr");
    for (const text of ["", diff.variant, name]) {
      const cell = make("th", "", text);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(make("thead"), make("tbody"));
    table.tHead.append(head);
    const end = other.why ? other.rows.length + 1 : mine.length;
    mine.slice(0, end).forEach((row, index) => {
      const line = make("tr", index + 1 === other.firstOther ? "other" : "");
      const number = make("th", "step", String(index + 1));
      number.scope = "row";
      line.append(number, side(row, diff.lanes));
      if (other.rows[index]) {
        line.append(side(other.rows[index], diff.lanes));
        const same = row.label === other.rows[index].label && row.effects.join() === other.rows[index].effects.join();
        if (!same) line.classList.add("unlike");
      } else {
        line.append(make("td", "stops", `cannot go on: ${other.why}`));
        line.classList.add("parts");
      }
      table.tBodies[0].append(line);
    });
    $("sides").replaceChildren(table);
    $("outcome").textContent = outcome(diff, name, other);
  };

  const outcome = (diff, name, other) => {
    const first = other.firstOther ? ` They first do something else in step ${other.firstOther}.` : "";
    const wrong = other.violated.includes(diff.property);
    if (other.why) {
      const step = other.rows.length + 1;
      const found = `There ${diff.property} is ${wrong ? "" : "not "}violated.`;
      return `They part in step ${step} of ${diff.steps}: ${name} cannot go on (${other.why}). ${found}${first}`;
    }
    const found = wrong ? `violates ${diff.property} as well` : `does not violate ${diff.property} at its end`;
    return `${name} goes the whole way and ${found}.${first}`;
  };

  const fill = (select, names, chosen) => {
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    select.value = names.includes(chosen) ? chosen : names[0];
  };

  pcpdrain.compare = () => compare().catch((error) => pcpdrain.complain(`${error.message}.`));

  const compare = async () => {
    const { diffs } = await pcpdrain.load("diffs");
    if (!diffs.length) return pcpdrain.complain("This report has no counterexample to compare.");
    const open = async (run, other) => {
      const diff = await pcpdrain.load(`diffs/${run}`);
      const names = Object.keys(diff.followed).filter((name) => name !== diff.variant);
      if (!names.length) return pcpdrain.complain("This report has no other variant.");
      fill($("other"), names, other);
      history.replaceState(null, "", `#${run},${$("other").value}`);
      draw(diff, $("other").value);
    };
    const openAddress = async () => {
      const [run, other] = location.hash.replace("#", "").split(",");
      pcpdrain.complain("");
      if (run && !diffs.includes(run)) {
        pcpdrain.complain(`This link is damaged: there is no schedule ${run}. Here is another one.`);
      }
      fill($("run"), diffs, run);
      await open($("run").value, other);
      const names = [...$("other").options].map((option) => option.value);
      if (other && !names.includes(other)) pcpdrain.complain(`There is no variant ${other} here.`);
    };
    $("run").addEventListener("change", () => open($("run").value, $("other").value));
    $("other").addEventListener("change", () => open($("run").value, $("other").value));
    addEventListener("hashchange", openAddress);
    await openAddress();
  };
})();
