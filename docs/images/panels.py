"""Draws the panels of a board for Grafana as a page, from the answers of a Prometheus: what `board_picture.py` takes a picture of."""

import html
import math
import re
import time

COLUMN, ROW, GAP = 50, 34, 8  # pixels of Grafana's grid, which has 24 columns
WIDTH = 24 * COLUMN + GAP
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#37872d", "#8ab8ff")
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c"}
PAGE = """<!doctype html><meta charset="utf-8"><title>%s</title><style>
html { background: #111217; color: #ccccdc; font: 12px/16px "DejaVu Sans", sans-serif }
body { margin: 0; height: %dpx; position: relative }
.panel { position: absolute; box-sizing: border-box; background: #181b1f; border: 1px solid #2b2d33; border-radius: 2px; padding: 6px 8px; overflow: hidden }
.row { position: absolute; font-size: 15px; font-weight: bold; padding-top: 8px }
h2 { font-size: 12px; margin: 0 0 4px; white-space: nowrap }
.numbers { display: flex; justify-content: space-around; align-items: center; height: calc(100%% - 24px) }
.number { font-size: 26px; line-height: 30px; text-align: center } .number small { display: block; font-size: 11px; color: #9d9ea8 }
table { border-collapse: collapse; width: 100%% } th, td { text-align: left; padding: 2px 10px 2px 0; white-space: nowrap; border-bottom: 1px solid #2b2d33 }
.legend { white-space: nowrap } .legend i { display: inline-block; width: 12px; height: 3px; margin: 0 4px 3px 10px }
text { fill: #9d9ea8; font-size: 10px }
</style>%s"""


def with_unit(value, unit):
    """A number as Grafana writes it."""
    if unit == "percentunit":
        return f"{value * 100:.4g} %"
    if unit == "s":
        for seconds, name in ((31_557_600, "years"), (604_800, "weeks"), (86_400, "days"), (3600, "hours"), (60, "min")):
            if abs(value) >= seconds:
                return f"{value / seconds:.3g} {name}"
        return f"{value * 1000:.3g} ms" if 0 < abs(value) < 1 else f"{value:.3g} s"
    if unit == "bytes":
        for size, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return f"{value:.3g} B"
    return f"{value:.3g}{ {'reqps': ' req/s', 'd': ' days'}.get(unit, '') }"


def name_of(labels, legend):
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend or "") or ", ".join(
        f"{key}={value}" for key, value in labels.items() if key != "__name__")


def colour_of(value, defaults):
    steps = defaults.get("thresholds", {}).get("steps", [{"color": "green", "value": None}])
    return NAMED[[step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]]


def said(value, defaults):
    for mapping in defaults.get("mappings", []):
        if f"{value:g}" in mapping["options"]:
            return mapping["options"][f"{value:g}"]["text"]
    return with_unit(value, defaults["unit"])


def stat(panel, ask):
    defaults = panel["fieldConfig"]["defaults"]
    found = [(name_of(labels, target.get("legendFormat")), value) for target in panel["targets"] for labels, value in ask.now(target["expr"])]
    numbers = [f'<div class="number" style="color:{colour_of(value, defaults)}">'
               + (f"<small>{html.escape(name)}</small>" if len(found) > 1 else "") + f"{html.escape(said(value, defaults))}</div>"
               for name, value in found]  # fmt: skip
    return f'<div class="numbers">{"".join(numbers) or defaults.get("noValue", "No data")}</div>'


