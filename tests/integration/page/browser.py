"""A headless Chromium, driven over its own protocol on two pipes: no driver program, no library, no port."""
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

from page_server import PATIENCE

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")

if not PROGRAM:
    print("chromium is not installed")
    sys.exit(77)


class Browser:
    """One tab. Every call waits for its answer; what the page logs as an error is in `errors`."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="maintd-chromium-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # The protocol is on descriptors 3 and 4 of the browser.
        command = 'exec "$0" "$@" 3<&%d 4>&%d' % (theirs_in, theirs_out)
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", command, PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-pipe", "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", "--no-proxy-server", "--force-color-profile=srgb", f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile, "LC_ALL": "C.UTF-8"})
        os.close(theirs_in)
        os.close(theirs_out)
        self.input, self.output = ours_in, ours_out
        self.pending, self.events, self.errors, self.number, self.session = b"", [], [], 0, None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Network.setCacheDisabled", cacheDisabled=True)

    def message(self, deadline):
        while b"\0" not in self.pending:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.input], [], [], left)[0], "the browser does not answer"
            data = os.read(self.input, 1 << 20)
            assert data, "the browser has ended"
            self.pending += data
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def take(self, message):
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.errors.append(message["params"]["entry"]["text"])
        self.events.append(message.get("method"))

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.output, json.dumps(request).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE * 2
        while True:
            message = self.message(deadline)
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.take(message)

    def device(self, width, height=900, scale=1, scheme="light", zone="UTC", script=True, media=""):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme},
                                                                       {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.call("Emulation.setTimezoneOverride", timezoneId=zone)
        self.call("Emulation.setScriptExecutionDisabled", value=not script)

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + PATIENCE * 2
        while "Page.loadEventFired" not in self.events:
            self.take(self.message(deadline))

    def run(self, script):
        """The value of an expression, awaited; works where the page's own scripts are off as well."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def picture(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (AssertionError, OSError):
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.input)
        os.close(self.output)
        shutil.rmtree(self.profile, ignore_errors=True)
