/** Title types other than `movie`, at IMDb's frequencies. */
export const otherTypes: readonly string[] = [
  ...Array.from({ length: 76 }, () => 'tvEpisode'),
  ...Array.from({ length: 9 }, () => 'short'),
  ...Array.from({ length: 6 }, () => 'tvSeries'),
  ...Array.from({ length: 3 }, () => 'video'),
  ...Array.from({ length: 3 }, () => 'tvMovie'),
  ...['tvMiniSeries', 'tvSpecial', 'tvShort', 'videoGame', 'tvPilot'],
];

const SYLLABLES =
  'an ba ber ca chi con da de dor el en fa fer ga gor ha he in is jo ka ken la le lin lo ma men mi mor na ne nor o pa per qui ra ren ri ro sa se son ta ter ti tor u va ven vi wa win ya zo';

/** Words for titles, most common first. */
export const words: readonly string[] = [
  ...'Love Night Man Life Day Girl House World Time Dark War Dead Last Black Heart Story City Blood Lost White Street King Road Woman Secret Boy Big Blue Death Dream Summer Star Red Home Game My One Two of in and to the with for from La El Los Der Die Das Le Les Il Un Une De Con Por Amor Vida Mujer Noche Mundo Casa'.split(
    ' ',
  ),
  ...makeWords(),
];

/** Titles that have broken parsers of this file: quotes, other scripts, white space, punctuation, no letters. */
export const awkwardTitles: readonly string[] = [
  '"Swing it" magistern',
  '"',
  "'71",
  '...And',
  '¡Ay!',
  '¿Qué',
  'Àçoures',
  'Æon',
  'Øst',
  'Łódź',
  'Žižek',
  'Ñandú',
  'Ångest',
  'Đặng',
  'Война и',
  'Ελλάδα',
  'שלום',
  'الرسالة',
  'हिन्दी',
  'தமிழ்',
  'กรุงเทพ',
  '北京',
  '東京物語',
  'シン・ゴジラ',
  '기생충',
  'საქართველო',
  '😀',
  '𝕏',
  '½',
  '№ 1',
  '!!!',
  ' 0',
  '#1',
  '(500)',
  '\\',
  'A  B',
  '\u00a0',
  'e\u0301',
];

function makeWords(): string[] {
  const syllables = SYLLABLES.split(' ');
  return Array.from({ length: 20_000 }, (_, number) => {
    const count = 2 + (number % 3);
    let word = '';
    for (let at = 0, rest = number * 7919 + 13; at < count; at++) {
      word += syllables[rest % syllables.length];
      rest = Math.floor(rest / syllables.length) + number;
    }
    return word.charAt(0).toUpperCase() + word.slice(1);
  });
}
