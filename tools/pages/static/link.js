// Links: a run as the fragment of an address. tools/links.py reads and writes the same.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});

  pcpdrain.formatLink = ({ variant, scope, digest }, choices) =>
    `variant=${variant}&scope=${scope}&of=${digest}&run=${choices.join(".")}`;

  // The parts of a fragment; throws an error that says what is wrong.
  pcpdrain.parseLink = (fragment) => {
    const parts = new URLSearchParams(fragment.replace(/^#/, ""));
    if ([...parts.keys()].sort().join() !== "of,run,scope,variant") {
      throw new Error("This link is damaged: expected #variant=V&scope=S&of=DIGEST&run=0.2.1.");
    }
    const run = parts.get("run");
    if (!/^(\d+(\.\d+)*)?$/.test(run)) {
      throw new Error("This link is damaged: `run` must be numbers with dots between them.");
    }
    return {
      variant: parts.get("variant"),
      scope: parts.get("scope"),
      digest: parts.get("of"),
      choices: run ? run.split(".").map(Number) : [],
    };
  };
})();
