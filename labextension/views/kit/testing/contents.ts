/** What data may hold: each part of the kit is shown with all of it. */

export const SHORT = 'good';
export const LONG =
  'The quick brown fox jumps over the lazy dog, then over the fence, the hedge and the stream. '.repeat(
    40
  ) +
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(
    6
  );
export const CHINESE =
  '这部电影的节奏很慢，但是结尾非常感人，演员的表演也令人难忘。我会推荐给所有喜欢剧情片的朋友。';
export const ARABIC =
  'كان الفيلم بطيئًا في البداية، لكن النهاية كانت مؤثرة جدًا، وأداء الممثلين لا يُنسى.';
export const EMPTY = '';

/** Each of them must stay text: set `hostile` on the window and it did not. */
export const HOSTILE = [
  '<script>window.hostile = 1</script>',
  '<img src=x onerror="window.hostile = 1">',
  '<svg/onload="window.hostile = 1">',
  '"><b onmouseover=window.hostile=1>',
  'javascript:window.hostile=1',
  '</style><style>*{display:none}</style>',
  '![x](https://elsewhere.example/pixel.png)',
  '{{constructor.constructor("window.hostile=1")()}}',
  '\u001b[31mred\u001b[0m\u0007\u0000 bell',
  'user\u202egnp.exe\u2066 mixed',
  'zero\u200bwidth\u200d\ufeff',
  'Z̴̡̢̛͚̯͕a̸̛͓̮l̷̨̛g̶̡̛o̵̢̧'.repeat(20),
  '%1 %2 ${x} %s',
  'a\tb\r\nc\u2028d'
] as const;

export const SIX: { [name: string]: string } = {
  short: SHORT,
  long: LONG,
  chinese: CHINESE,
  arabic: ARABIC,
  hostile: HOSTILE.slice(0, 4).join(' '),
  empty: EMPTY
};
