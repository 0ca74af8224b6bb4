// Matrix: shows the verdicts at one scope instead of those at all.
"use strict";
(() => {
  const SIGNS = { holds: "✓", violated: "✗", unknown: "?", not_run: "–" };
  const select = document.getElementById("scope");
  const cells = [...document.querySelectorAll("a.cell")].map((cell) => {
    const verdicts = Object.fromEntries(cell.dataset.scopes.split(" ").map((pair) => pair.split(":")));
    const [sign, count] = cell.querySelectorAll(".sign, .count");
    const whole = { kind: cell.className.replace("cell ", ""), sign: sign.textContent, count: count.textContent };
    return { cell, verdicts, sign, count, whole };
  });
  select.addEventListener("change", () => {
    const scope = select.value;
    for (const { cell, verdicts, sign, count, whole } of cells) {
      const found = verdicts[scope];
      const shown = scope ? { kind: found ?? "absent", sign: SIGNS[found] ?? "", count: "" } : whole;
      cell.className = `cell ${shown.kind}`;
      sign.textContent = shown.sign;
      count.textContent = shown.count;
    }
    const bounds = document.querySelector(`[data-bounds="${scope}"]`);
    document.getElementById("bounds").textContent = bounds ? bounds.textContent : "";
  });
})();
