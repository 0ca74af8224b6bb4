// Explorer: a run, chosen step by step from the whole graph of a variant at a small scope.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});
  const $ = (id) => document.getElementById(id);

  // A run through a graph: the states that it has been in, and the choices that led there.
  class Run {
    constructor(graph) {
      this.graph = graph;
      this.choices = [];
      this.states = [0];
    }

    get here() {
      return this.states.at(-1);
    }

    // The possible steps, in the order of their labels: pairs of a target and a row.
    steps(state = this.here) {
      const flat = this.graph.edges[state];
      return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], this.graph.rows[flat[2 * i + 1]]]);
    }

    take(choice) {
      const steps = this.steps();
      if (choice >= steps.length) {
        const number = this.choices.length + 1;
        throw new Error(`This link is damaged: step ${number} is choice ${choice} of ${steps.length}.`);
      }
      this.choices.push(choice);
      this.states.push(steps[choice][0]);
    }

    back() {
      if (!this.choices.length) return;
      this.choices.pop();
      this.states.pop();
    }

    rows() {
      return this.choices.map((choice, index) => this.steps(this.states[index])[choice][1]);
    }

    values(state) {
      return this.graph.states[state].map((number, column) => this.graph.values[column][number]);
    }
  }

  const show = (page, run) => {
    const { graph } = run;
    const rows = run.rows();
    const own = Object.keys(graph.sources)[0];
    const body = pcpdrain.drawTable($("lanes"), graph.lanes, "the run so far");
    rows.forEach((row, index) => body.append(pcpdrain.drawRow(row, String(index + 1), graph.lanes, own, "")));
    body.lastChild?.classList.add("now");
    const take = (choice) => {
      run.take(choice);
      show(page, run);
    };
    pcpdrain.drawChoices($("choices"), graph.lanes, run.steps().map(([, row]) => row), take);
    const last = rows.at(-1) ?? { file: "", line: 0 };
    page.source(last.file, last.line);
    page.state(run.values(run.here), rows.length ? run.values(run.states.at(-2)) : null);
    $("where").textContent = rows.length ? `after ${rows.length} step${rows.length > 1 ? "s" : ""}` : "the start";
    showVerdicts(graph, run.here);
    showReasons(graph, run);
    const link = pcpdrain.formatLink(graph, run.choices);
    history.replaceState(null, "", `#${link}`);
    $("command").textContent = `pcpdrain replay '${link}'`;
  };

  const showVerdicts = (graph, state) => {
    const violated = graph.verdicts[graph.violated[state]];
    $("verdicts").replaceChildren(
      ...graph.properties.map((name) => {
        const wrong = violated.includes(name);
        return pcpdrain.make("span", `verdict ${wrong ? "violated" : "holds"}`, `${wrong ? "✗" : "✓"} ${name}`);
      }),
    );
  };

  const showReasons = (graph, run) => {
    const refused = graph.refusals[graph.disabled[run.here]];
    const column = (name) => run.values(run.here)[graph.variables.indexOf(name)];
    pcpdrain.drawReasons(
      $("reasons"),
      refused.map(([label, reason]) => [label, graph.reasons[reason]]),
      `Every other step is elsewhere in its program: tasks are at ${column("at")}, handlers at ${column("irq_at")}.`,
    );
  };

  // Begins with a link; one that is damaged is told, and the start is offered.
  const begin = async (link) => {
    const graph = await pcpdrain.load(`graphs/${link.variant}-${link.scope}`);
    const run = new Run(graph);
    let problem = "";
    if (link.digest !== graph.digest) {
      problem = `This link is of another version of ${link.variant}. Here is the start.`;
    } else {
      try {
        for (const choice of link.choices) run.take(choice);
      } catch (error) {
        problem = `${error.message} Here is the run up to there.`;
      }
    }
    pcpdrain.complain(problem);
    $("explorer").hidden = false;
    $("bounds").textContent = graph.bounds;
    $("graph").value = `${graph.variant}-${graph.scope}`;
    const page = {
      source: pcpdrain.sourcePanel($("source"), graph.sources),
      state: pcpdrain.statePanel($("state"), graph.variables),
    };
    show(page, run);
    return { run, redraw: () => show(page, run) };
  };

  pcpdrain.explore = () => explore().catch((error) => pcpdrain.complain(`${error.message}.`));

  const explore = async () => {
    let current = null;
    const { graphs } = await pcpdrain.load("graphs");
    if (!graphs.length) throw new Error("This report has no graph that is small enough to be explored");
    const startOf = ([variant, scope, digest]) => ({ variant, scope, digest, choices: [] });
    for (const [variant, scope] of graphs) {
      $("graph").append(new Option(`${variant}, ${scope}`, `${variant}-${scope}`));
    }
    // What cannot be shown is told, and the first graph that can be is offered instead.
    const open = async (link) => {
      const tried = [];
      for (const wanted of [link, ...graphs.map(startOf)]) {
        try {
          current = await begin(wanted);
          if (tried.length) pcpdrain.complain(`${tried[0]}. Here is the start of another graph.`);
          return;
        } catch (error) {
          tried.push(error.message);
        }
      }
      pcpdrain.complain(`${tried[0]}.`);
    };
    const openAddress = async () => {
      if (!location.hash.replace("#", "")) return open(startOf(graphs[0]));
      try {
        return await open(pcpdrain.parseLink(location.hash));
      } catch (error) {
        await open(startOf(graphs[0]));
        pcpdrain.complain(`${error.message} Here is a start.`);
      }
    };
    const actions = {
      ArrowLeft: () => current.run.back(),
      Home: () => {
        while (current.run.choices.length) current.run.back();
      },
    };
    const act = (action) => {
      action();
      pcpdrain.complain("");
      current.redraw();
    };
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("select")) return;
      const choice = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
      const possible = choice >= 0 && choice < current.run.steps().length;
      if (!possible && !(event.key in actions)) return;
      event.preventDefault();
      act(possible ? () => current.run.take(choice) : actions[event.key]);
    });
    $("first").addEventListener("click", () => act(actions.Home));
    $("back").addEventListener("click", () => act(actions.ArrowLeft));
    $("graph").addEventListener("change", () => {
      open(startOf(graphs.find(([variant, scope]) => `${variant}-${scope}` === $("graph").value)));
    });
    $("copy").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        $("where").textContent = "link copied";
      } catch {
        $("where").textContent = "this browser lets no page copy: the link is the address above";
      }
    });
    addEventListener("hashchange", openAddress);
    await openAddress();
  };
})();
