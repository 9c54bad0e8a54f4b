// Correlation in whole numbers: sums of products are exact, so the result is rounded once, when it becomes a byte.

// Returns the index on an axis of `size` that a border mode repeats at place `at`, or -1 for the constant.
function sourceIndex(mode, at, size) {
  if (at >= 0 && at < size) return at;
  if (mode === "constant") return -1;
  if (mode === "nearest") return at < 0 ? 0 : size - 1;
  const modulo = (period) => ((at % period) + period) % period;
  if (mode === "wrap") return modulo(size);
  const period = mode === "reflect" ? 2 * size : Math.max(2 * size - 2, 1);
  const place = modulo(period);
  return Math.min(place, period - place - (mode === "reflect" ? 1 : 0));
}

// Returns the pixels added [before, after] an axis. "same" centers tap floor(K / 2), as imfilter.correlate does.
function marginsOf(padding, kernel, dilation) {
  const reach = dilation * (kernel - 1);
  if (padding === "same") {
    const before = dilation * Math.floor(kernel / 2);
    return [before, reach - before];
  }
  if (padding === "full") return [reach, reach];
  return padding === "valid" ? [0, 0] : [padding, padding];
}

// Returns the output size along an axis, or 0 where the kernel does not fit.
function outputSize(size, kernel, [before, after], stride, dilation) {
  const room = size + before + after - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

// Returns where the padded image and the result lie for an image of this size.
function geometryOf(height, width, settings) {
  const {rows, columns, padding, stride, dilation} = settings;
  const down = marginsOf(padding, rows, dilation);
  const across = marginsOf(padding, columns, dilation);
  return {
    top: down[0], left: across[0], inner: [height, width],
    padded: [height + down[0] + down[1], width + across[0] + across[1]],
    result: [outputSize(height, rows, down, stride, dilation), outputSize(width, columns, across, stride, dilation)],
    margins: [down, across],
  };
}

// Returns weights of at most four decimals as whole numbers, and what sums of their products are divided by.
function wholeWeights(weights, divisor) {
  let whole = weights.map((plane) => plane.map((weight) => Math.round(weight * 10000)));
  let factor = 10000;
  while (factor > 1 && whole.every((plane) => plane.every((weight) => weight % 10 === 0))) {
    whole = whole.map((plane) => plane.map((weight) => weight / 10));
    factor /= 10;
  }
  return {whole, denominator: factor * divisor};
}

// Returns a plane with its margins.
function padPlane(plane, geometry, mode, cval) {
  const [height, width] = geometry.inner;
  const [tall, wide] = geometry.padded;
  const columns = Int32Array.from({length: wide}, (_, x) => sourceIndex(mode, x - geometry.left, width));
  const padded = new Uint8Array(tall * wide);
  for (let y = 0; y < tall; y += 1) {
    const row = sourceIndex(mode, y - geometry.top, height);
    for (let x = 0; x < wide; x += 1) {
      padded[y * wide + x] = row < 0 || columns[x] < 0 ? cval : plane[row * width + columns[x]];
    }
  }
  return padded;
}

// Adds the products of a padded plane and whole weights to the sums of the rows from first to last.
function addProducts(sums, padded, weights, geometry, settings, first, last) {
  const {columns, stride, dilation} = settings;
  const width = geometry.result[1];
  const wide = geometry.padded[1];
  weights.forEach((weight, tap) => {
    if (weight === 0) return;
    const start = dilation * (Math.floor(tap / columns) * wide + tap % columns);
    for (let y = first; y < last; y += 1) {
      let from = start + y * stride * wide;
      for (let at = y * width; at < (y + 1) * width; at += 1, from += stride) sums[at] += weight * padded[from];
    }
  });
}

// Returns the work of correlating planes: add() computes a range of rows. With three kernels the planes are summed.
function prepareCorrelation(planes, height, width, settings) {
  const geometry = geometryOf(height, width, settings);
  const {whole, denominator} = wholeWeights(settings.weights, settings.divisor);
  const padded = planes.map((plane) => padPlane(plane, geometry, settings.mode, settings.cval));
  const size = geometry.result[0] * geometry.result[1];
  const sums = planes.slice(0, whole.length > 1 ? 1 : undefined).map(() => new Float64Array(size));
  const add = (first, last) => padded.forEach((plane, k) => {
    const many = whole.length > 1;
    addProducts(sums[many ? 0 : k], plane, whole[many ? k : 0], geometry, settings, first, last);
  });
  return {geometry, whole, denominator, padded, sums, add};
}

// Correlates planes of bytes: each with the one kernel, or each with its own, added up.
function correlatePlanes(planes, height, width, settings) {
  const work = prepareCorrelation(planes, height, width, settings);
  if (work.geometry.result.every((side) => side > 0)) work.add(0, work.geometry.result[0]);
  return work;
}

// Returns sums as bytes: saturated and rounded, ties to even, which is what this kind of array does. A quotient of
// these whole numbers is a tie, or far enough from one for the division's own rounding not to matter.
function toBytes(sums, denominator, offset = 0) {
  return Uint8ClampedArray.from(sums, (sum) => sum / denominator + offset);
}

// Returns red, green and blue as gray, by the weights of ITU-R 601 in Pillow's whole numbers.
function grayOf([red, green, blue]) {
  return red.map((value, k) => (19595 * value + 38470 * green[k] + 7471 * blue[k] + 32768) >> 16);
}
