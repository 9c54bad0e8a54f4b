// What happens once, when the page is opened.

quiz.known = quiz.key(startState(setup));
quiz.listen();
listenToNumbers(setup, change);
listenToChoices(setup, change);
photoView.listen(() => state, (x, y, commit) => change({x, y}, {commit}));
find("copy").addEventListener("click", copyLink);
find("reset").addEventListener("click", () => change(startState(setup), {commit: true}));
addEventListener("hashchange", readAddress);
readAddress();
document.documentElement.className = "";
