import { describe, expect, it } from 'vitest';
import CSS from './css/tokens.css?raw';

type Colour = [number, number, number];

/** The eight colours of a theme, as shares of linear light. */
function palette(theme: string): Colour[] {
  const block = CSS.split('.lw-app').find(part =>
    theme === 'dark' ? part.startsWith('[') : part.startsWith(' {')
  );
  return [...(block ?? '').matchAll(/--lw-series-\d: #(\w{6})/g)].map(
    found =>
      [0, 2, 4].map(at => {
        const share = parseInt(found[1].slice(at, at + 2), 16) / 255;
        return share <= 0.04045
          ? share / 12.92
          : ((share + 0.055) / 1.055) ** 2.4;
      }) as Colour
  );
}

/** How dichromats see linear light (Machado, Oliveira and Fernandes 2009, severity 1). */
const EYES: { [name: string]: number[][] } = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1]
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998]
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881]
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039]
  ]
};

function through(eye: number[][], colour: Colour): Colour {
  return eye.map(row =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, at) => sum + weight * colour[at], 0)
      )
    )
  ) as Colour;
}

/** CIE L*a*b* under D65, in which a distance of 1 is just about seen. */
function lab([r, g, b]: Colour): Colour {
  const f = (value: number) =>
    value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const light = ([r, g, b]: Colour) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

describe.each([
  ['light', 1],
  ['dark', 0.0152]
])('the %s palette', (theme, paper) => {
  const colours = palette(theme);

  it('has eight colours that stand out from the paper', () => {
    expect(colours.length).toBe(8);
    for (const colour of colours) {
      const [more, less] = [light(colour), paper].sort((a, b) => b - a);
      expect((more + 0.05) / (less + 0.05)).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(Object.keys(EYES))('can be told apart by %s eyes', name => {
    const seen = colours.map(colour => lab(through(EYES[name], colour)));
    const gaps = seen.flatMap((one, at) =>
      seen.slice(at + 1).map((other, further) => ({
        pair: `${at + 1}-${at + 2 + further}`,
        gap: Math.hypot(...one.map((part, axis) => part - other[axis]))
      }))
    );
    // The first four are what most charts use: they must be far apart, the rest apart.
    const first = gaps.filter(({ pair }) =>
      pair.split('-').every(n => +n <= 4)
    );
    expect(first.filter(({ gap }) => gap < 28)).toEqual([]);
    expect(gaps.filter(({ gap }) => gap < 14)).toEqual([]);
  });
});
