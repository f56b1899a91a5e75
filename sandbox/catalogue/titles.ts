import type { Random } from '../random.ts';

/** A title and its language (ISO 639-1). */
export interface InventedTitle {
  readonly title: string;
  readonly language: string;
}

/** Invented titles of kinds that occur in IMDb's list and have broken parsers, keys or initials. */
export const AWKWARD_TITLES: readonly InventedTitle[] = [
  ...['"Turn Back" kaptenen', '"', '"Quoted to the End"', 'Half a "Quote', "'Round the Harbour"].map(english),
  ...['A Beautiful Detour', 'A Bridge Too Many', 'A', 'I', '!!!', '???', '...', '…and Then Rain'].map(
    english,
  ),
  ...['0', ' 0 ', '  Two Spaces Before', '\u00a0A Hard Space', '(513) Nights', '7', '1985 Again'].map(
    english,
  ),
  ...['10,000 Metres', '½ Way Home', 'Ⅷ', '#NoSignal', '$9.50 a Day', '100% Tin', '@Midnight'].map(english),
  ...['None', 'null', 'NaN', 'N', 'R.U.S.T.', 'E-mail to No One', 'Back\\Slash', 'Either/Or Neither'].map(
    english,
  ),
  ...['../Up a Level', '<b>Bold</b>', '%2e%2e', "O'Brannagh's Wake", 'What?! No', '🎬 Take One'].map(english),
  ...['𝔉raktur Street', 'E\u0301cole du vent', 'Z'.repeat(180)].map(english),
  { title: '北京的雨', language: 'zh' },
  { title: '¿Quién cierra la puerta?', language: 'es' },
  { title: '«Северный причал»', language: 'ru' },
  { title: "L'étrange marée", language: 'fr' },
  { title: 'Àçude de Pedra', language: 'pt' },
  { title: 'Ægirs hus', language: 'da' },
  { title: 'Œufs de mars', language: 'fr' },
  { title: 'Ýmissir dagar', language: 'is' },
  { title: 'Ørkenens lys', language: 'no' },
  { title: 'Łódka', language: 'pl' },
];

/** First and second words of titles, by language. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  en: [
    'Silent Broken Golden Last Hidden Burning Distant Paper Winter Crooked Second Electric Velvet Hollow Iron Quiet Midnight Northern Forgotten Young',
    'River Harbour Lantern Orchard Letter Engine Summer Brother Witness Garden Station Mirror Promise Kingdom Violin Island Shadow Ferry Machine Valley',
  ],
  fr: [
    'Été École Île Rivière Forêt Étoile Ombre Belle Quai Jardin',
    'perdue bleue lointaine oubliée rouge sauvage fragile du soir',
  ],
  es: [
    'Ángel Último Río Casa Señora Isla Noche Camino Niño Ópera',
    'roto azul perdido del norte olvidada de cristal sin nombre',
  ],
  de: [
    'Über Äpfel Öde Stille Brücke Straße Zug Schloss Übermut',
    'im Nebel am Fluss ohne Licht der Nacht aus Glas',
  ],
  tr: ['Şehir Çiçek İstasyon Güneş Öteki Uzun Ağaç', 'yolu gecesi rüzgârı sesi kapısı'],
  cs: ['Řeka Žena Černý Šedý Úsvit Čas Dům', 'bez jména v zimě na hranici mlčí'],
  vi: ['Đường Ánh Mùa Ông Đêm Biển', 'trăng xưa gió lạnh không tên'],
  ru: ['Тихая Жёлтый Щит Последний Юность Эхо Ночь Чужой', 'река берег поезд остров сад письмо'],
  uk: ['Їжак Єдиний Ґанок Тиха Остання', 'ріка дорога зима пісня'],
  el: ['Ήλιος Θάλασσα Σιωπή Ξένος Άγιος', 'της νύχτας στο νησί του βορρά'],
  ar: ['الطريق ليلة بيت نهر ظل', 'القديم الأخيرة البعيد الصامت'],
  he: ['אור בית רחוב שקט', 'אחרון רחוק ישן'],
  fa: ['پنجره چراغ باران گل', 'شب خاموش دور'],
  hi: ['रात नदी सपना घर धूप', 'की कहानी के पार का गीत'],
  ta: ['நிலா மழை வீடு', 'பாடல் பயணம் இரவு'],
  zh: ['长河 夜雨 上海 春天 黄金 无声 雪', '往事 之城 列车 故事 少年'],
  ja: ['東の 夏の さくら ゴースト 静かな 雪', '灯台 手紙 駅 電車 物語'],
  ko: ['밤의 강변 서울 마지막 푸른', '편지 기차 정원 노래'],
  th: ['เสียง คืน แม่น้ำ', 'ฝัน สุดท้าย'],
  ka: ['მთვარე ქარი გზა', 'ძველი შორი'],
  hy: ['Գետ Լույս Տուն', 'հեռու հին'],
};

const FOREIGN = Object.keys(WORDS).filter((language) => language !== 'en');

/** Invents a title: three in four are English, many begin with "The", and the others use many scripts. */
export function inventTitle(random: Random): InventedTitle {
  const language = random.chance(0.75) ? 'en' : random.pick(FOREIGN);
  const [first = '', second = ''] = WORDS[language] ?? [];
  const begin = random.pick(first.split(' '));
  const end = random.pick(second.split(' '));
  if (language !== 'en') return { title: random.chance(0.2) ? begin : `${begin} ${end}`, language };
  const article = random.pick(['The ', 'The ', 'A ', '', '', '', '', '']);
  const sequel = random.chance(0.08) ? ` ${random.int(2, 9)}` : '';
  return { title: `${article}${begin} ${end}${sequel}`, language };
}

function english(title: string): InventedTitle {
  return { title, language: 'en' };
}
