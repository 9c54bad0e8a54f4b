// Numbers as text, and text as numbers.

// Returns a number with at most four decimals.
function formatNumber(value) {
  return String(Math.round(value * 10000) / 10000 + 0);
}

// Returns a weight in the few letters that fit below a number, rounded if it must be: ×-1, -.41, -1e3.
function shortWeight(weight) {
  const text = formatNumber(weight);
  if (text.length < 4) return `\u00d7${text}`;
  const digits = [3, 2, 1].filter((count) => Math.abs(weight) < 10 ** count);
  const forms = [text, ...digits.map((count) => String(Number(weight.toPrecision(count)))), String(Math.round(weight))];
  const fitting = forms.map((form) => form.replace(/^(-?)0\./, "$1.")).find((form) => form.length <= 4 && Number(form));
  return fitting ?? weight.toExponential(0).replace("+", "");
}

// Returns a quotient of whole numbers as text, and whether four decimals are all it has.
function formatQuotient(numerator, denominator) {
  const exact = (BigInt(numerator) * 10000n) % BigInt(denominator) === 0n;
  return {text: formatNumber(numerator / denominator), exact};
}

// Returns the number of a text such as -0.25, or null. At most four decimals: products of bytes stay short.
function parseWeight(text) {
  const plain = text.trim().replace(",", ".").replace("\u2212", "-");
  return /^[+-]?(\d{1,4}(\.\d{0,4})?|\.\d{1,4})$/.test(plain) ? Number(plain) + 0 : null;
}

// Returns the integer of a text if it lies in a range, or null.
function parseInteger(text, least, most) {
  const plain = text.trim();
  return /^\d{1,5}$/.test(plain) && Number(plain) >= least && Number(plain) <= most ? Number(plain) : null;
}

// Returns the drawing of a border mode for a row of pixels a b c d, as in imfilter.Border.
function drawBorder(mode) {
  const letter = (at) => (sourceIndex(mode, at, 4) < 0 ? "k" : "abcd"[sourceIndex(mode, at, 4)]);
  const letters = (from) => [0, 1, 2, 3].map((k) => letter(from + k)).join(" ");
  return `${letters(-4)} | ${letters(0)} | ${letters(4)}`;
}
