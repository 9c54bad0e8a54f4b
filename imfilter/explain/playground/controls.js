// The fields beside the kernel: what each of them shows of the state, and how it changes it.

// Returns the fields of whole numbers, with the range of each.
function numberFields(setup) {
  return {
    rows: [1, LIMITS.kernel], columns: [1, LIMITS.kernel], divisor: [1, LIMITS.divisor], stride: [1, LIMITS.stride],
    dilation: [1, LIMITS.dilation], cval: [0, LIMITS.cval], margin: [0, LIMITS.padding],
    x: [0, setup.width - 1], y: [0, setup.height - 1],
    height: [1, Math.min(LIMITS.region, setup.height)], width: [1, Math.min(LIMITS.region, setup.width)],
  };
}

// Returns the parts of the state that a field's number becomes.
function partsOf(name, number, state) {
  if (name === "margin") return {padding: number};
  if (name !== "rows" && name !== "columns") return {[name]: number};
  const size = {rows: state.rows, columns: state.columns, [name]: number};
  const weights = state.weights.map((plane) => resizePlane(
    plane, [state.rows, state.columns], [size.rows, size.columns]));
  return {...size, weights};
}

function listenToNumbers(setup, change) {
  for (const [name, [least, most]] of Object.entries(numberFields(setup))) {
    const field = find(name);
    Object.assign(field, {min: least, max: most});
    const title = field.labels[0].textContent.trim();
    field.addEventListener("input", () => {
      const number = parseInteger(field.value, least, most);
      field.setAttribute("aria-invalid", number === null);
      if (number === null) say("wrong", `${title} must be a whole number from ${least} to ${most}.`);
      else change((state) => partsOf(name, number, state));
    });
    field.addEventListener("change", () => change({}, {commit: true, leave: field}));
  }
}

function listenToChoices(setup, change) {
  fill("preset", setup.presets.map(({name}, k) => [k, name]).concat([["own", "your own"]]));
  fill("mode", MODES.map((mode) => [mode, mode]));
  const choose = (id, parts) => find(id).addEventListener("change", (event) => {
    change((state) => parts(event.target.value, state), {commit: true});
  });
  choose("preset", (k, state) => (k === "own" ? {} : presetParts(setup.presets[k], state.weights.length)));
  choose("padding", (padding) => ({padding: padding === "number" ? Number(find("margin").value) || 0 : padding}));
  for (const name of ["mode", "channel", "result"]) choose(name, (value) => ({[name]: value}));
  find("ask").addEventListener("change", (event) => change({quiz: event.target.checked}, {commit: true}));
  find("turn").addEventListener("click", () => change(
    (state) => ({weights: state.weights.map((plane) => [...plane].reverse())}), {commit: true}));
}

function fill(id, options) {
  find(id).replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

// Shows a state in the fields, except in the one that is being typed in.
function showControls(setup, state, leave) {
  for (const name of Object.keys(numberFields(setup))) {
    const field = find(name);
    const value = name === "margin" ? state.padding : state[name];
    if (field === document.activeElement && field !== leave && field.value !== "") continue;
    if (typeof value === "number") field.value = value;
    field.removeAttribute("aria-invalid");
  }
  const number = typeof state.padding === "number";
  find("padding").value = number ? "number" : state.padding;
  find("margin").disabled = !number;
  find("cval").disabled = state.mode !== "constant";
  for (const name of ["mode", "channel", "result"]) find(name).value = state[name];
  find("channel").disabled = setup.channels === 1;
  find("ask").checked = state.quiz;
  find("border").textContent = drawBorder(state.mode);
  const kernel = formatKernel({...state, weights: state.weights.slice(0, 1)});
  const alike = new Set(state.weights.map(String)).size === 1;
  const chosen = setup.presets.findIndex((preset) => preset.divisor === state.divisor && alike &&
    formatKernel({...preset, weights: [preset.weights]}) === kernel);
  find("preset").value = chosen < 0 ? "own" : chosen;
}
