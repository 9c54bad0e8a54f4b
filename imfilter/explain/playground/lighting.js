// What lights up: the inputs of an output with their products, or the outputs of an input with their weights.

// Returns, for each tap, the place in the padded input that an output reads there.
function tapsOf(state, y, x) {
  const {rows, columns, stride, dilation} = state;
  return Array.from({length: rows * columns}, (_, tap) => [
    y * stride + dilation * Math.floor(tap / columns), x * stride + dilation * (tap % columns)]);
}

// Returns, for each tap, the output that reads a place of the padded input there, or null.
function readersOf(state, geometry, y, x) {
  const {rows, columns, stride, dilation} = state;
  return Array.from({length: rows * columns}, (_, tap) => {
    const down = y - dilation * Math.floor(tap / columns);
    const across = x - dilation * (tap % columns);
    const place = [down / stride, across / stride];
    return place.every((at, k) => Number.isInteger(at) && at >= 0 && at < geometry.result[k]) ? place : null;
  });
}

// Returns the products of an output, plane by plane, and their sum.
function sumOf(state, work, view, y, x) {
  const taps = tapsOf(state, y, x);
  const wide = work.geometry.padded[1];
  const factor = work.denominator / state.divisor;
  const summed = state.weights.length > 1;
  const planes = state.weights.map((weights, k) => taps.map(([down, across], tap) => {
    const pixel = work.padded[summed ? k : view][down * wide + across];
    return {pixel, weight: weights[tap], product: pixel * work.whole[k][tap] / factor};
  }));
  const total = work.sums[summed ? 0 : view][y * work.geometry.result[1] + x];
  return {
    y, x, planes, total, denominator: work.denominator, undivided: total / factor, count: planes.flat().length,
    byte: toBytes([total], work.denominator)[0],
  };
}

function lightOutput(grids, state, sum) {
  const shown = sum.planes[Math.min(kernelEditor.view, sum.planes.length - 1)];
  tapsOf(state, sum.y, sum.x).forEach(([y, x], tap) => {
    const {weight} = shown[tap];
    grids.input.mark(y, x, weight === 0 ? ["lit", "zero"] : ["lit"], shortWeight(weight));
  });
  grids.output.mark(sum.y, sum.x, ["chosen"]);
}

// Lights up the outputs that read an input, and returns in how many other places its pixel is repeated.
function lightInput(grids, state, geometry, y, x) {
  const weights = state.weights[Math.min(kernelEditor.view, state.weights.length - 1)];
  grids.input.mark(y, x, ["chosen"]);
  const copies = copiesOf(state, geometry, y, x);
  for (const [down, across] of copies) grids.input.mark(down, across, ["copy"]);
  readersOf(state, geometry, y, x).forEach((place, tap) => {
    if (!place) return;
    grids.output.mark(...place, weights[tap] === 0 ? ["lit", "zero"] : ["lit"], shortWeight(weights[tap]));
  });
  return copies.length;
}

// Returns the other places of the padded input with the same pixel.
function copiesOf(state, geometry, y, x) {
  const axes = [y, x].map((at, k) => {
    const source = (place) => sourceIndex(state.mode, place - [geometry.top, geometry.left][k], geometry.inner[k]);
    const own = source(at);
    return own < 0 ? [] : [...Array(geometry.padded[k]).keys()].filter((place) => source(place) === own);
  });
  return axes[0].flatMap((down) => axes[1].map((across) => [down, across]))
    .filter(([down, across]) => down !== y || across !== x);
}
