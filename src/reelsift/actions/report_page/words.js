"use strict";
// Elements, numbers and times. Whatever a file or a class is called reaches the page as text, never as markup.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

// A name that may be written from right to left, kept apart from the words around it.
function named(text, properties = {}) {
  return element("bdi", properties, text);
}

function count(number, singular, plural = singular + "s") {
  return `${number.toLocaleString("en")} ${number === 1 ? singular : plural}`;
}

function percent(share) {
  return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}

// 0:12.4 or 1:02:03.4
function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const all = Math.max(0, Math.round(seconds * unit));
  const whole = Math.floor(all / unit);
  const rest = digits ? "." + String(all % unit).padStart(digits, "0") : "";
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${rest}`;
}

// 4.2 s, 12 min 5 s, 3 h 20 min
function lasting(seconds) {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60).toLocaleString("en")} h ${minutes % 60} min`;
}

function ticks(seconds, most) {
  const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
  const step = steps.find((each) => seconds / each <= most) ?? seconds;
  return Array.from({ length: Math.floor(seconds / step + 1e-6) + 1 }, (_, place) => place * step);
}

// Without its middle where it is too long: the end of a file's name often says most.
function shortened(text, letters) {
  const all = Array.from(text);
  if (all.length <= letters) return text;
  const head = Math.ceil((letters - 1) / 2);
  return `${all.slice(0, head).join("")}…${all.slice(all.length - (letters - 1 - head)).join("")}`;
}
