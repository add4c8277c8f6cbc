// How the keys move about in the table. Pure.

/** A row, and in it one of the things that can be used. */
export interface Spot {
  row: number;
  stop: number;
}

/** Where a key leads; nothing for a key that does not move. The caller keeps `stop` within the row. */
export function stepFrom({ row, stop }: Spot, key: string, rows: number, page: number): Spot | null {
  const to = (wanted: number): Spot => ({ row: Math.max(0, Math.min(rows - 1, wanted)), stop });
  switch (key) {
    case "ArrowDown":
      return to(row + 1);
    case "ArrowUp":
      return to(row - 1);
    case "PageDown":
      return to(row + page);
    case "PageUp":
      return to(row - page);
    case "Home":
      return to(0);
    case "End":
      return to(rows - 1);
    case "ArrowRight":
      return { row, stop: stop + 1 };
    case "ArrowLeft":
      return { row, stop: Math.max(0, stop - 1) };
    default:
      return null;
  }
}
