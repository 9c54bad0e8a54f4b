// The photo: drawn, filtered in slices so that typing never waits for it, and the frame that marks the region.

const SLICE = 12; // milliseconds of filtering between two looks at the keyboard
const ROWS = 8; // rows that are computed before the clock is read again

const photoView = {
  job: 0,

  // Shows the photo, and the filtered photo as soon as it is computed.
  show(state, planes, color) {
    const key = JSON.stringify([color, {...state, x: 0, y: 0, width: 0, height: 0, quiz: 0}]);
    this.moveMarker(state);
    if (key === this.key) return;
    this.key = key;
    if (this.color !== color) draw(find("before"), setup.height, setup.width, planes);
    this.color = color;
    this.filter(state, planes);
  },

  filter(state, planes) {
    const job = this.job += 1;
    const work = prepareCorrelation(planes, setup.height, setup.width, state);
    const [rows, columns] = work.geometry.result;
    find("after").dataset.state = "busy";
    let row = rows > 0 && columns > 0 ? 0 : rows;
    const proceed = () => {
      if (job !== this.job) return;
      for (const end = performance.now() + SLICE; row < rows && performance.now() < end; row += ROWS) {
        work.add(row, Math.min(row + ROWS, rows));
      }
      if (row < rows) setTimeout(proceed);
      else this.finish(state, work);
    };
    proceed();
  },

  // Draws the result. Sums of weights that cancel lie around 0, which is shown as mid-gray.
  finish(state, work) {
    const [rows, columns] = work.geometry.result;
    const canvas = find("after");
    const empty = rows === 0 || columns === 0;
    const signed = state.result === "sums" && work.whole.flat().reduce((sum, weight) => sum + weight, 0) === 0;
    const offset = signed ? 128 : 0;
    canvas.hidden = empty;
    if (!empty) draw(canvas, rows, columns, work.sums.map((sums) => toBytes(sums, work.denominator, offset)));
    const share = Math.min(1, setup.width / columns, setup.height / rows);
    canvas.style.width = `${100 * share * columns / setup.width}%`;
    canvas.style.height = `${100 * share * rows / setup.height}%`;
    find("after-note").textContent = empty ? "After: the kernel does not fit." :
      `After${signed ? ": mid-gray is 0" : state.result === "sums" ? ": shown from 0 to 255" : ""}.`;
    canvas.dataset.state = "done";
  },

  moveMarker({x, y, width, height}) {
    const marker = find("marker");
    const percent = (part, whole) => `${100 * part / whole}%`;
    marker.style.left = percent(x, setup.width);
    marker.style.top = percent(y, setup.height);
    marker.style.width = percent(width, setup.width);
    marker.style.height = percent(height, setup.height);
    marker.setAttribute("aria-valuemax", setup.width - width);
    marker.setAttribute("aria-valuenow", x);
    marker.setAttribute("aria-valuetext", `column ${x}, row ${y}`);
  },

  // Has the mouse, a finger and the keys move the region: move(x, y, commit).
  listen(current, move) {
    const [frame, marker] = [find("photo"), find("marker")];
    const follow = (event, commit) => {
      const box = frame.getBoundingClientRect();
      const {width, height} = current();
      move(Math.round((event.clientX - box.left) / box.width * setup.width - width / 2),
        Math.round((event.clientY - box.top) / box.height * setup.height - height / 2), commit);
    };
    let pointer = null;
    frame.addEventListener("pointerdown", (event) => {
      // A finger beside the marker may be about to scroll the page; a tap is seen as a click.
      if (pointer !== null || event.button !== 0 || (event.pointerType !== "mouse" && event.target !== marker)) return;
      pointer = event.pointerId;
      frame.setPointerCapture(pointer);
      marker.focus({preventScroll: true});
      follow(event, false);
      event.preventDefault();
    });
    frame.addEventListener("pointermove", (event) => event.pointerId === pointer && follow(event, false));
    frame.addEventListener("pointerup", (event) => event.pointerId === pointer && follow(event, true));
    frame.addEventListener("click", (event) => follow(event, true));
    for (const kind of ["pointerup", "pointercancel"]) frame.addEventListener(kind, () => { pointer = null; });
    marker.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 10 : 1;
      const steps = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
      if (!Object.hasOwn(steps, event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const {x, y} = current();
      move(x + steps[event.key][0], y + steps[event.key][1], false);
    });
    marker.addEventListener("blur", () => move(current().x, current().y, true));
  },
};

// Draws one plane as gray, or three as red, green and blue.
function draw(canvas, height, width, planes) {
  Object.assign(canvas, {height, width});
  const picture = new ImageData(width, height);
  for (let k = 0; k < height * width; k += 1) {
    for (let c = 0; c < 3; c += 1) picture.data[4 * k + c] = planes[planes.length > 1 ? c : 0][k];
    picture.data[4 * k + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
