/* Where a key leads in a grid. A place is [row, cell, stop]; a shape has the number of stops of each cell of
   each row. Nothing here touches the page. */

const MANY = 10;

/* Returns the place that a key leads to; null if the key does not move. */
export function nextPlace(key, isControl, [row, cell, stop], shape) {
  const lastRow = shape.length - 1;
  const lastCell = shape[row].length - 1;
  const toRow = (other) => {
    const found = Math.max(0, Math.min(lastRow, other));
    return [found, Math.min(cell, shape[found].length - 1), 0];
  };
  switch (key) {
    case "ArrowRight":
      return stop + 1 < shape[row][cell]
        ? [row, cell, stop + 1]
        : [row, Math.min(lastCell, cell + 1), cell === lastCell ? stop : 0];
    case "ArrowLeft":
      if (stop > 0) {
        return [row, cell, stop - 1];
      }
      return cell > 0 ? [row, cell - 1, shape[row][cell - 1] - 1] : [row, 0, 0];
    case "ArrowDown":
      return row === lastRow ? [row, cell, stop] : toRow(row + 1);
    case "ArrowUp":
      return row === 0 ? [row, cell, stop] : toRow(row - 1);
    case "PageDown":
      return toRow(row + MANY);
    case "PageUp":
      return toRow(row - MANY);
    case "Home":
      return isControl ? [0, 0, 0] : [row, 0, 0];
    case "End":
      return isControl ? [lastRow, shape[lastRow].length - 1, 0] : [row, lastCell, 0];
    default:
      return null;
  }
}
