// Sentences about sizes, sums and calls.

const COLORS = ["red", "green", "blue"];
const times = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// Returns the two axes of a convolution, each with the numbers of its size formula.
function axesOf(state, geometry) {
  return [["rows", state.rows], ["columns", state.columns]].map(([name, kernel], k) => ({
    name, kernel, size: geometry.inner[k], margins: geometry.margins[k], stride: state.stride, dilation: state.dilation,
    result: geometry.result[k],
  }));
}

// Returns the size formula with the numbers of an axis; the result is left open while it is asked for.
function sizeFormula(axis, open) {
  const {size, margins, dilation, kernel, stride} = axis;
  return `floor((${size} + ${margins[0]} + ${margins[1]} \u2212 ${dilation}\u00b7(${kernel} \u2212 1) \u2212 1) / ` +
    `${stride}) + 1 = ${open ? "?" : axis.result}`;
}

// Returns a sentence about a guess of a size: what was forgotten, if that explains it.
function judgeGuess(axis, guess) {
  const {name, size, kernel, margins, stride, dilation, result} = axis;
  const title = name[0].toUpperCase() + name.slice(1);
  if (guess === null) return `${title}: enter a whole number.`;
  if (guess === result) return `${title}: ${guess} is right.`;
  const reach = dilation * (kernel - 1);
  const mistakes = [
    ["that leaves out the padding", outputSize(size, kernel, [0, 0], stride, dilation)],
    ["padding is added on both sides", outputSize(size, kernel, [margins[0], 0], stride, dilation)],
    ["that leaves out the stride", outputSize(size, kernel, margins, 1, dilation)],
    [`dilation spreads the kernel over ${reach + 1} pixels`, outputSize(size, kernel, margins, stride, 1)],
    ["the first place counts, too: add 1", result - 1],
    ["the last step does not fit: round down", result + 1],
  ];
  const known = mistakes.find(([, value]) => value === guess);
  const hint = known ? known[0] : `the kernel spans ${reach + 1} of ${size + margins[0] + margins[1]} pixels`;
  return `${title}: ${guess} is too ${guess > result ? "many" : "few"}; ${hint}.`;
}

// Returns the sum behind an output in a sentence.
function describeSum(state, sum) {
  const {text, exact} = formatQuotient(sum.total, sum.denominator);
  const products = times(sum.count, "product");
  const byte = sum.byte === sum.total / sum.denominator ? "" : `; as a byte it is ${sum.byte}`;
  const divided = state.divisor === 1 ? "" : `, divided by ${state.divisor} it is ${exact ? "" : "about "}${text}`;
  return `Output at row ${sum.y}, column ${sum.x}: the sum of ${products} is ${formatNumber(sum.undivided)}${divided}${byte}.`;
}

// Returns a list of weights as Python writes it.
function pythonKernel({rows, columns}, plane) {
  const row = (y) => `[${plane.slice(y * columns, (y + 1) * columns).map(formatNumber).join(", ")}]`;
  return `[${Array.from({length: rows}, (_, y) => row(y)).join(", ")}]`;
}

// Returns the Python expression whose value is the output grid. Its images are the photo on this page.
function pythonCall(state) {
  const {y, x, height, width, divisor, result} = state;
  const usual = {mode: "reflect", cval: 0, padding: "same", stride: 1, dilation: 1};
  const options = Object.keys(usual).filter((name) => state[name] !== usual[name])
    .map((name) => `, ${name}=${JSON.stringify(state[name])}`).join("");
  const place = `${y}:${y + height}, ${x}:${x + width}`;
  const divided = (text) => (divisor === 1 ? text : `numpy.array(${text}) / ${divisor}`);
  const kernels = state.weights.map((plane) => pythonKernel(state, plane));
  if (state.channel !== "sum") {
    const dtype = result === "sums" ? ", dtype=float" : "";
    return `imfilter.correlate(${state.channel}[${place}], ${divided(kernels[0])}${options}${dtype})`;
  }
  const kernel = divisor === 1 ? "k" : `numpy.array(k) / ${divisor}`;
  const sum = `sum(imfilter.correlate(photo[${place}, c], ${kernel}${options}, dtype=float) ` +
    `for c, k in enumerate([${kernels.join(", ")}]))`;
  return result === "sums" ? sum : `numpy.rint(${sum}).clip(0, 255)`;
}
