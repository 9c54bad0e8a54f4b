// The question for the size of the output, and the formula that answers it.

const quiz = {
  known: "",

  // Returns what the size follows from.
  key({rows, columns, stride, dilation, padding, height, width}) {
    return [rows, columns, stride, dilation, padding, height, width].join(" ");
  },

  // Returns whether the size is to be asked for, and not shown.
  isOpen(state) {
    return state.quiz && this.known !== this.key(state);
  },

  // Shows the formula, and the question where it is open. done() is called when the size may be seen.
  show(state, geometry, done) {
    const open = this.isOpen(state);
    const axes = axesOf(state, geometry);
    find("formulas").replaceChildren(...axes.flatMap((axis) => {
      const [name, formula] = [document.createElement("dt"), document.createElement("dd")];
      name.textContent = axis.name;
      formula.textContent = sizeFormula(axis, open);
      return [name, formula];
    }));
    if (find("quiz").dataset.key !== this.key(state)) this.ask();
    find("quiz").dataset.key = this.key(state);
    find("quiz").hidden = !open;
    this.reveal = (focus) => {
      this.known = this.key(state);
      done();
      if (focus) document.querySelector("#output td")?.focus();
    };
    this.check = () => {
      const guesses = ["rows", "columns"].map((name) => parseInteger(find(`guess-${name}`).value, 0, 99999));
      say("feedback", axes.map((axis, k) => judgeGuess(axis, guesses[k])).join(" "));
      if (axes.every((axis, k) => axis.result === guesses[k])) this.reveal(true);
    };
  },

  ask() {
    for (const name of ["rows", "columns"]) find(`guess-${name}`).value = "";
    say("feedback", "");
  },

  listen() {
    find("quiz").addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    find("skip").addEventListener("click", () => this.reveal(true));
  },
};
