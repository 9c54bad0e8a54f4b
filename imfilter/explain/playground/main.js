// The page: one state, what is shown of it, and what changes it.

const find = (id) => document.getElementById(id);
const setup = JSON.parse(find("setup").textContent);
const photo = readPlanes(setup, find("pixels").textContent);
const gray = photo.length > 1 ? grayOf(photo) : photo[0];
const grids = {
  input: new NumberGrid(find("input"), (cell, kept) => point("input", cell, kept)),
  output: new NumberGrid(find("output"), (cell, kept) => point("output", cell, kept)),
};
let state = startState(setup);
let work = null;
let keptCell = {grid: "output", y: Math.floor(setup.region[0] / 2), x: Math.floor(setup.region[1] / 2)};

// Returns the planes of the photo from base64 of its interleaved bytes.
function readPlanes({height, width, channels}, text) {
  const bytes = atob(text.trim());
  return Array.from({length: channels}, (_, c) => Uint8Array.from(
    {length: height * width}, (_, k) => bytes.charCodeAt(k * channels + c)));
}

function say(id, text) {
  find(id).textContent = text;
}

// Returns the planes that a state filters, and which of them the grids show.
function chosenPlanes({channel}) {
  if (channel === "gray") return [[gray], 0];
  return [photo, channel === "sum" ? kernelEditor.view : COLORS.indexOf(channel)];
}

function cutRegion(plane, {y, x, height, width}) {
  const rows = Array.from({length: height}, (_, k) => plane.subarray(
    (y + k) * setup.width + x, (y + k) * setup.width + x + width));
  return Uint8Array.from(rows.flatMap((row) => [...row]));
}

// Changes parts of the state and shows the result; the address is written when a change is committed.
function change(parts, {commit = false, leave = null} = {}) {
  say("wrong", "");
  state = settle({...state, ...(typeof parts === "function" ? parts(state) : parts)}, setup);
  if (commit) writeAddress();
  show(leave);
}

function show(leave = null) {
  kernelEditor.show(state, change);
  showControls(setup, state, leave);
  const [planes, view] = chosenPlanes(state);
  work = correlatePlanes(planes.map((plane) => cutRegion(plane, state)), state.height, state.width, state);
  quiz.show(state, work.geometry, () => show());
  showGrids(view);
  point("", null, false);
  say("python", pythonCall(state));
  photoView.show(state, planes, state.channel === "gray" ? "gray" : "color");
}

function showGrids(view) {
  const {geometry, padded, sums, denominator} = work;
  const [tall, wide] = geometry.padded;
  const tint = state.channel === "gray" ? -1 : view;
  const shadeOf = (byte, color) => `rgb(${[0, 1, 2].map((c) => (color < 0 || color === c ? byte : 0)).join()})`;
  grids.input.show(tall, wide, `Input, ${state.height} by ${state.width} pixels, with its border`, (y, x) => {
    const pixel = padded[view][y * wide + x];
    const [row, column] = [y - geometry.top, x - geometry.left];
    const outside = row < 0 || column < 0 || row >= state.height || column >= state.width;
    const label = `${pixel}, ${outside ? "border, " : ""}row ${row}, column ${column}`;
    return {text: String(pixel), shade: shadeOf(pixel, tint), outside, label};
  });
  const summed = state.channel === "sum";
  const results = sums[summed ? 0 : view];
  const bytes = toBytes(results, denominator);
  const open = quiz.isOpen(state);
  const [rows, columns] = open || geometry.result.includes(0) ? [0, 0] : geometry.result;
  grids.output.show(rows, columns, `Output, ${rows} by ${columns}`, (y, x) => {
    const at = y * columns + x;
    const value = state.result === "bytes" ? bytes[at] : results[at] / denominator;
    const label = `${formatNumber(value)}, row ${y}, column ${x}`;
    return {text: formatResult(value), shade: shadeOf(bytes[at], summed ? -1 : tint), outside: false, label};
  });
  say("input-size", `${state.height} × ${state.width}${tall > state.height || wide > state.width ? " and its border" : ""}`);
  say("output-size", open ? "? × ?" : rows ? `${rows} × ${columns}` : "none: the kernel does not fit");
}

// Returns a result in the few letters that a cell has room for; the panel of arithmetic has all decimals.
function formatResult(value) {
  return formatNumber(Math.abs(value) < 100 ? Math.round(value * 10) / 10 : Math.round(value));
}

// Lights up a cell of a grid; without one, the cell that was kept.
function point(grid, cell, kept) {
  const wanted = cell ? {grid, ...cell} : keptCell;
  if (kept) keptCell = wanted;
  grids.input.clear();
  grids.output.clear();
  if (grids.output.rows === 0) {
    say("summary", quiz.isOpen(state) ? "The output is shown after the question for its size." : "There is no output.");
    showTables(state, (plane, tap) => [`× ${formatNumber(state.weights[plane][tap])}`, "", false], () => "");
    return;
  }
  const {rows, columns} = grids[wanted.grid];
  const [y, x] = [Math.min(wanted.y, rows - 1), Math.min(wanted.x, columns - 1)];
  if (wanted === keptCell) grids[wanted.grid].makeReachable(y, x);
  if (wanted.grid === "output") {
    const sum = sumOf(state, work, chosenPlanes(state)[1], y, x);
    lightOutput(grids, state, sum);
    showSum(state, sum);
  } else {
    const copies = lightInput(grids, state, work.geometry, y, x);
    showReaders(state, work.geometry, y, x, copies);
  }
}
