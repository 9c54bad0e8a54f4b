// What can be changed, as one plain object, and its way into the address of the page and back.

const LIMITS = {kernel: 9, stride: 4, dilation: 3, padding: 8, region: 16, divisor: 99999, cval: 255};
const PADDINGS = ["same", "valid", "full"];
const MODES = ["reflect", "mirror", "nearest", "constant", "wrap"];
const CHANNELS = ["gray", "red", "green", "blue", "sum"];
const RESULTS = ["bytes", "sums"];

// Returns the kernel of a preset as parts of the state, for as many planes as the state has.
function presetParts(preset, planes) {
  const {rows, columns, divisor, result} = preset;
  return {rows, columns, divisor, result, weights: Array.from({length: planes}, () => [...preset.weights])};
}

// Returns the state that the page begins with.
function startState(setup) {
  const [height, width] = setup.region;
  return {
    ...presetParts(setup.presets[setup.start], 1), stride: 1, dilation: 1, padding: "same", mode: "reflect", cval: 0,
    channel: "gray", y: setup.at[0], x: setup.at[1], height, width, quiz: true,
  };
}

// Returns a state whose region lies within the photo, and which has a kernel for each plane that is summed.
function settle(state, setup) {
  const height = Math.min(state.height, setup.height);
  const width = Math.min(state.width, setup.width);
  const channel = setup.channels > 1 ? state.channel : "gray";
  const planes = channel === "sum" ? 3 : 1;
  const weights = Array.from({length: planes}, (_, k) => state.weights[Math.min(k, state.weights.length - 1)]);
  return {
    ...state, height, width, channel, weights,
    y: Math.max(0, Math.min(state.y, setup.height - height)), x: Math.max(0, Math.min(state.x, setup.width - width)),
  };
}

// Returns the kernel of a text such as 0,-1,0;-1,5,-1;0,-1,0, with | between planes, or null.
function parseKernel(text) {
  const planes = text.split("|").map((plane) => plane.split(";").map((row) => row.split(",").map(parseWeight)));
  const [rows, columns] = [planes[0].length, planes[0][0].length];
  const regular = planes.every((plane) => plane.length === rows && plane.every((row) => row.length === columns));
  const small = Math.max(rows, columns) <= LIMITS.kernel && (planes.length === 1 || planes.length === 3);
  const weights = planes.map((plane) => plane.flat());
  return regular && small && weights.flat().every((weight) => weight !== null) ? {rows, columns, weights} : null;
}

function formatKernel({rows, columns, weights}) {
  const row = (plane, y) => plane.slice(y * columns, (y + 1) * columns).map(formatNumber).join(",");
  return weights.map((plane) => Array.from({length: rows}, (_, y) => row(plane, y)).join(";")).join("|");
}

const part = (name, value) => (value === null ? null : {[name]: value});
const among = (name, names) => (text) => part(name, names.includes(text) ? text : null);
const within = (name, least, most) => (text) => part(name, parseInteger(text, least, most));

// Returns two parts of a text such as 8x8, or null.
function pair(separator, names, least, most) {
  return (text) => {
    const values = text.split(separator).map((value, k) => parseInteger(value, least, most[k] ?? 0));
    return values.length === 2 && !values.includes(null) ? {[names[0]]: values[0], [names[1]]: values[1]} : null;
  };
}

// Returns, for each key of the address, how its text becomes parts of the state, and how the state becomes its text.
function fragmentKeys(setup) {
  const region = [Math.min(LIMITS.region, setup.height), Math.min(LIMITS.region, setup.width)];
  const channels = setup.channels > 1 ? CHANNELS : CHANNELS.slice(0, 1);
  const padding = (text) => among("padding", PADDINGS)(text) ?? within("padding", 0, LIMITS.padding)(text);
  return {
    k: [parseKernel, formatKernel],
    d: [within("divisor", 1, LIMITS.divisor), (state) => state.divisor],
    s: [within("stride", 1, LIMITS.stride), (state) => state.stride],
    p: [padding, (state) => state.padding],
    l: [within("dilation", 1, LIMITS.dilation), (state) => state.dilation],
    m: [among("mode", MODES), (state) => state.mode],
    c: [within("cval", 0, LIMITS.cval), (state) => state.cval],
    ch: [among("channel", channels), (state) => state.channel],
    r: [among("result", RESULTS), (state) => state.result],
    n: [pair("x", ["height", "width"], 1, region), (state) => `${state.height}x${state.width}`],
    at: [pair(",", ["x", "y"], 0, [setup.width - 1, setup.height - 1]), (state) => `${state.x},${state.y}`],
    q: [(text) => part("quiz", text === "off" ? false : text === "on" ? true : null), ({quiz}) => (quiz ? "on" : "off")],
  };
}

// Returns the state of an address, and the keys in it that were ignored.
function parseFragment(fragment, setup) {
  const keys = fragmentKeys(setup);
  const ignored = [];
  let state = startState(setup);
  for (const [key, text] of new URLSearchParams(fragment.replace(/^#/, "").replaceAll("+", "%2B"))) {
    const parts = Object.hasOwn(keys, key) ? keys[key][0](text) : null;
    if (parts) state = {...state, ...parts};
    else ignored.push(key);
  }
  if (state.weights.length > 1 && state.channel !== "sum") {
    ignored.push("k");
    const {rows, columns, weights} = startState(setup);
    state = {...state, rows, columns, weights};
  }
  return {state: settle(state, setup), ignored};
}

// Returns the parts of a state that differ from the start, as the text of an address.
function formatFragment(state, setup) {
  const start = startState(setup);
  return Object.entries(fragmentKeys(setup)).map(([key, [, format]]) => [key, format(state), format(start)])
    .filter(([, text, usual]) => String(text) !== String(usual)).map(([key, text]) => `${key}=${text}`).join("&");
}
