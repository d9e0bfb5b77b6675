/* Tables of what a chart shows, as headings and rows of texts. Nothing here touches the page. */

const MOST_ROWS = 500;

function headingOf(name, { unit }) {
  const words = name.replaceAll("_", " ");
  const isSaid = !unit || unit === "fraction" || words.split(" ").includes(unit.toLowerCase());
  return isSaid ? words : `${words} (${unit})`;
}

function textOf(value, { type, unit }, zone) {
  if (value === null || value === undefined) {
    return "–";
  }
  if (type === "instant") {
    const form = { dateStyle: "medium", timeStyle: "short", timeZone: zone };
    return new Intl.DateTimeFormat("en-GB", form).format(new Date(value));
  }
  if (unit === "fraction") {
    return value.toLocaleString("en-US", { style: "percent", maximumFractionDigits: 1 });
  }
  return typeof value === "number"
    ? value.toLocaleString("en-US", { maximumSignificantDigits: 6 })
    : String(value);
}

const isNumeric = (type) => type === "integer" || type === "number";

function rowsOf({ columns }, value, zone) {
  const names = Object.keys(columns);
  const total = value === null ? 0 : value[names[0]].length;
  const rows = Array.from({ length: Math.min(total, MOST_ROWS) }, (_, row) =>
    names.map((name) => textOf(value[name][row], columns[name], zone)),
  );
  const sorts = rows.map((_, row) => names.map((name) => String(value[name][row] ?? "")));
  return { rows, sorts, total };
}

/* Returns the table of a dataset's answer: { headings: [{ text, numeric }], rows, sorts, total }; `sorts` has
   what each cell sorts by. With the period
   before, the rows of both periods begin with the name of theirs. */
export function tableOfDataset(answer, zone) {
  const headings = Object.entries(answer.columns).map(([name, column]) => ({
    text: headingOf(name, column),
    numeric: isNumeric(column.type),
  }));
  const present = rowsOf(answer, answer.value, zone);
  if (!answer.previous) {
    return { headings, ...present };
  }
  const before = rowsOf(answer, answer.previous, zone);
  const rows = [
    ...present.rows.map((row) => ["present", ...row]),
    ...before.rows.map((row) => ["before", ...row]),
  ];
  const sorts = [
    ...present.sorts.map((row) => ["present", ...row]),
    ...before.sorts.map((row) => ["before", ...row]),
  ];
  return {
    headings: [{ text: "period", numeric: false }, ...headings],
    rows,
    sorts,
    total: present.total + before.total,
  };
}

/* Returns the table of a figure: a row for each place on the axis that its traces share, a column for each
   trace. */
export function tableOfTraces(traces, zone) {
  const drawn = traces.filter((trace) => trace.x && trace.y);
  const isFlat = (trace) => trace.orientation === "h";
  const pairs = drawn.map((trace) => {
    const [at, values] = isFlat(trace) ? [trace.y, trace.x] : [trace.x, trace.y];
    return new Map(Array.from(at, (place, number) => [String(place), values[number]]));
  });
  const places = [...new Set(pairs.flatMap((pair) => [...pair.keys()]))];
  const shown = places.slice(0, MOST_ROWS);
  const rows = shown.map((place) => [
    place,
    ...pairs.map((pair) => textOf(pair.get(place), { type: "number" }, zone)),
  ]);
  const sorts = shown.map((place) => [place, ...pairs.map((pair) => String(pair.get(place) ?? ""))]);
  const headings = drawn.map((trace) => ({ text: trace.name ?? "", numeric: true }));
  return { headings: [{ text: "", numeric: false }, ...headings], rows, sorts, total: places.length };
}
