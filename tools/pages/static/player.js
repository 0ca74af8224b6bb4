// Player: the page of a counterexample. Scrubs through its steps, with the source line and the state beside.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});
  const $ = (id) => document.getElementById(id);

  // All states of a run, from what each step changes.
  const statesOf = ({ variables, changes }) => {
    const states = [];
    for (const change of changes) {
      const state = states.length ? [...states.at(-1)] : variables.map(() => "");
      for (const [number, text] of Object.entries(change)) state[number] = text;
      states.push(state);
    }
    return states;
  };

  const drawRows = (run, own, go) => {
    const body = pcpdrain.drawTable($("lanes"), run.lanes, "the steps of the counterexample");
    const drawn = run.rows.map((row, index) => {
      const decides = run.decides === index + 1;
      const note = run.loop === index ? "for ever from here" : "";
      const line = pcpdrain.drawRow(row, `${index + 1}${decides ? " !" : ""}`, run.lanes, own, note);
      if (decides) line.classList.add("decides");
      line.addEventListener("click", () => go(index + 1));
      body.append(line);
      return line;
    });
    for (const row of run.following) {
      const line = pcpdrain.drawRow(row, "next", run.lanes, own, "");
      line.classList.add("decides");
      body.append(line);
    }
    return drawn;
  };

  const keys = (actions) =>
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input[type=range], select, textarea");
      if (event.altKey || event.ctrlKey || event.metaKey || typing || !(event.key in actions)) return;
      event.preventDefault();
      actions[event.key]();
    });

  pcpdrain.play = () =>
    pcpdrain.load($("player").dataset.run).then(show, (error) => {
      pcpdrain.complain(`${error.message}; make the report again.`);
    });

  const show = (run) => {
    $("player").hidden = false;
    const states = statesOf(run);
    const own = Object.keys(run.sources)[0];
    const showSource = pcpdrain.sourcePanel($("source"), run.sources);
    const showState = pcpdrain.statePanel($("state"), run.variables);
    const count = run.rows.length;
    let at = count;

    const go = (step) => {
      at = Math.min(Math.max(step, 0), count);
      $("scrub").value = at;
      $("scrub").setAttribute("aria-valuetext", at ? `step ${at}: ${run.rows[at - 1].event}` : "the start");
      $("where").textContent = at ? `step ${at} of ${count}` : "the start";
      drawn.forEach((line, index) => {
        line.classList.toggle("now", index + 1 === at);
        line.classList.toggle("later", index + 1 > at);
        if (index + 1 === at) line.setAttribute("aria-current", "step");
        else line.removeAttribute("aria-current");
      });
      if (at) drawn[at - 1].scrollIntoView({ block: "nearest" });
      const row = at ? run.rows[at - 1] : { file: "", line: 0 };
      showSource(row.file, row.line);
      showState(states[at], at ? states[at - 1] : null);
      history.replaceState(null, "", `#step=${at}`);
    };
    const drawn = drawRows(run, own, go);

    const actions = {
      ArrowLeft: () => go(at - 1),
      ArrowRight: () => go(at + 1),
      Home: () => go(0),
      End: () => go(count),
      d: () => run.decides && go(run.decides),
    };
    keys(actions);
    $("scrub").addEventListener("input", () => go(Number($("scrub").value)));
    $("first").addEventListener("click", actions.Home);
    $("back").addEventListener("click", actions.ArrowLeft);
    $("next").addEventListener("click", actions.ArrowRight);
    $("last").addEventListener("click", actions.End);
    $("decides")?.addEventListener("click", actions.d);
    const wanted = /^#step=(\d+)$/.exec(location.hash);
    go(wanted ? Number(wanted[1]) : (run.decides ?? count));
    scrollTo(0, 0);
  };
})();
