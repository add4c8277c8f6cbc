//! The classes that characters fall into, and what they cost.

/// Costs, in thousandths of a token.
pub(super) mod cost {
    /// First letter of a word, by what stands before it.
    pub(crate) const WORD_AFTER_SPACE: u32 = 759;
    pub(crate) const WORD_AFTER_BREAK: u32 = 821;
    pub(crate) const WORD_AFTER_DIGIT: u32 = 1011;
    pub(crate) const WORD_AFTER_APOSTROPHE: u32 = 531;
    /// One punctuation mark that itself follows a word or number: `foo.bar`.
    pub(crate) const WORD_AFTER_JOINER: u32 = 241;
    /// One punctuation mark at the start or after a space: `(foo`.
    pub(crate) const WORD_AFTER_OPENER: u32 = 1116;
    pub(crate) const WORD_AFTER_PUNCTS: u32 = 862;
    pub(crate) const WORD_AFTER_OTHER: u32 = 581;
    /// `fooBar`: the capital that starts a new part.
    pub(crate) const CAMEL: u32 = 688;
    /// `ABCdef`: the first small letter after several capitals.
    pub(crate) const CAPITALS_END: u32 = 1138;
    pub(crate) const CAPITALS_SHORT: u32 = 52;
    pub(crate) const CAPITALS_LONG: u32 = 307;
    /// Each letter after the eleventh of a word.
    pub(crate) const LONG_WORD: u32 = 511;
    /// A word of four letters or more that ends in a, i, o or u, and so is hardly English.
    pub(crate) const OPEN_END: u32 = 508;
    pub(crate) const LATIN_1: u32 = 676;
    pub(crate) const LATIN_EXTENDED: u32 = 992;
    pub(crate) const VIETNAMESE: u32 = 116;
    pub(crate) const COMBINING: u32 = 1886;
    pub(crate) const DIGITS: u32 = 1121;
    pub(crate) const DIGIT_AFTER_SPACE: u32 = 638;
    pub(crate) const SECOND_SPACE: u32 = 915;
    pub(crate) const MORE_SPACE: u32 = 8;
    pub(crate) const TAB: u32 = 956;
    pub(crate) const NEWLINE: u32 = 1578;
    pub(crate) const NEWLINE_AGAIN: u32 = 126;
    pub(crate) const NEWLINE_AFTER_SPACES: u32 = 81;
    pub(crate) const PUNCT_AFTER_SPACE: u32 = 902;
    pub(crate) const PUNCT_AFTER_WORD: u32 = 731;
    pub(crate) const PUNCT_AFTER_DIGIT: u32 = 888;
    pub(crate) const PUNCT_AFTER_OTHER: u32 = 658;
    pub(crate) const PUNCT_REPEATED: u32 = 115;
    pub(crate) const PUNCT_SECOND: u32 = 143;
    pub(crate) const PUNCT_MORE: u32 = 347;
    pub(crate) const EMOJI: u32 = 1564;
    pub(crate) const EMOJI_AFTER_SPACE: u32 = 724;
    /// Extra cost of `a` to `z` anywhere but at the start of a word.
    const LETTERS: [u16; 26] =
        [38, 418, 0, 0, 0, 0, 265, 77, 156, 700, 700, 249, 74, 0, 0, 171, 0, 0, 0, 208, 25, 479, 700, 13, 0, 700];
    /// `LETTERS` for small letters and capitals, by ASCII code.
    pub(crate) const RARITY: [u16; 128] = {
        let mut table = [0; 128];
        let mut index = 0;
        while index < 26 {
            table[b'a' as usize + index] = LETTERS[index];
            table[b'A' as usize + index] = LETTERS[index];
            index += 1;
        }
        table
    };
}

/// A non-Latin script, with the cost of starting a run, of each character, and of each after the fourth besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    pub(super) id: u8,
    pub(super) start: u32,
    pub(super) each: u32,
    pub(super) late: u32,
}

impl Script {
    const fn new(id: u8, start: u32, each: u32, late: u32) -> Self {
        Self { id, start, each, late }
    }
}

