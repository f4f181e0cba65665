"use strict";
// Draws every chart of the page from the JSON beside it; chart.py says what that holds.
(() => {
  const say = (value) => {
    if (value === null || value === undefined) return "none";
    if (value instanceof Date) return value.toISOString().replace("T00:00:00.000Z", "").replace(".000Z", "").replace("T", " ");
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en-US");
    return size >= 1e-4 && size < 1e15
      ? value.toLocaleString("en-US", { maximumSignificantDigits: 4 })
      : Number(value.toPrecision(4)).toExponential();
  };

  // as beside an axis, where there is no room for millions
  const brief = (value) => (Math.abs(value) >= 1e6 ? Number(value.toPrecision(3)).toExponential().replace("+", "") : say(value));

  // {column: [values]} → [{column: value}], times read as such
  const rows = (columns, times) => {
    if (columns.grid) {
      // a map: values[step][unit], and what steps and units are called
      const { steps, labels, units, values } = columns.grid;
      return values.flatMap((line, i) => line.map((value, j) => ({ step: steps[i], label: labels[i], unit: units[j], value })));
    }
    const names = Object.keys(columns);
    const read = (name, value) => (times.includes(name) && value !== null ? new Date(value) : value);
    return (columns[names[0]] || []).map((_, i) => Object.fromEntries(names.map((name) => [name, read(name, columns[name][i])])));
  };

  const some = (values, count) => {
    const all = [...new Set(values)];
    const every = Math.max(1, Math.ceil(all.length / count));
    return all.filter((_, i) => i % every === 0);
  };

  // lines of so many letters, cut between words
  const folded = (name, most) =>
    name.split(" ").reduce((lines, word) => {
      const last = lines[lines.length - 1];
      if (last === undefined || last.length + word.length >= most) return [...lines, word];
      return [...lines.slice(0, -1), `${last} ${word}`];
    }, []);

  const mark = ({ kind, data, options, tip, near }, tables) => {
    const own = { ...options };
    if (tip) own.title = (row) => tip.map(([words, column]) => (words ? `${words}: ` : "") + say(row[column])).join("\n");
    // a colour or an opacity that is a column of its own is taken as it is, not through a scale
    for (const name of ["fill", "stroke", "fillOpacity", "strokeOpacity"])
      if (own[name] && own[name].as_is) own[name] = { value: own[name].as_is, scale: null };
    const near_by = { x: Plot.pointerX, xy: Plot.pointer }[near];
    return Plot[kind](tables[data], near_by ? near_by({ maxRadius: 60, ...own }) : own);
  };

  const start = (figure) => {
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const canvas = figure.querySelector(".canvas");
    const picks = [...figure.querySelectorAll("select")];
    const key = () => picks.map((pick) => pick.selectedIndex).join(",");
    let width = 0;
    const draw = () => {
      const chosen = spec.choices[key()] || {};
      const tables = Object.fromEntries(Object.entries({ ...spec.data, ...chosen.data }).map(([name, table]) => [name, rows(table, spec.times)]));
      const options = { marginTop: 30, ...spec.plot, ...chosen.plot, width: Math.max(width, 240) };
      if (options.height_of) options.height = options.height_of[0] + options.height_of[1] * tables[options.height_of[2]].length;
      // room for the ticks and, below them, the label
      if (options.x.label) Object.assign(options, { marginBottom: 46, x: { labelOffset: 42, ...options.x } });
      options.style = { background: "transparent", color: "inherit", fontFamily: "inherit", fontSize: "12px" };
      for (const [axis, column] of [["x", "step"], ["y", "unit"]]) {
        const own = { ...options[axis] };
        if (own.tickFormat === "say") own.tickFormat = brief;
        // an axis of many names shows some of them
        if (own.few) own.ticks = some(tables[spec.marks[0].data].map((row) => row[column]), width < 480 ? own.few / 2 : own.few);
        delete own.few;
        options[axis] = own;
      }
      // names beside an axis take no more than half of a narrow picture, in as many lines as that needs
      if (options.y.domain && options.marginLeft > options.width / 2) {
        options.marginLeft = options.width / 2;
        const lines = Object.fromEntries(options.y.domain.map((name) => [name, folded(name, Math.floor(options.marginLeft / 7) - 2)]));
        options.height += 14 * options.y.domain.length * (Math.max(...Object.values(lines).map((each) => each.length)) - 1);
        options.y = { ...options.y, tickFormat: (name) => lines[name].join("\n") };
      }
      // of names that stand aslant below a picture, as many as there is room for
      for (const { options: own, data } of spec.marks)
        if (own.rotate) tables[data] = some(tables[data], Math.floor((options.width - options.marginLeft) / 14));
      options.marks = spec.marks.map((each) => mark(each, tables));
      if (width < 480 && options.x.ticks === undefined) options.x = { ...options.x, ticks: 4 };
      const picture = Plot.plot(options);
      // one picture with one sentence; what it is drawn of says nothing by itself
      picture.setAttribute("aria-hidden", "true");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", picks.length ? `${spec.label} Shown: ${picks.map((pick) => pick.value).join(", ")}.` : spec.label);
      canvas.replaceChildren(picture);
      for (const table of figure.querySelectorAll("[data-choice]")) table.hidden = table.dataset.choice !== key();
    };
    for (const pick of picks) pick.addEventListener("change", draw);
    new ResizeObserver(([entry]) => {
      if (Math.round(entry.contentRect.width) === width) return;
      width = Math.round(entry.contentRect.width);
      draw();
    }).observe(canvas);
  };

  document.querySelectorAll("figure.chart").forEach(start);
  // where a drawing is wider than the screen, its newest step is what counts
  for (const each of document.querySelectorAll(".drawing")) each.scrollLeft = each.scrollWidth;

  // a reader of paper cannot open what is closed
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.short:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
})();
