"""As much of the W3C WebDriver protocol as the tests need, spoken with chromedriver."""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for a reference to an element
TAB = "\ue004"
PHONE = {"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 3.0, "touch": True}}


class Driver:
    """A running chromedriver."""

    def __init__(self, program: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [program, f"--port={port}", "--allowed-ips=127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(100):
            try:
                if self.send("GET", "/status")["ready"]:
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        self.close()
        raise RuntimeError("chromedriver does not answer")

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The value of an answer; raise RuntimeError with the driver's own words where it is an error."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from error

    @contextmanager
    def browser(self, *, languages: str = "en", phone: bool = False, scripts: bool = True) -> Iterator["Browser"]:
        """A fresh headless Chromium."""
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,1000"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium has none for root
        preferences = {"intl.accept_languages": languages}
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options = {"args": arguments, "prefs": preferences} | ({"mobileEmulation": PHONE} if phone else {})
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Browser(self, f"/session/{session}")
        finally:
            self.send("DELETE", f"/session/{session}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    @classmethod
    def found(cls) -> Self:
        """Raise RuntimeError where there is none."""
        program = shutil.which("chromedriver")
        if program is None:
            raise RuntimeError("no chromedriver on the PATH: install Chromium and its driver (Debian: chromium-driver)")
        return cls(program)


class Browser:
    """One window of a browser."""

    def __init__(self, driver: Driver, path: str) -> None:
        self._driver = driver
        self._path = path

    def open(self, address: str) -> None:
        self._post("/url", url=address)

    def address(self) -> str:
        return str(self._driver.send("GET", f"{self._path}/url"))

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script's ``return`` gives, run in the page."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def text(self, selector: str) -> str:
        """The text of an element as it is rendered."""
        return str(self._element(selector, "text"))

    def is_shown(self, selector: str) -> bool:
        return bool(self._element(selector, "displayed"))

    def click(self, selector: str) -> None:
        self._post(f"/element/{self._find(selector)}/click")

    def types(self, selector: str, text: str) -> None:
        """Press keys in an element; of a file input, the path of the file to choose."""
        self._post(f"/element/{self._find(selector)}/value", text=text)

    def press(self, key: str) -> None:
        """Press and release a key, wherever the focus is."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def logged(self) -> list[str]:
        """What the console says since it was last asked."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        wanted = {"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": True, "clip": clip}}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._post("/goog/cdp/execute", **wanted)["data"]))

    def _find(self, selector: str) -> str:
        return str(self._post("/element", using="css selector", value=selector)[ELEMENT])

    def _element(self, selector: str, fact: str) -> Any:
        return self._driver.send("GET", f"{self._path}/element/{self._find(selector)}/{fact}")

    def _post(self, path: str, **body: Any) -> Any:
        return self._driver.send("POST", self._path + path, body)
