// The panel of numbers: a table in the shape of the kernel, so that it keeps its size whatever is pointed at.

// Shows the products of an output and their sum.
function showSum(state, sum) {
  find("summary").textContent = describeSum(state, sum);
  showTables(state, (plane, tap) => {
    const {pixel, weight, product} = sum.planes[plane][tap];
    return [`${pixel} \u00d7 ${formatNumber(weight)}`, formatNumber(product), weight === 0];
  }, (plane) => {
    const part = sum.planes[plane].reduce((before, {product}) => before + product, 0);
    return `sum ${formatNumber(part)}`;
  });
}

// Shows which outputs read an input, and with which weights.
function showReaders(state, geometry, y, x, copies) {
  const readers = readersOf(state, geometry, y, x);
  const count = readers.filter(Boolean).length;
  const place = [y - geometry.top, x - geometry.left];
  const source = place.map((at, k) => sourceIndex(state.mode, at, geometry.inner[k]));
  const inside = place.every((at, k) => at === source[k]);
  const copy = source.includes(-1) ? `the constant ${state.cval}` : `a copy of row ${source[0]}, column ${source[1]}`;
  const what = inside ? `Input at row ${y - geometry.top}, column ${x - geometry.left}` : `Border: ${copy}`;
  const same = copies ? ` Dashed: the same pixel, ${times(copies, "time")}.` : "";
  find("summary").textContent = `${what}; read by ${times(count, "output")}.${same}`;
  showTables(state, (plane, tap) => {
    const weight = formatNumber(state.weights[plane][tap]);
    return [`\u00d7 ${weight}`, readers[tap] ? `to ${readers[tap].join(", ")}` : "\u2013", !readers[tap]];
  }, () => "row, column");
}

function showTables(state, describe, total) {
  const panel = find("products");
  const size = `${state.rows}x${state.columns}x${state.weights.length}`;
  if (panel.dataset.size !== size) {
    panel.replaceChildren(...state.weights.map((_, plane) => buildTable(state, plane)));
    panel.dataset.size = size;
  }
  [...panel.querySelectorAll("table")].forEach((table, plane) => {
    table.querySelectorAll("td").forEach((cell, tap) => {
      const [above, below, faint] = describe(plane, tap);
      cell.children[0].textContent = above;
      cell.children[1].textContent = below;
      cell.classList.toggle("faint", faint);
    });
    table.nextSibling.textContent = total(plane);
  });
}

function buildTable({rows, columns, weights}, plane) {
  const box = document.createElement("div");
  const table = document.createElement("table");
  table.style.setProperty("--columns", columns);
  if (weights.length > 1) table.createCaption().textContent = COLORS[plane];
  for (let y = 0; y < rows; y += 1) {
    const row = table.insertRow();
    for (let x = 0; x < columns; x += 1) {
      row.insertCell().append(document.createElement("span"), document.createElement("b"));
    }
  }
  const total = document.createElement("p");
  box.append(table, total);
  return box;
}
