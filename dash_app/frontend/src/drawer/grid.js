/* The rows in AG Grid: columns as the server names them, blocks of rows as they come into view. */

import {
  CellStyleModule,
  ColumnApiModule,
  createGrid,
  DateFilterModule,
  InfiniteRowModelModule,
  ModuleRegistry,
  NumberFilterModule,
  RowStyleModule,
  TextFilterModule,
  themeQuartz,
} from "ag-grid-community";
import { cellText } from "./words.js";

ModuleRegistry.registerModules([
  CellStyleModule,
  ColumnApiModule,
  DateFilterModule,
  InfiniteRowModelModule,
  NumberFilterModule,
  RowStyleModule,
  TextFilterModule,
]);

export const BLOCK_ROWS = 100;
const MARK = "since-counted";

/* Its colours are variables of the page's style sheet, so it follows the theme by itself. */
const THEME = themeQuartz.withParams({
  accentColor: "var(--accent)",
  backgroundColor: "var(--panel)",
  borderColor: "var(--bs-border-color)",
  browserColorScheme: "inherit",
  cellHorizontalPadding: 10,
  fontFamily: "inherit",
  fontSize: 13,
  foregroundColor: "var(--bs-body-color)",
  headerBackgroundColor: "var(--panel)",
  headerFontSize: 12,
  headerFontWeight: 600,
  headerTextColor: "var(--muted)",
  rowHeight: 32,
  headerHeight: 36,
  spacing: 6,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
});

const WIDTHS = { integer: 92, number: 104, boolean: 92, instant: 168, day: 112 };
/* For the sign of the filter and that of the order, in pixels. */
const HEADING_ROOM = 52;
const TEXT_OPTIONS = ["contains", "equals", "blank"];
const ORDER_OPTIONS = ["equals", "lessThan", "greaterThan", "inRange", "blank"];
const FILTERS = {
  text: ["agTextColumnFilter", TEXT_OPTIONS],
  integer: ["agNumberColumnFilter", ORDER_OPTIONS],
  number: ["agNumberColumnFilter", ORDER_OPTIONS],
  instant: ["agDateColumnFilter", ORDER_OPTIONS],
  day: ["agDateColumnFilter", ORDER_OPTIONS],
};

/* Returns the columns of the grid. `look` makes the content of a cell: it takes its text, its value, its column
   and its row. */
function gridColumns(columns, { zone, look, view, hidden }) {
  const order = new Map((view.sort || []).map(({ colId, sort }, place) => [colId, { sort, place }]));
  const marks = {
    colId: MARK,
    headerName: "Since",
    hide: true,
    pinned: "left",
    sortable: false,
    width: 92,
    valueGetter: ({ data }) => data?.mark || "",
    cellClass: "rows-mark",
  };
  const shown = columns.map((column, place) => {
    const canFind = column.is_sortable !== false;
    const [filter, options] = (canFind && FILTERS[column.type]) || [];
    const numeric = column.type === "integer" || column.type === "number";
    const heading = needsUnit(column) ? `${column.label} (${column.unit})` : column.label;
    return {
      colId: column.name,
      headerName: heading,
      hide: hidden.has(column.name),
      initialSort: order.get(column.name)?.sort,
      initialSortIndex: order.get(column.name)?.place,
      sortable: canFind,
      filter: filter || false,
      filterParams: {
        filterOptions: options,
        maxNumConditions: 1,
        buttons: ["reset", "apply"],
        closeOnApply: true,
        inRangeInclusive: true,
      },
      width: Math.max(WIDTHS[column.type] || (column.long ? 300 : 150), HEADING_ROOM + 7 * heading.length),
      minWidth: 70,
      cellClass: numeric ? "rows-number" : "rows-text-cell",
      headerClass: numeric ? "ag-right-aligned-header" : "",
      valueGetter: ({ data }) => data?.cells[place],
      valueFormatter: ({ value }) => cellText(value, column, zone),
      cellRenderer: ({ data, value, valueFormatted }) =>
        data ? look(valueFormatted, value, column, data) : skeleton(),
    };
  });
  return [marks, ...shown];
}

