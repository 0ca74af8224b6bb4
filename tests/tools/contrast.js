// The texts of a page whose contrast to their ground is less than 4.5 to 1.
() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3)
      .map((part) => part / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = getComputedStyle(e).backgroundColor;
      if (!/^rgba\(0, 0, 0, 0\)|color/.test(found)) return found;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const element of document.querySelectorAll("p, a, th, td, dt, dd, li, code, button, .event, h1, h2, h3")) {
    if (!element.innerText?.trim() || !element.checkVisibility() || element.closest(".skip, .hidden")) continue;
    const pair = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) low.push(`${element.tagName} ${element.innerText.slice(0, 30)}: ${contrast.toFixed(1)}`);
  }
  return low;
}
