"""A headless Chromium, spoken to over a pipe by the DevTools protocol; nothing but the standard library is needed."""
import base64
import json
import os
import shutil
import subprocess
import sys

from program import start

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chromium-headless-shell")
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "PageUp": 33, "PageDown": 34, "Home": 36,
        "End": 35, " ": 32, "Tab": 9, "Enter": 13, "+": 187, "-": 189}
TYPED = {" ": " ", "Enter": "\r"}  # what keys write
PATIENCE = 30  # seconds after which a page counts as hung
PROGRAM = os.environ.get("IMFILTER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

# Starts a program with two open files as its numbers 3 and 4, where Chromium looks for commands and answers.
WIRED = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in enumerate(ends, 3):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page in a browser of its own."""

    def __init__(self, folder):
        theirs, self.write = os.pipe()
        self.read, ours = os.pipe()
        self.room, self.count = b"", 0
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        self.process = start(
            [sys.executable, "-c", WIRED, str(theirs), str(ours), PROGRAM, *options], pass_fds=(theirs, ours),
            lasting=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(ours)
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.errors, self.requests = [], []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.setLifecycleEventsEnabled", enabled=True)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.read)
        os.close(self.write)

    def send(self, method, **params):
        """Send a command and return its result."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while (answer := self.next()).get("id") != self.count:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def next(self):
        """Return the next message, and keep what went wrong and what was asked of the network."""
        while b"\0" not in self.room:
            came = os.read(self.read, 1 << 16)
            assert came, "the browser is gone"
            self.room += came
        line, self.room = self.room.split(b"\0", 1)
        message = json.loads(line)
        if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.errors.append(message["params"])
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def open(self, url, *, width=1000, height=900, dark=False, still=False, phone=False, script=True):
        """Open an address in a window of this size, and wait for it. phone: touched, without a mouse."""
        self.send("Page.navigate", url="about:blank")  # a page with another fragment would not be loaded again
        self.errors.clear()
        self.requests.clear()
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.send("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.send("Emulation.setScriptExecutionDisabled", value=not script)
        self.send("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}])
        loader = self.send("Page.navigate", url=url)["loaderId"]
        while (event := self.next().get("params", {})).get("name") != "load" or event["loaderId"] != loader:
            pass

    def value(self, expression):
        """Return what an expression of JavaScript is, which may be a promise."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key):
        """Press a key and let it go."""
        code = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": TYPED[key]} if key in TYPED else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    def until(self, expression):
        """Wait for an expression of JavaScript to be true; fail where that never happens."""
        self.value(f"new Promise((done, fail) => {{ const end = performance.now() + {1000 * PATIENCE};"
                   f"const look = () => ({expression}) ? done() : performance.now() > end ? fail('waited in vain') :"
                   " setTimeout(look, 5); look(); })")

    def middle(self, selector):
        """Return the middle of an element, which is scrolled into view if it is out of it."""
        return self.value(f"(() => {{ const element = document.querySelector('{selector}');"
                          "element.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});"
                          "const box = element.getBoundingClientRect();"
                          "return [box.x + box.width / 2, box.y + box.height / 2]; })()")

    def hover(self, selector):
        """Move the mouse to the middle of an element."""
        x, y = self.middle(selector)
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def tap(self, selector):
        """Touch the middle of an element with a finger."""
        x, y = self.middle(selector)
        self.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def type(self, selector, text):
        """Replace the text of a field, and leave it there: the field keeps the focus."""
        self.value(f"document.querySelector('{selector}').focus(), document.querySelector('{selector}').select()")
        self.send("Input.insertText", text=text)

    def click(self, selector):
        """Click into the middle of an element."""
        x, y = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, *places):
        """Press the mouse at the first place, move over the others and let go."""
        kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 1)]
        for kind, (x, y) in [*zip(kinds, places, strict=True), ("mouseReleased", places[-1])]:
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def swipe(self, *places):
        """Put a finger on the first place, move it over the others and lift it."""
        self.send("Emulation.setTouchEmulationEnabled", enabled=True)
        for kind, (x, y) in zip(["touchStart", *["touchMove"] * (len(places) - 1)], places, strict=True):
            self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.send("Emulation.setTouchEmulationEnabled", enabled=False)

    def screenshot(self, path):
        """Write what is seen as a PNG."""
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))