/* Returns whether a heading has to say the unit: the label, or each cell, may do so already. */
function needsUnit({ label, type, unit }) {
  const isNumber = type === "integer" || type === "number";
  return isNumber && unit && unit !== "USD" && !label.toLowerCase().includes(unit.toLowerCase());
}

function skeleton() {
  const bar = document.createElement("span");
  bar.className = "rows-skeleton";
  return bar;
}

/* Puts a grid into an element.

   `first` is the answer with the first rows, `load` returns the answer for an offset, an order and filters.
   `onView` is called with a new order or filters, `onAnswer` with each answer, `onTrouble` with what has gone
   wrong, `onOpen` with the column, the row and the element of a cell that is clicked or entered. */
export function makeGrid(element, { first, load, zone, view, hidden, look, popups, ...on }) {
  let held = first;
  const datasource = {
    async getRows({ startRow, sortModel, filterModel, successCallback, failCallback }) {
      const known = held;
      held = null;
      try {
        const answer =
          (startRow === 0 && known) ||
          (await load(startRow, { sort: sortModel, filters: withDays(filterModel, first.columns) }));
        const rows = answer.rows.map((cells, place) => ({
          cells,
          id: answer.ids[place],
          mark: answer.marks[place],
          error: answer.errors[place],
        }));
        on.onAnswer(answer);
        if (answer.marks.some(Boolean)) {
          grid.setColumnsVisible([MARK], true);
        }
        successCallback(rows, answer.total);
      } catch (error) {
        failCallback();
        on.onTrouble(error);
      }
    },
  };
  const opened = ({ column, data, event }) => {
    const place = first.columns.findIndex(({ name }) => name === column.getColId());
    if (data && place >= 0) {
      on.onOpen(first.columns[place], data, data.cells[place], event.target.closest(".ag-cell"));
    }
  };
  const grid = createGrid(element, {
    theme: THEME,
    rowModelType: "infinite",
    columnDefs: gridColumns(first.columns, { zone, look, view, hidden }),
    defaultColDef: { resizable: true, sortingOrder: ["desc", "asc", null], suppressHeaderMenuButton: true },
    cacheBlockSize: BLOCK_ROWS,
    maxBlocksInCache: 20,
    maxConcurrentDatasourceRequests: 2,
    blockLoadDebounceMillis: 60,
    infiniteInitialRowCount: Math.min(first.total, BLOCK_ROWS),
    popupParent: popups,
    ensureDomOrder: true,
    enableCellTextSelection: true,
    suppressDragLeaveHidesColumns: true,
    suppressMultiSort: false,
    rowClassRules: {
      "rows-changed": ({ data }) => data?.mark === "changed",
      "rows-gone": ({ data }) => data?.mark === "gone",
    },
    onCellClicked: opened,
    onCellKeyDown: (event) => {
      if (event.event.key === "Enter") {
        opened(event);
      }
    },
    onSortChanged: () => on.onView(viewOf(grid, first.columns)),
    onFilterChanged: () => on.onView(viewOf(grid, first.columns)),
  });
  if (Object.keys(view.filters || {}).length) {
    grid.setFilterModel(view.filters);
  }
  grid.setGridOption("datasource", datasource);
  return {
    reload: () => grid.purgeInfiniteCache(),
    clearFilters: () => grid.setFilterModel(null),
    setShown: (name, isShown) => grid.setColumnsVisible([name], isShown),
    destroy: () => grid.destroy(),
  };
}

/* Returns filters that say which of them are of days. */
function withDays(filters, columns) {
  const isDay = (name) => columns.some((column) => column.name === name && column.type === "day");
  const marked = Object.entries(filters).map(([name, filter]) => [
    name,
    isDay(name) ? { ...filter, isDay: true } : filter,
  ]);
  return Object.fromEntries(marked);
}

function viewOf(grid, columns) {
  const sort = grid
    .getColumnState()
    .filter((column) => column.sort)
    .sort((a, b) => a.sortIndex - b.sortIndex)
    .map(({ colId, sort }) => ({ colId, sort }));
  const filters = withDays(grid.getFilterModel(), columns);
  return Object.fromEntries(Object.entries({ sort, filters }).filter(([, part]) => Object.keys(part).length));
}
