/* ---- Elements. Text from the data only ever becomes text nodes: it may hold markup. ---- */

const grow = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "open") element[name] = value;
    else if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
};
const h = (tag, attributes, ...children) => grow(document.createElement(tag), attributes, children);
const g = (tag, attributes, ...children) => grow(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const $ = selector => document.querySelector(selector);
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
/** Says something for a moment, where the page has a place for it. */
const say = text => { $("#said").textContent = text; clearTimeout(say.timer); say.timer = setTimeout(() => { $("#said").textContent = ""; }, 2500); };
