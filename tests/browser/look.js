/** What a page looks like, measured: each function gives the sentences that say what is wrong. */
window.look = (() => {
  const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const called = (element) => {
    const words = element.getAttribute("aria-label") ?? element.textContent ?? "";
    return `<${element.localName}> ${words.trim().slice(0, 40)}`;
  };

  /** `width` is the screen's: a phone shrinks a page that is too wide, and says that it fits. */
  function overflow(width) {
    const { scrollWidth } = document.scrollingElement;
    if (scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => visible(element) && element.getBoundingClientRect().right > width + 1,
    );
    return [`${scrollWidth} px wide, of ${width}: ${wide.map(called).slice(-3).join("; ")}`];
  }

  /** A link whose ::after lies over its row is as large as the row. */
  const targetOf = (link) =>
    getComputedStyle(link, "::after").position === "absolute" ? link.offsetParent : link;

  function smallTargets(least) {
    const places = "nav, header, [role=region], .rail, .topbar";
    const targets = [...document.querySelectorAll("a[href], button, summary, input, select")];
    return targets
      .filter((element) => element.closest(places) && visible(element) && !element.closest("[aria-hidden]"))
      .map((element) => [element, targetOf(element).getBoundingClientRect()])
      .filter(([, { width, height }]) => width > 1 && (width < least - 0.5 || height < least - 0.5))
      .map(([element, { width, height }]) => `${called(element)}: ${width} x ${height}`);
  }

  // Contrast, as WCAG 2 computes it

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  function rgba(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  function luminance(colour) {
    const [r, g, b] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function behind(element) {
    const own = rgba(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own;
    return over(own, element.parentElement ? behind(element.parentElement) : [255, 255, 255, 1]);
  }
  function contrastOf(element) {
    const back = behind(element);
    const [a, b] = [luminance(over(rgba(getComputedStyle(element).color), back)), luminance(back)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  function paleTexts(least) {
    return [...document.body.querySelectorAll("*")]
      .filter((element) => hasText(element) && visible(element) && !element.closest(".visually-hidden, option"))
      .map((element) => [element, contrastOf(element)])
      .filter(([, contrast]) => contrast < least)
      .map(([element, contrast]) => `${called(element)}: ${contrast.toFixed(2)}`);
  }

  // Focus: while somebody goes through the page with Tab, every stop is looked at.

  const unseen = [];
  let stops = 0;
  const outlined = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  };
  function looked({ target }) {
    stops += 1;
    let element = target;
    while (element !== document.body && !outlined(element)) element = element.parentElement;
    const { width, height, right, left } = target.getBoundingClientRect();
    const onScreen = width > 1 && height > 1 && right > 0 && left < innerWidth;
    if (element === document.body || !onScreen) unseen.push(called(target));
  }
  document.addEventListener("focusin", looked);

  function begin() {
    unseen.length = stops = 0;
  }

  return { overflow, smallTargets, paleTexts, begin, unseen: () => [...new Set(unseen)], stops: () => stops };
})();
