// Tables of numbers that are walked through by keys, pointed at by the mouse and tapped.

class NumberGrid {
  // onPoint(cell, kept) is called for the cell that is pointed at, and with null when the mouse leaves.
  constructor(table, onPoint) {
    this.table = table;
    this.rows = 0;
    this.columns = 0;
    const cellOf = (event) => event.target.closest("td");
    const point = (cell, kept) => cell && onPoint({y: cell.parentNode.rowIndex, x: cell.cellIndex}, kept);
    table.addEventListener("pointerover", (event) => event.pointerType === "mouse" && point(cellOf(event), false));
    table.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && onPoint(null, false));
    table.addEventListener("focusin", (event) => point(cellOf(event), true));
    table.addEventListener("click", (event) => point(cellOf(event), true));
    table.addEventListener("keydown", (event) => this.walk(event, cellOf(event), point));
  }

  cell(y, x) {
    return this.table.rows[y]?.cells[x];
  }

  // Shows the numbers that describe(y, x) returns: {text, shade, outside, label}.
  show(rows, columns, label, describe) {
    if (rows !== this.rows || columns !== this.columns) this.build(rows, columns);
    this.table.setAttribute("aria-label", label);
    let longest = 3;
    for (const row of this.table.rows) {
      for (const cell of row.cells) {
        const {text, shade, outside, label: name} = describe(row.rowIndex, cell.cellIndex);
        cell.firstChild.data = text;
        cell.classList.toggle("outside", outside);
        cell.style.setProperty("--shade", shade);
        cell.setAttribute("aria-label", name);
        longest = Math.max(longest, text.length);
      }
    }
    this.table.style.setProperty("--longest", longest);
  }

  build(rows, columns) {
    Object.assign(this, {rows, columns});
    this.table.style.setProperty("--columns", columns);
    this.table.setAttribute("aria-rowcount", rows);
    this.table.setAttribute("aria-colcount", columns);
    const body = document.createElement("tbody");
    for (let y = 0; y < rows; y += 1) {
      const row = body.insertRow();
      row.setAttribute("role", "row");
      for (let x = 0; x < columns; x += 1) {
        const cell = row.insertCell();
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = y + x === 0 ? 0 : -1;
        cell.append("", document.createElement("small"));
      }
    }
    this.table.replaceChildren(body);
  }

  // Makes a cell the one that the Tab key reaches.
  makeReachable(y, x) {
    const before = this.table.querySelector("td[tabindex='0']");
    const cell = this.cell(y, x);
    if (!cell || cell === before) return;
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
  }

  walk(event, cell, point) {
    if (!cell || event.altKey || event.metaKey) return;
    const [y, x] = [cell.parentNode.rowIndex, cell.cellIndex];
    const whole = event.ctrlKey;
    const places = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
      Home: [whole ? 0 : y, 0], End: [whole ? this.rows - 1 : y, this.columns - 1],
      PageUp: [0, x], PageDown: [this.rows - 1, x], Enter: [y, x], " ": [y, x],
    };
    if (!Object.hasOwn(places, event.key)) return;
    event.preventDefault();
    const next = this.cell(...places[event.key]);
    if (next === cell) point(cell, true);
    else if (next) next.focus();
  }

  clear() {
    for (const cell of this.table.querySelectorAll(".lit, .chosen, .copy, .zero")) {
      cell.classList.remove("lit", "chosen", "copy", "zero");
      cell.lastChild.textContent = "";
    }
  }

  // Marks a cell, with a small text below its number.
  mark(y, x, names, text = "") {
    const cell = this.cell(y, x);
    if (!cell) return;
    cell.classList.add(...names);
    cell.lastChild.textContent = text;
  }
}
