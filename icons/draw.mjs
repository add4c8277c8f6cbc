// Draws every icon from one shape: a tile with a one in it. `npm run icons` writes them; they are kept in the repository,
// so that nobody needs to run it who does not change the drawing.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Resvg } from "@resvg/resvg-js";

const folder = dirname(fileURLToPath(import.meta.url));

const ACCENT = "#5753c6";
const QUIET = "#8b919c";
const AMBER = "#e8920c";
const RED = "#e0383e";

// A one that becomes an arrow to the right: what comes in goes on. In a box of 64 by 64.
const ONE = `M15 25 L25 17 L25 47`;
const ARROW = `M38 23 L47 32 L38 41`;

/** The tile: filled, or an outline alone. */
function tile({ fill, stroke, ink, arrow = true }) {
  const box = `<rect x="5" y="5" width="54" height="54" rx="15" fill="${fill ?? "none"}"${stroke ? ` stroke="${stroke}" stroke-width="6"` : ""}/>`;
  const line = (path) => `<path d="${path}" fill="none" stroke="${ink}" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/>`;
  return box + line(ONE) + (arrow ? line(ARROW) : "");
}

/** A mark at the lower right corner, set off from the tile by a gap that lets the panel through. */
function badge(colour, inside) {
  return { mask: `<mask id="gap"><rect width="64" height="64" fill="white"/><circle cx="49" cy="49" r="18" fill="black"/></mask>`, mark: `<circle cx="49" cy="49" r="14" fill="${colour}"/>${inside}` };
}

const CROSS = `<path d="M43.5 43.5 L54.5 54.5 M54.5 43.5 L43.5 54.5" stroke="white" stroke-width="4.5" stroke-linecap="round"/>`;

function picture(shape, mark) {
  const body = mark ? `${mark.mask}<g mask="url(#gap)">${shape}</g>${mark.mark}` : shape;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${body}</svg>`;
}

const solid = tile({ fill: ACCENT, ink: "white" });
const PICTURES = {
  app: picture(solid),
  "tray/stopped": picture(tile({ stroke: QUIET, ink: QUIET })),
  "tray/running": picture(solid),
  "tray/attention": picture(solid, badge(AMBER, "")),
  "tray/error": picture(tile({ stroke: QUIET, ink: QUIET }), badge(RED, CROSS)),
};

function png(svg, size) {
  return new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng();
}

/** Pictures in a file of Windows: each as a PNG, which it reads since Vista. */
function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(({ size, data }, index) => {
    const at = 6 + 16 * index;
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(data.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += data.length;
  });
  return Buffer.concat([head, ...images.map(({ data }) => data)]);
}

/** The same for macOS. */
function icns(images) {
  const parts = images.map(({ type, data }) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, "latin1");
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write("icns", 0, "latin1");
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

function write(name, data) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
}

const { app } = PICTURES;
write("icon.svg", `${app}\n`);
write("../ui/public/icon.svg", `${app}\n`);
write("32x32.png", png(app, 32));
write("128x128.png", png(app, 128));
write("128x128@2x.png", png(app, 256));
write("icon.png", png(app, 512));
write("icon.ico", ico([16, 24, 32, 48, 64, 256].map((size) => ({ size, data: png(app, size) }))));
write("icon.icns", icns([["icp4", 16], ["icp5", 32], ["ic07", 128], ["ic08", 256], ["ic09", 512], ["ic10", 1024]].map(([type, size]) => ({ type, data: png(app, size) }))));
for (const [name, svg] of Object.entries(PICTURES)) {
  if (name.startsWith("tray/")) write(`${name}.png`, png(svg, 64));
}
