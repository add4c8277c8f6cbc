"""The application's window, driven from outside by WebKitWebDriver as a person would use it."""

import contextlib
import os
import signal
from typing import Any

from application import TITLE, Desktop, free_port
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from urllib3.exceptions import HTTPError
from wait import is_listening, wait_until

# Seconds for one step of WebDriver; a session begins within one.
_LIMIT = 20

# What every page has.
_RAIL = ("Home", "Models", "Settings")

_INVOKE = """
const [command, args, done] = arguments;
window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done({ value }), (error) => done({ error }));
"""


# Listens for what the page's policy forbids, and says how far the page is, and in which theme.
_LISTEN = """
if (window.isOld) return null;
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  window.violations.push(`${effectiveDirective}: ${blockedURI}`));
return { isDrawn: document.body.innerText !== "", theme: document.documentElement.dataset.theme };
"""


class Refused(Exception):
    """A command was not carried out; says what the window was told."""

    def __init__(self, answer: Any):
        super().__init__(str(answer))
        self.kind = answer.get("kind") if isinstance(answer, dict) else None


class _Options(ArgOptions):
    def __init__(self) -> None:
        super().__init__()
        # A page can be looked at while it is being loaded.
        self.page_load_strategy = "none"

    @property
    def default_capabilities(self) -> dict[str, Any]:
        return {}


class Window:
    """The window of an application that a driver has started; `close` ends driver and application."""

    def __init__(self, desktop: Desktop, *arguments: str):
        self._desktop = desktop
        self._arguments = arguments
        try:
            self._driver = self._begin()
        except (WebDriverException, HTTPError):
            # Rarely the driver loses its very first connection to the application. Once more, from the beginning.
            desktop.session.end_daemon(self._process)
            desktop.session.end_processes()
            self._driver = self._begin()
        self._driver.set_script_timeout(_LIMIT)
        self.see(*_RAIL)

    def _begin(self) -> webdriver.Remote:
        port = free_port()
        command = ("WebKitWebDriver", f"--port={port}", "--host=127.0.0.1")
        # The application inherits what the driver has.
        variables = self._desktop.variables | {"TAURI_WEBVIEW_AUTOMATION": "true"}
        self._process = self._desktop.session.start_daemon("driver", *command, **variables)
        wait_until("the driver listens", lambda: is_listening(port))
        options = _Options()
        application = {"binary": str(self._desktop.binary), "args": list(self._arguments)}
        options.set_capability("webkitgtk:browserOptions", application)
        config = ClientConfig(f"http://127.0.0.1:{port}", timeout=_LIMIT)
        return webdriver.Remote(RemoteConnection(client_config=config), options=options)

    @property
    def pid(self) -> int:
        """The application's process."""
        pids = [pid for pid, name in self._desktop.session.processes().items() if name == "1min-relay-app"]
        assert len(pids) == 1, pids
        return pids[0]

    def text(self) -> str:
        """Everything that can be read in it; nothing while it is being loaded."""
        with contextlib.suppress(WebDriverException):
            return self.run("return document.body.innerText").replace("\xa0", " ")
        return ""

    def see(self, *words: str) -> None:
        """Waits until these words can be read."""

        def look() -> bool:
            text = self.text()
            return all(word in text for word in words)

        try:
            wait_until(f"the window says {words}", look)
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.text()!r}") from None

    def open(self, *names: str) -> None:
        """Opens a page, and a section of it."""
        for name in names:
            self.press(name)

    def press(self, name: str) -> None:
        """Presses the button of this name, as soon as it can be."""
        self._click(f'//button[normalize-space()="{name}" or @aria-label="{name}"]')

    def press_in_sheet(self, name: str) -> None:
        """The same for a button of the sheet over the window."""
        self._click(f'//*[@role="dialog"]//button[normalize-space()="{name}"]')

    def field(self, label: str) -> WebElement:
        """The field of this label, as soon as it can be used."""
        return self._ready(f'//input[@aria-label="{label}" or @id=//label[normalize-space()="{label}"]/@for]')

    def option(self, words: str) -> WebElement:
        """The option that begins with these words, as soon as it can be chosen."""
        return self._ready(f'//label[starts-with(normalize-space(), "{words}")]/input[@type="radio"]')

    def choose(self, words: str) -> None:
        """Picks this one from the list that is open."""
        self._click(f'//*[@role="option" and normalize-space()="{words}"]')

    def code_in_sheet(self) -> str:
        """What the sheet over the window shows to be copied."""
        return self._ready('//*[@role="dialog"]//code').text

    def html(self) -> str:
        """The whole document as it is now, with what stands in its fields."""
        fields = "return [...document.querySelectorAll('input, textarea')].map((field) => field.value)"
        return f"{self.run('return document.documentElement.outerHTML')} {self.run(fields)}"

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns in the page."""
        return self._driver.execute_script(script, *arguments)

    def wait_for(self, script: str, *arguments: Any) -> Any:
        """What a script gives to its last argument, a function."""
        return self._driver.execute_async_script(script, *arguments)

    def invoke(self, command: str, **arguments: Any) -> Any:
        """What the application answers to a command of the page; raises `Refused`."""
        answer = self.wait_for(_INVOKE, command, arguments)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("value")

    def state(self) -> dict[str, Any]:
        """Everything the window is told."""
        return self.invoke("get_state")

    def load_listening(self) -> str:
        """Loads the page anew, with an ear for its policy before anything of it is drawn; says the theme it had then."""

        def listen() -> dict[str, Any] | None:
            with contextlib.suppress(WebDriverException):
                return self.run(_LISTEN)
            # The old page has just gone.
            return None

        def load() -> dict[str, Any] | None:
            self.run("window.isOld = true; location.reload();")
            seen = wait_until("the page is another", listen)
            return None if seen["isDrawn"] else seen

        seen = wait_until("the ear is there before the page", load, within=30)
        self.see(*_RAIL)
        return seen["theme"]

    def violations(self) -> list[str]:
        """What the page's policy has forbidden since then."""
        return self.run("return window.violations")

    def open_again(self) -> None:
        """Turns to the window that was made after the first was closed."""
        handle = wait_until("the driver sees the window", lambda: self._driver.window_handles)[0]
        self._driver.switch_to.window(handle)
        self.see(*_RAIL)

    def shut(self) -> None:
        """Closes the window as a person does; the application goes on."""
        self._desktop.session.run("wmctrl", "-c", TITLE)
        self._desktop.wait_for_no_window()

    def quit(self) -> None:
        """Ends the application, which saves what it has to, and the driver."""
        os.kill(self.pid, signal.SIGTERM)
        self._desktop.wait_for_no_process()
        self.close()

    def close(self) -> None:
        """Ends the driver and the application; does nothing if they have ended."""
        if self._process not in self._desktop.session.daemons:
            return
        with contextlib.suppress(WebDriverException, HTTPError):
            self._driver.quit()
        self._desktop.session.end_daemon(self._process)
        self._desktop.session.end_processes()

    def _click(self, path: str) -> None:
        def click() -> bool:
            with contextlib.suppress(ElementClickInterceptedException, StaleElementReferenceException):
                self._ready(path).click()
                return True
            # A sheet that is closing is still over it.
            return False

        wait_until(f"{path} can be clicked", click)

    def _ready(self, path: str) -> WebElement:
        def look() -> list[WebElement]:
            with contextlib.suppress(StaleElementReferenceException):
                return [element for element in self._driver.find_elements(By.XPATH, path) if element.is_enabled()]
            return []

        return wait_until(f"there is {path}", look)[0]
