// Chart of recent rates, drawn by uPlot.
import { make, rate } from "/dom.js";

const kept = 300;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Rates per second, from the differences of successive totals. */
export class Rates {
  constructor() { this.last = null; }
  of(milliseconds, totals) {
    const last = this.last;
    this.last = { milliseconds, totals };
    const seconds = last ? (milliseconds - last.milliseconds) / 1000 : 0;
    if (seconds <= 0) return null;
    return totals.map((total, i) => Math.max(0, (total - (last.totals[i] ?? total)) / seconds));
  }
}

export class Chart {
  /** `names` of the two lines, and how to format a value. */
  constructor(title, names, write = rate) {
    this.data = [[], ...names.map(() => [])];
    this.names = names;
    this.write = write;
    this.place = make("div", { class: "chart", role: "img", "aria-label": title });
    this.element = this.place;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => { this.plot?.destroy(); this.plot = null; this.draw(); };
    this.dark.addEventListener("change", this.repaint);
    this.sizes = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.sizes.observe(this.place);
  }

  size() { return { width: Math.max(240, this.place.clientWidth), height: 200 }; }

  add(values) {
    this.data[0].push(Date.now() / 1000);
    values.forEach((value, i) => this.data[i + 1].push(value));
    for (const line of this.data) {
      if (line.length > kept) line.shift();
    }
    this.draw();
    this.place.setAttribute("aria-label",
      this.names.map((name, i) => `${name} ${this.write(values[i])}`).join(", "));
  }

  draw() {
    if (!this.place.isConnected || this.data[0].length < 2) return;
    if (this.plot) {
      this.plot.setData(this.data);
      return;
    }
    const axis = { stroke: style("--quiet"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false } };
    const colours = [style("--one"), style("--two")];
    this.plot = new window.uPlot({
      ...this.size(),
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      // The x axis starts one minute wide.
      scales: { x: { range: (plot, first, last) => [Math.min(first, last - 60), last] }, y: { range: (plot, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [axis, { ...axis, size: 76, values: (plot, ticks) => ticks.map((tick) => this.write(tick)) }],
      series: [{ value: (plot, at) => (at ? new Date(at * 1000).toLocaleTimeString() : "") },
        ...this.names.map((name, i) => ({ label: name, stroke: colours[i], width: 2, fill: `${colours[i]}22`,
          points: { show: false }, value: (plot, value) => (value === null ? "" : this.write(value ?? 0)) }))],
    }, this.data, this.place);
  }

  end() {
    this.dark.removeEventListener("change", this.repaint);
    this.sizes.disconnect();
    this.plot?.destroy();
  }
}
