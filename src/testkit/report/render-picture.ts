// The timeline of a report as one SVG: faults, owner of the address, members, requests, failures, latency.
import type { SimulationReport } from '../simulator/report-types.js';
import { LEFT, pixel, renderClock, timeTicks, WIDTH, xOf } from './axis.js';
import { type Drawn, drawStack, drawTimes } from './charts.js';
import { escapeXml } from './escape.js';
import { faultLanes, type Lane, memberLanes } from './member-lanes.js';

/** Members with a lane of their own; those that something happened to come first. */
const MAX_LANES = 24;
const LANE = 17;
const LANE_GAP = 10;

/** SVG of the whole run; all its styles are classes. */
export function renderPicture(report: SimulationReport): string {
  const { durationMs, timeline, events } = report;
  const faults = faultLanes(events, durationMs);
  const parts: string[] = [];
  let top = 4;
  const add = ({ svg, height }: Drawn): void => {
    parts.push(svg);
    top += height;
  };
  if (faults.length > 0) add(drawLanes('Faults', top, faults, durationMs));
  if (report.owners.length > 0) add(drawLanes('Address', top, [ownerLane(report)], durationMs));
  add(drawLanes('Members', top, chooseLanes(report), durationMs));
  const perSecond = (values: readonly number[]): number[] =>
    values.map((value) => (value * 1000) / timeline.bucketMs);
  const answered = timeline.requests.map(
    (value, i) => value - timeline.failed[i]! - timeline.limited[i]!,
  );
  add(
    drawStack('Requests per second', top, 110, [
      { name: 'answered', className: 'answered', values: perSecond(answered) },
      { name: 'limited', className: 'limited', values: perSecond(timeline.limited) },
      { name: 'failed', className: 'failed', values: perSecond(timeline.failed) },
    ]),
  );
  add(
    drawStack('Failed and late', top, 60, [
      { name: 'failed', className: 'failed', values: perSecond(timeline.failed) },
      { name: 'late', className: 'late', values: perSecond(timeline.late) },
    ]),
  );
  add(
    drawTimes('Latency', top, 110, [
      { name: 'p50', className: 'p50', values: timeline.p50 },
      { name: 'p99', className: 'p99', values: timeline.p99 },
    ]),
  );
  if (timeline.queued.some((value) => value > 0))
    add(
      drawStack('Waiting in queues', top, 50, [
        { name: 'waiting', className: 'queued', values: timeline.queued },
      ]),
    );
  const bands = faults.map((lane) => drawBand(lane, top, durationMs)).join('');
  const clock = drawClock(top, durationMs);
  return `<svg viewBox="0 0 ${LEFT + WIDTH + 16} ${top + 24}" role="img" aria-label="Timeline">${bands}${parts.join('')}${clock}</svg>`;
}

function drawLanes(title: string, top: number, lanes: readonly Lane[], durationMs: number): Drawn {
  const rows = lanes.map(({ name, stretches }, index) => {
    const y = top + index * LANE;
    const boxes = stretches.map(({ fromMs, toMs, state, label }) => {
      const x = xOf(fromMs, durationMs);
      const width = Math.max(1.5, pixel(xOf(toMs, durationMs) - x));
      const tip = `${label} (${renderClock(Math.round(fromMs))} to ${renderClock(Math.round(toMs))})`;
      const text =
        state === 'owner' && width > 60
          ? `<text x="${x + 6}" y="${y + 10}" style="fill:#fff">${escapeXml(label)}</text>`
          : '';
      return `<rect class="${state}" x="${x}" y="${y}" width="${width}" height="${LANE - 4}" rx="2"><title>${escapeXml(tip)}</title></rect>${text}`;
    });
    const heading = index === 0 ? `<text class="title" x="0" y="${y + 10}">${title}</text>` : '';
    const shown = name.length > 17 ? `${name.slice(0, 16)}...` : name;
    const label = `<text class="legend" x="${LEFT - 8}" y="${y + 10}" text-anchor="end">${escapeXml(shown)}<title>${escapeXml(name)}</title></text>`;
    return heading + label + boxes.join('');
  });
  return { svg: rows.join(''), height: lanes.length * LANE + LANE_GAP };
}

function ownerLane({ owners, durationMs }: SimulationReport): Lane {
  const stretches = owners.map(({ atMs, node }, index) => ({
    fromMs: atMs,
    toMs: owners[index + 1]?.atMs ?? durationMs,
    state: 'owner' as const,
    label: node,
  }));
  return { name: 'owner', stretches };
}

function chooseLanes({ members, events, durationMs }: SimulationReport): readonly Lane[] {
  const names = members.map(({ name }) => name);
  const lanes = memberLanes(names, events, durationMs);
  if (lanes.length <= MAX_LANES) return lanes;
  const ranked = [...lanes].sort((a, b) => b.stretches.length - a.stretches.length);
  const shown = new Set(ranked.slice(0, MAX_LANES));
  return lanes.filter((lane) => shown.has(lane));
}

function drawBand({ stretches }: Lane, height: number, durationMs: number): string {
  return stretches
    .map(({ fromMs, toMs }) => {
      const x = xOf(fromMs, durationMs);
      const width = pixel(xOf(toMs, durationMs) - x);
      return `<rect class="band" x="${x}" y="0" width="${width}" height="${height}"/><path class="edge" d="M${x} 0V${height}"/>`;
    })
    .join('');
}

function drawClock(top: number, durationMs: number): string {
  return timeTicks(durationMs)
    .map((atMs) => {
      const x = xOf(atMs, durationMs);
      return `<path class="grid" d="M${x} ${top - 8}v5"/><text class="tick" x="${x}" y="${top + 9}" text-anchor="middle">${renderClock(atMs)}</text>`;
    })
    .join('');
}
