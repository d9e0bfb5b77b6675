/* The entries of a chart's legend: one for each series, or for each group of series that belong together. Nothing
   here touches the page. */

const USUAL_RANK = 1000;
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/* Returns a text of a chart as plain text: Plotly reads tags and entities in it. */
export function plainText(text) {
  return text
    .replace(/<br>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);
}

function first(value) {
  return Array.isArray(value) ? value[0] : value;
}

function lookOf({ type, marker, line }) {
  if (type === "bar") {
    const pattern = Boolean(first(marker?.pattern?.shape));
    return { kind: "bar", colour: first(marker?.color) ?? "", isBroken: pattern };
  }
  const dash = line?.dash ?? "solid";
  return { kind: "line", colour: line?.color ?? first(marker?.color) ?? "", isBroken: dash !== "solid" };
}

/* Returns the entries of traces: [{ name, whole, indexes, isShown, look }]. `indexes` are those of all traces that
   an entry shows and hides, the first of them the one that it stands for. */
export function entriesOf(traces) {
  const named = traces
    .map((trace, index) => ({ trace, index }))
    .filter(({ trace }) => trace.showlegend !== false && trace.name)
    .sort((a, b) => (a.trace.legendrank ?? USUAL_RANK) - (b.trace.legendrank ?? USUAL_RANK));
  const entries = new Map();
  for (const { trace, index } of named) {
    const key = trace.legendgroup || `trace ${index}`;
    if (!entries.has(key)) {
      const group = trace.legendgroup;
      const others = group
        ? traces.flatMap((one, at) => (one.legendgroup === group && at !== index ? [at] : []))
        : [];
      entries.set(key, {
        name: plainText(trace.name),
        whole: plainText(trace.meta?.whole ?? trace.name),
        indexes: [index, ...others],
        isShown: trace.visible !== "legendonly",
        look: lookOf(trace),
      });
    }
  }
  return [...entries.values()];
}

/* Returns new traces, those hidden whose entries are hidden in the traces that are shown. */
export function withHidden(traces, shown) {
  const hidden = new Set((shown ?? []).filter(({ visible }) => visible === "legendonly").map(keyOf));
  return hidden.size
    ? traces.map((trace) => (hidden.has(keyOf(trace)) ? { ...trace, visible: "legendonly" } : trace))
    : traces;
}

function keyOf({ legendgroup, name, yaxis }) {
  return JSON.stringify([legendgroup ?? "", name ?? "", yaxis ?? ""]);
}
