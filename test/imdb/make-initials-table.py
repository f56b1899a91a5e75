#!/usr/bin/env python3
"""Creates the test data for initials with Python's Unidecode.

initials.tsv: titles and their initials. initials-by-block.tsv: for each block of 256 code points, a digest of the initials
of "?x" and "y?"; blocks without any conversion are omitted. The files were created with Unidecode 1.3.6. On Debian:
apt-get install python3-unidecode, then /usr/bin/python3 test/imdb/make-initials-table.py.
"""
import hashlib
import json
import pathlib
import string
import warnings

from unidecode import unidecode

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
KEPT = set(string.ascii_letters + string.digits + string.whitespace + "\x1c\x1d\x1e\x1f")


def initial_of(title):
    """Returns the initial of a title: ASCII, no punctuation, trimmed, upper case, two characters padded with _."""
    ascii_only = "".join(c for c in unidecode(title) if c in KEPT)
    two = ascii_only.strip().upper()[:2].ljust(2, "_")
    return "".join("_" if c.isspace() else c for c in two)


WORDS = """
The Heroes|Àçoures|0| 0 |A Beautiful Mind|!!!|北京|(500) Days of Summer|A|À|Z|z|1|12|007|3:10 to Yuma|$9.99|$|#Horror
"Swing it" magistern|'71|...And Justice for All|¡Three Amigos!|¿Quién eres?|«Quoted»|“Curly”|‘Single’|„Unten“|‹Petit›
À«Quoted»|É¡|Ö¿|ß|ẞ|Straße|ßa|Æon Flux|æ|Œuvre|œ|Øst|øl|Ålesund|Äiti|Öl|Über|Ÿ|ÿ|Ý|ý|Þór|þing|Ðuro|ð|Đorđe|đ|Łódź|ł|Ŀ|ŉ|Ĳssel|ĳ
Ā|Ă|Ą|Ć|Ĉ|Ċ|Č|Ď|Ē|Ĕ|Ė|Ę|Ě|Ĝ|Ğ|Ġ|Ģ|Ĥ|Ħ|Ĩ|Ī|Ĭ|Į|İ|ı|Ĵ|Ķ|ĸ|Ĺ|Ļ|Ľ|Ń|Ņ|Ň|Ŋ|ŋ|Ō|Ŏ|Ő|Ŕ|Ŗ|Ř|Ś|Ŝ|Ş|Š|Ţ|Ť|Ŧ|Ũ|Ū|Ŭ|Ů|Ű|Ų|Ŵ|Ŷ|Ź|Ż|Ž|ſ
Ɓ|Ƃ|Ƈ|Ɖ|Ǝ|Ə|Əli|Ƒ|Ɣ|Ƕ|Ɩ|Ƙ|ƛ|Ɯ|Ɲ|Ơ|Ƣ|Ƥ|Ʀ|Ʃ|Ƭ|Ư|Ʊ|Ʋ|Ƴ|Ƶ|Ʒ|Ǆ|ǅ|ǆ|Ǉ|Ǌ|Ǎ|Ǖ|Ǣ|Ǥ|Ǧ|Ǫ|ǰ|Ǳ|Ȁ|Ș|Ț|Ȝ|Ȣ|Ȥ|ȸ|ʘ|ʰ|ˈa|˥|ˌb
Ạ|Ấ|Ậ|Ắ|Đặng|Ẽ|Ệ|Ỉ|Ị|Ọ|Ố|Ợ|Ụ|Ữ|Ỳ|Ỹ|Ḁ|Ḉ|Ḿ|Ṩ|ẖ|ẛ|Ỻ|Ỽ|Ɐ|ⱥ|Ꜣ|Ꞌ
Άννα|Έλλη|Ήρα|Ίρις|Όνειρα|Ύδρα|Ώρα|Αθήνα|Βήτα|Γάμα|Δέλτα|Ζήτα|Θήτα|Ξένος|Πόλη|Ρόδος|Σίγμα|Υγεία|Φως|Χαρά|Ψυχή|Ωμέγα|ϐ|ϑ|ϕ|Ϛ|Ϝ|Ϟ|Ϡ|ϴ|Ἀθηνᾶ|Ὅμηρος|ῥ
Андрей|Белка|Война и мир|Город|Дом|Если|Ёлки|Жизнь|Зима|Иван|Йод|Кино|Лето|Мать|Наш|Он|Пять|Рок|Сад|Ты|Утро|Флаг|Хлеб|Цирк|Чай|Шар|Щит|Ъ|Ы|Ь|ь|Это|Юг|Я
Ђак|Ѓ|Є|Ѕ|І|Ї|Ј|Љ|Њ|Ћ|Ќ|Ў|Џ|Ґ|Ғ|Җ|Қ|Ң|Ө|Ү|Һ|Ә|Ѣ|Ѧ|Ѫ|Ѳ|Ѵ|Ҁ
საქართველო|ადამიანი|ჟ|ჭ|Ⴀ|ჱ|Հայաստան|Երևան|Ո|Ու|և|օ|Ֆ
שלום|אבא|בית|גשר|דרך|חיים|טוב|ירושלים|כלב|מלך|נער|סוף|עיר|פרח|צבי|קול|רוח|תל אביב|יִ|ﬡ|אּ
الرسالة|أحمد|إبراهيم|آه|ب|ة|ث|ج|ح|خ|ذ|ش|ص|ض|ط|ظ|ع|غ|ق|ى|ي|پدر|چای|ژاله|گل|ک|ی|٣|۳|ﷲ|﷼|ﻻ|ܐ|ܒ|ހ|ށ
हिन्दी|अमर|आग|ॐ|कभी|ज्ञ|त्र|श्री|ऋषि|१|ক|বাংলা|অপুর সংসার|ৎ|ਪੰਜਾਬੀ|ਅ|ગુજરાતી|અ|ଓଡ଼ିଆ|அன்பே|தமிழ்|ஔ|తెలుగు|అ|ಕನ್ನಡ|ಅ|മലയാളം|അ|ൺ|සිංහල|අ
ไทย|กรุงเทพ|เธอ|แม่|โลก|ใจ|ไป|๑|ລາວ|ກ|ເມືອງ|ខ្មែរ|ភ្នំពេញ|អ|བོད|ༀ|ང|မြန်မာ|က|ဩ
中国|上海|香港|台灣|日本|東京物語|七人の侍|千と千尋の神隠し|卧虎藏龙|霸王别姬|花樣年華|一|丁|万|三|不|世|两|丽|主|九|乾|了|二|于|五|亚|人|今|他|以|會|你|來|保|信|個|倩|像|儿|元|光|全|公|六|兰|冬|几|刀|分|刘|前|力|加|功|動|包|化|北|十|千|半|南|卡|原|去|双|口|古|可|史|叶|合|同|向|周|和|哈|唐|喜|四|回|国|圆|地|城|夏|夜|大|天|太|女|好|如|姐|孔|学|安|家|小|少|尖|山|川|帝|师|年|幸|广|应|开|张|強|心|忠|怒|恋|情|愛|我|战|手|打|斗|新|方|无|日|明|春|時|最|月|木|未|杀|李|杨|梅|森|樂|武|死|母|水|江|沙|河|海|深|湖|火|炎|爱|父|猛|王|生|画|白|百|目|真|破|神|秋|秦|穿|笑|红|绝|美|翠|老|自|花|英|草|莫|萬|落|虎|血|西|請|赤|超|路|車|这|道|邪|金|鐵|长|门|阿|陈|雪|霍|青|非|風|食|香|馬|高|鬼|魔|鳥|黃|黄|黑|龍|龙|乊|䴀|㐀|豈
あなた|いのち|うた|え|お|か|が|し|じ|ち|ぢ|っ|つ|づ|と|ん|ゔ|アニメ|シン・ゴジラ|チ|ツ|ッ|ヴ|ヿ|ー|・|ｱ|ｼ|ﾁ|ガンダム|スター
한국|서울|기생충|올드보이|가|까|나|다|따|라|마|바|빠|사|싸|아|자|짜|차|카|타|파|하|의|ㄱ|ㅎ|ㅏ
አማርኛ|ሀ|ፊ|፩|ᏣᎳᎩ|Ꭰ|ᏸ|ᐃᓄᒃᑎᑐᑦ|ᐊ|ᒐ|ᚁ|ᚠᚢᚦ|ᛟ|ᠮᠣᠩᠭᠣᠯ|ᠠ|ᜀ|꒐|ꀀ|ꓐ
😀|😀 Smile|🎬Film|🇫🇷|👨‍👩‍👧 Family|❤|♥ Love|☆Star|★|♪ Song|☺|✓|→ Arrow|←|∞|√2|π|∑|≠|∂|µ|Ω|℧
𝐀|𝐛old|𝒜|𝓈|𝔄|𝔹|𝕏 Files|𝖅|𝗔|𝘻|𝙰|𝚉|𝚨|𝛂|𝛼|𝟎|𝟡|𝟿 Lives|🄰|🅐|🅰|🆎|🆒|🆗|🄁|🈁|𐍈|𐐀|𝄞|𠀀|丽|𓀀|🙰
½|½ Man|¼|¾|⅓|⅞|№ 1|№|™|®|©|℗|℠|℡|℃|Å|K|Ω|ℂ|ℍ|ℵ|Ⅳ|ⅳ|Ⅻ|ⅿ|①|⑳|⑴|⒈|Ⓐ|ⓩ|⓪|⓫|㉑|㊀|㋿|㍿|㎂|㎏|ﬀ|ﬁ|ﬃ|ﬅ|ﬓ|Ａ|ａ|１|！|．|＂
€|€uro|£|£5|¥|¢|¤|₤|₩|₪|₫|₭|₮|₱|₴|₹|₺|₽|₿|§|¶|°|¹|²|³|º|ª|·|×|÷|¬|¦|¨|´|¸|¯|–|—|―|…|•|‰|′|″|‽|※|⁂|⁄|⁊
.|.Com|-|--|_|__|_A|a_b|a-b|O'Brien|O’Brien|A.I.|A. I.|M*A*S*H|E=mc²|@|[REC]|{x}|<3|~|`|^|\\|/|%|&|&c|*|+1|,|;|:|?|1-2|1 2
 A| A| A|　A|A|​A|‍A|⁠A|﻿A|­A|A B|A B|A　B|A B|A B|A  B|a  |  a|\u200eA|\u202bא|\ue000|\ue000A|\ufffd|\ufffdA|\uffff
\u0000A|\u0001|A\u0007B|\tA|A\tB|\u000bA|\u001cA|A\u001fB|\u007fA|\u0080A|\u008a|\u0092A|\u009f|\u0085A
e\u0301|\u0301A|A\u030aB|\u0300|n\u0303o|o\u0308|\u20ddA|\u0591א|\u064bا|\u093fक|\ufe0fA|1\ufe0f\u20e3|\u3099か
"""


def main():
    titles = list(dict.fromkeys(word for line in WORDS.strip("\n").split("\n") for word in line.split("|")))
    with open(HERE / "initials.tsv", "w", encoding="ascii") as out:
        for title in titles:
            print(initial_of(title), json.dumps(title), sep="\t", file=out)
    with open(HERE / "initials-by-block.tsv", "w", encoding="ascii") as out:
        for block in range(0x1100):
            if 0xD8 <= block <= 0xDF:
                continue
            text = "\n".join(initial_of(chr(c) + "x") + initial_of("y" + chr(c)) for c in range(block * 256, block * 256 + 256))
            if text == "\n".join(["X_Y_"] * 256):
                continue
            print("%04x" % block, hashlib.sha256(text.encode()).hexdigest()[:16], sep="\t", file=out)


if __name__ == "__main__":
    main()
