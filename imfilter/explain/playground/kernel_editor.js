// The weights as fields, and which channel's weights are shown where there are three kernels.

const kernelEditor = {
  view: 0,

  // Shows the weights of a state, except in the field that is being typed in.
  show(state, change) {
    const table = find("weights");
    const size = `${state.rows}x${state.columns}`;
    this.view = Math.min(this.view, state.weights.length - 1);
    if (table.dataset.size !== size) this.build(table, state, change);
    table.dataset.size = size;
    state.weights[this.view].forEach((weight, k) => {
      const field = table.children[k];
      if (field === document.activeElement && parseWeight(field.value) === weight) return;
      field.value = formatNumber(weight);
      field.removeAttribute("aria-invalid");
    });
    find("app").style.setProperty("--longest", Math.max(...state.weights.flat().map((weight) => formatNumber(weight).length)));
    this.showViews(state, change);
  },

  build(table, {rows, columns}, change) {
    table.style.setProperty("--columns", columns);
    table.replaceChildren(...Array.from({length: rows * columns}, (_, k) => {
      const field = document.createElement("input");
      Object.assign(field, {type: "text", inputMode: "text", autocomplete: "off", spellcheck: false, maxLength: 10});
      field.setAttribute("aria-label", `Weight, row ${Math.floor(k / columns)}, column ${k % columns}`);
      field.addEventListener("focus", () => field.select());
      field.addEventListener("input", () => this.read(field, k, change));
      field.addEventListener("change", () => change({}, {commit: true}));
      return field;
    }));
  },

  read(field, k, change) {
    const weight = parseWeight(field.value);
    field.setAttribute("aria-invalid", weight === null);
    if (weight === null) {
      say("wrong", `A weight must be a number with at most four digits before and after the point, got "${field.value}".`);
      return;
    }
    change((state) => ({
      weights: state.weights.map((plane, view) => (view === this.view ? plane.map((before, tap) => (tap === k ? weight : before)) : plane)),
    }));
  },

  showViews(state, change) {
    const group = find("views");
    group.hidden = state.weights.length === 1;
    if (group.hidden || group.children.length) {
      [...group.querySelectorAll("input")].forEach((button, view) => { button.checked = view === this.view; });
      return;
    }
    group.append(...COLORS.map((color, view) => {
      const label = document.createElement("label");
      const button = document.createElement("input");
      Object.assign(button, {type: "radio", name: "view", checked: view === this.view});
      button.addEventListener("change", () => { this.view = view; change({}); });
      label.append(button, color);
      return label;
    }));
  },
};

// Returns weights on a grid of another size, whose center stays the center.
function resizePlane(plane, [rows, columns], [tall, wide]) {
  const down = Math.floor(tall / 2) - Math.floor(rows / 2);
  const across = Math.floor(wide / 2) - Math.floor(columns / 2);
  return Array.from({length: tall * wide}, (_, k) => {
    const y = Math.floor(k / wide) - down;
    const x = (k % wide) - across;
    return y >= 0 && y < rows && x >= 0 && x < columns ? plane[y * columns + x] : 0;
  });
}
