"""What a test does with a page of accounts."""

from __future__ import annotations

from tests.page.chromium import Chromium

HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
# WCAG 2.2, "Contrast (Minimum)", of all text with what it really stands on.
CONTRASTS = """
(() => {
  const light = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" && node.parentElement ? ground(node.parentElement) : color;
  };
  const worst = {};
  for (const node of document.querySelectorAll("body *:not(script)")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    const name = `${node.tagName} ${node.className}`;
    worst[name] = Math.min(worst[name] ?? 99, (one + 0.05) / (other + 0.05));
  }
  return worst;
})()
"""


def hosts(browser: Chromium) -> list[str]:
    """The accounts that are to be seen, in their order."""
    shown = "[...document.querySelectorAll('tbody tr')].filter((row) => row.getClientRects().length)"
    return list(browser.value(f"{shown}.map((row) => row.cells[0].dataset.sort)"))


def click(browser: Chromium, header: str) -> str | None:
    """Click the header of this text; how it says that it is sorted then."""
    found = f"[...document.querySelectorAll('thead th')].find((one) => one.textContent.startsWith('{header}'))"
    browser.value(f"{found}.querySelector('button').click()")
    return browser.value(f"{found}.getAttribute('aria-sort')")