def table(panel, ask):
    hidden, renamed = {}, {}
    for change in panel.get("transformations", []):
        if change["id"] == "organize":
            hidden, renamed = change["options"]["excludeByName"], change["options"]["renameByName"]
    several = len(panel["targets"]) > 1
    rows = {}
    for target in panel["targets"]:
        column = f"Value #{target['refId']}" if several else "Value"
        for labels, value in ask.now(target["expr"]):
            shown = tuple((key, text) for key, text in labels.items() if not hidden.get(key))
            rows.setdefault(shown, {}).update({} if hidden.get(column) else {renamed.get(column, column): value})
    unit = panel["fieldConfig"]["defaults"]["unit"]
    lines = [{**dict(labels), **{name: with_unit(value, unit) for name, value in values.items()}} for labels, values in rows.items()]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(line.get(name, ''))}</td>" for name in columns) + "</tr>" for line in lines)
    return f"<table><tr>{head}</tr>{body}</table>" if lines else '<div class="numbers">No data</div>'


def stacked(series):
    below, above = {}, []
    for name, points in series:
        for when, value in points:
            below[when] = below.get(when, 0) + value
        above.append((name, [(when, below[when]) for when, _ in points]))
    return above


def timeseries(panel, ask):
    defaults = panel["fieldConfig"]["defaults"]
    series = [(name_of(labels, target.get("legendFormat")), [point for point in points if not math.isnan(point[1])])
              for target in panel["targets"] for labels, points in ask.over_time(target["expr"])]  # fmt: skip
    series = [(name, points) for name, points in series if points]
    if not series:
        return '<div class="numbers">No data</div>'
    if "stacking" in defaults["custom"]:
        series = stacked(series)
    at = panel["gridPos"]
    width, height, left, bottom = at["w"] * COLUMN - GAP - 18, at["h"] * ROW - GAP - 56, 56, 16
    values = [value for _, points in series for _, value in points]
    low, high = defaults.get("min", min(values)), defaults.get("max", max(values))
    high = high if high > low else low + 1

    def x(when):
        return left + (when - ask.start) / (ask.end - ask.start) * (width - left)

    def y(value):
        return 8 + (high - value) / (high - low) * (height - bottom - 8)

    drawn = []
    for step in range(5):
        value = low + (high - low) * step / 4
        drawn += [f'<line x1="{left}" x2="{width}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#2b2d33"/>',
                  f'<text x="{left - 6}" y="{y(value) + 3:.1f}" text-anchor="end">{html.escape(with_unit(value, defaults["unit"]))}</text>']  # fmt: skip
    marks = max(1, (width - left) // 90)
    for step in range(marks):
        when = ask.start + (ask.end - ask.start) * (step + 0.5) / marks
        drawn.append(f'<text x="{x(when):.1f}" y="{height - 3}" text-anchor="middle">{time.strftime("%H:%M:%S", time.gmtime(when))}</text>')
    for number, (_, points) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(when):.1f},{y(value):.1f}" for when, value in points)
        drawn += [f'<polygon points="{x(points[0][0]):.1f},{y(low):.1f} {line} {x(points[-1][0]):.1f},{y(low):.1f}" fill="{colour}" opacity="0.1"/>',
                  f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.3"/>']  # fmt: skip
    legend = "".join(f'<i style="background:{COLOURS[number % len(COLOURS)]}"></i>{html.escape(name)}' for number, (name, _) in enumerate(series))
    return f'<svg width="{width}" height="{height}">{"".join(drawn)}</svg><div class="legend">{legend}</div>'


DRAWN = {"stat": stat, "table": table, "timeseries": timeseries}


def page(board, ask):
    """The whole board. `ask` has now(expression), over_time(expression), and `start` and `end` of that time."""
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * ROW + GAP
    parts = []
    for panel in board["panels"]:
        at = panel["gridPos"]
        place = f'left:{at["x"] * COLUMN + GAP}px;top:{at["y"] * ROW + GAP}px;width:{at["w"] * COLUMN - GAP}px;height:{at["h"] * ROW - GAP}px'
        title = html.escape(panel["title"])
        parts.append(f'<div class="row" style="{place}">{title}</div>' if panel["type"] == "row"
                     else f'<div class="panel" style="{place}"><h2>{title}</h2>{DRAWN[panel["type"]](panel, ask)}</div>')  # fmt: skip
    return PAGE % (html.escape(board["title"]), height, "".join(parts)), height