const GREEK: Script = Script::new(1, 1124, 212, 0);
const CYRILLIC: Script = Script::new(2, 1240, 67, 0);
/// Cyrillic letters that Russian does not have.
const CYRILLIC_RARE: Script = Script::new(2, 1240, 1451, 0);
const ARMENIAN: Script = Script::new(3, 912, 179, 0);
const HEBREW: Script = Script::new(4, 780, 183, 525);
const ARABIC: Script = Script::new(5, 1140, 25, 355);
const DEVANAGARI: Script = Script::new(6, 48, 356, 0);
const BENGALI: Script = Script::new(7, 921, 213, 0);
const INDIC: Script = Script::new(8, 1524, 264, 0);
const THAI: Script = Script::new(9, 1133, 380, 0);
const SOUTHEAST_ASIAN: Script = Script::new(10, 276, 572, 0);
const GEORGIAN: Script = Script::new(11, 913, 198, 0);
const ETHIOPIC: Script = Script::new(12, 929, 1936, 0);
const HANGUL: Script = Script::new(13, 1121, 383, 0);
const HIRAGANA: Script = Script::new(14, 1096, 112, 0);
const KATAKANA: Script = Script::new(15, 734, 481, 0);
const HAN: Script = Script::new(16, 670, 718, 0);
const UNKNOWN: Script = Script::new(17, 919, 2000, 0);

#[derive(Debug, Clone, Copy)]
pub(super) enum Class {
    Lower,
    Upper,
    /// A Latin letter beyond ASCII, with its extra cost.
    Accented(u32),
    Combining,
    Digit,
    Space,
    Tab,
    Newline,
    Punct,
    Script(Script),
    Emoji,
    /// A symbol that costs the same wherever it stands.
    Sign(u32),
}

impl Class {
    const ASCII: [Self; 128] = {
        let mut table = [Self::Punct; 128];
        let mut code: u8 = 0;
        while code < 128 {
            table[code as usize] = match code {
                b'a'..=b'z' => Self::Lower,
                b'A'..=b'Z' => Self::Upper,
                b'0'..=b'9' => Self::Digit,
                b' ' => Self::Space,
                b'\t' => Self::Tab,
                b'\n' | b'\r' => Self::Newline,
                0..=0x1f | 0x7f => Self::Sign(1001),
                _ => Self::Punct,
            };
            code += 1;
        }
        table
    };

    pub(super) fn of(c: char) -> Self {
        match Self::ASCII.get(c as usize) {
            Some(class) => *class,
            None => Self::beyond_ascii(u32::from(c)),
        }
    }

    fn beyond_ascii(code: u32) -> Self {
        match code {
            0xaa | 0xb5 | 0xba => Self::Accented(cost::LATIN_1),
            0..=0xbf | 0xd7 | 0xf7 => Self::Sign(1003),
            0xc0..=0xff => Self::Accented(cost::LATIN_1),
            0x110 | 0x111 | 0x1a0 | 0x1a1 | 0x1af | 0x1b0 | 0x1e00..=0x1eff => Self::Accented(cost::VIETNAMESE),
            0x100..=0x24f => Self::Accented(cost::LATIN_EXTENDED),
            0x300..=0x36f => Self::Combining,
            0x370..=0x3ff | 0x1f00..=0x1fff => Self::Script(GREEK),
            0x401 | 0x410..=0x44f | 0x451 => Self::Script(CYRILLIC),
            0x400..=0x52f => Self::Script(CYRILLIC_RARE),
            0x530..=0x58f => Self::Script(ARMENIAN),
            0x590..=0x5ff => Self::Script(HEBREW),
            0x600..=0x77f | 0x8a0..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfefe => Self::Script(ARABIC),
            0x900..=0x97f => Self::Script(DEVANAGARI),
            0x980..=0x9ff => Self::Script(BENGALI),
            0xa00..=0xdff => Self::Script(INDIC),
            0xe00..=0xe7f => Self::Script(THAI),
            0xe80..=0x109f | 0x1780..=0x17ff => Self::Script(SOUTHEAST_ASIAN),
            0x10a0..=0x10ff => Self::Script(GEORGIAN),
            0x1100..=0x11ff | 0xac00..=0xd7af => Self::Script(HANGUL),
            0x1200..=0x13ff => Self::Script(ETHIOPIC),
            0x200d | 0x20e3 | 0xfe00..=0xfe0f => Self::Sign(704),
            0x2000..=0x206f => Self::Sign(768),
            0x25a0..=0x27bf | 0x1f000..=0x1f3fa | 0x1f400..=0x1faff => Self::Emoji,
            0x2070..=0x2bff => Self::Sign(1299),
            0x3000..=0x303f | 0xff00..=0xffef => Self::Sign(841),
            0x3040..=0x309f => Self::Script(HIRAGANA),
            0x30a0..=0x30ff => Self::Script(KATAKANA),
            0x3100..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff => Self::Script(HAN),
            0x1f3fb..=0x1f3ff => Self::Sign(1001),
            _ => Self::Script(UNKNOWN),
        }
    }
}
