// The address of the page: it holds the state, so that a link, the back button and a reload bring it back.

// Writes the state into the address. A page within a notebook has none of its own.
function writeAddress() {
  const fragment = formatFragment(state, setup);
  if (location.protocol === "about:" || fragment === location.hash.slice(1)) return;
  history.pushState(null, "", `#${fragment}`);
}

function readAddress() {
  const found = parseFragment(location.hash, setup);
  state = found.state;
  tellIgnored(found.ignored);
  show();
}

function tellIgnored(ignored) {
  const names = [...new Set(ignored)].slice(0, 5).map((name) => name.slice(0, 20)).join(", ");
  say("note", names && `Ignored in the address, because they are unknown or out of range: ${names}.`);
}

async function copyLink() {
  writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    say("note", "The link is copied.");
  } catch {
    say("note", "The link is the address of this page: copy it from the address bar.");
  }
}
