//! The watermark: when, where, which grid, who — burnt into the pixels at the lower edge.
//!
//! White text on a translucent dark band; the size follows the picture, long text wraps, and what
//! still does not fit ends in an ellipsis. The fonts come with the program (`assets/fonts`), so the
//! result does not depend on the device. Never fails: an unknown character becomes a box.
//! Tests: at the end.

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};
use image::RgbImage;
use std::sync::OnceLock;

const LATIN: &[u8] = include_bytes!("../../assets/fonts/latin.ttf");
const CJK: &[u8] = include_bytes!("../../assets/fonts/cjk.ttf");

/// What is written on the photo. Empty parts take no line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Date and time, as people read it.
    pub time: String,
    /// Address or coordinates with their accuracy.
    pub place: String,
    /// The grid with its community.
    pub grid: String,
    /// Who filed it.
    pub worker: String,
}

/// Text height as a share of the longer edge: readable on a phone, small on the picture.
const TEXT_SHARE: f32 = 1.0 / 46.0;
/// Text is never smaller than this many pixels: below it a 汉字 is a smudge.
const TEXT_PX_MIN: f32 = 12.0;
/// The band may cover this share of the height; further lines are dropped with an ellipsis.
const BAND_SHARE: f32 = 0.4;
/// Lines for one part of the mark, before the ellipsis.
const LINES_PER_PART: usize = 2;
/// Characters of one part that are looked at: more would never be drawn.
const PART_CHARS_LIMIT: usize = 400;
/// How much of the picture shines through the band, of 256.
const BAND_SHINE: u32 = 92;
/// Distance of lines, in text heights.
const LINE_STEP: f32 = 1.32;
const ELLIPSIS: char = '…';

struct Fonts {
    latin: FontRef<'static>,
    cjk: FontRef<'static>,
}

impl Fonts {
    /// The face that has the character; the box of `cjk` when neither has it.
    fn pick(&self, character: char) -> (&FontRef<'static>, GlyphId) {
        let id = self.latin.glyph_id(character);
        if id.0 != 0 {
            (&self.latin, id)
        } else {
            (&self.cjk, self.cjk.glyph_id(character))
        }
    }

    fn advance(&self, character: char, px: f32) -> f32 {
        let (font, id) = self.pick(character);
        font.as_scaled(scale(font, px)).h_advance(id)
    }
}

/// Both faces are set to the same em size; `PxScale` counts ascent to descent.
fn scale(font: &FontRef<'_>, px: f32) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(px * font.height_unscaled() / em)
}

fn fonts() -> Option<&'static Fonts> {
    static FONTS: OnceLock<Option<Fonts>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            Some(Fonts {
                latin: FontRef::try_from_slice(LATIN).ok()?,
                cjk: FontRef::try_from_slice(CJK).ok()?,
            })
        })
        .as_ref()
}

/// Draws the mark on the picture.
pub fn burn(picture: &mut RgbImage, mark: &Mark) {
    let Some(fonts) = fonts() else { return };
    let (width, height) = (to_f32(picture.width()), to_f32(picture.height()));
    let px = (width.max(height) * TEXT_SHARE).max(TEXT_PX_MIN);
    let margin = px * 0.7;
    let room = ((height * BAND_SHARE - margin) / (px * LINE_STEP))
        .floor()
        .max(1.0);
    let lines = lines(fonts, mark, px, width - 2.0 * margin, to_usize(room));
    if lines.is_empty() {
        return;
    }
    let band = (to_f32(lines.len()) * px * LINE_STEP + margin).min(height);
    darken(picture, to_u32(height - band));
    for (number, line) in lines.iter().enumerate() {
        // The baseline of CJK faces lies about 0.88 em below the top of the line.
        let baseline = height - band + margin * 0.5 + to_f32(number) * px * LINE_STEP + px * 0.94;
        draw_line(picture, fonts, line, point(margin, baseline), px);
    }
}

/// Breaks the parts of the mark into the lines that fit.
fn lines(fonts: &Fonts, mark: &Mark, px: f32, width: f32, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for part in [&mark.time, &mark.place, &mark.grid, &mark.worker] {
        lines.append(&mut wrap(fonts, part, px, width));
    }
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            *last = with_ellipsis(fonts, last, px, width);
        }
    }
    lines
}

fn wrap(fonts: &Fonts, text: &str, px: f32, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for character in printable(text) {
        let advance = fonts.advance(character, px);
        if used + advance > width && used > 0.0 {
            if lines.len() == LINES_PER_PART {
                if let Some(last) = lines.last_mut() {
                    *last = with_ellipsis(fonts, last, px, width);
                }
                return lines;
            }
            let carried = lines.last_mut().map(carry_word).unwrap_or_default();
            used = carried.chars().map(|c| fonts.advance(c, px)).sum();
            lines.push(carried);
            if character == ' ' && used == 0.0 {
                continue;
            }
        }
        used += advance;
        if let Some(last) = lines.last_mut() {
            last.push(character);
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// Takes an unfinished Latin word off the end of a full line, so that it starts the next one.
/// 汉字 may break anywhere.
fn carry_word(line: &mut String) -> String {
    let word_start = line
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_ascii_graphic())
        .last()
        .map_or(line.len(), |(at, _)| at);
    // A word that fills half of the line is broken where it stands.
    if word_start < line.len() / 2 {
        String::new()
    } else {
        line.split_off(word_start)
    }
}

fn with_ellipsis(fonts: &Fonts, line: &str, px: f32, width: f32) -> String {
    let mut kept: Vec<char> = line.chars().collect();
    let end = fonts.advance(ELLIPSIS, px);
    let mut used: f32 = kept.iter().map(|&c| fonts.advance(c, px)).sum();
    while used + end > width {
        let Some(last) = kept.pop() else { break };
        used -= fonts.advance(last, px);
    }
    kept.push(ELLIPSIS);
    kept.into_iter().collect()
}

/// Control characters and those that turn the direction of text would only disturb the band.
fn printable(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| {
            !c.is_control()
                && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        })
        .take(PART_CHARS_LIMIT)
}

fn darken(picture: &mut RgbImage, from_row: u32) {
    for row in picture.rows_mut().skip(to_usize(to_f32(from_row))) {
        for pixel in row {
            for sample in &mut pixel.0 {
                *sample = to_u8(u32::from(*sample) * BAND_SHINE / 256);
            }
        }
    }
}

fn draw_line(picture: &mut RgbImage, fonts: &Fonts, line: &str, start: ab_glyph::Point, px: f32) {
    let mut x = start.x;
    for character in line.chars() {
        let (font, id) = fonts.pick(character);
        let scale = scale(font, px);
        let advance = font.as_scaled(scale).h_advance(id);
        let glyph: Glyph = id.with_scale_and_position(scale, point(x, start.y));
        if let Some(outlined) = font.outline_glyph(glyph) {
            let bounds = outlined.px_bounds();
            outlined.draw(|dx, dy, cover| {
                let at = (bounds.min.x + to_f32(dx), bounds.min.y + to_f32(dy));
                whiten(picture, at, cover);
            });
        }
        x += advance;
    }
}

fn whiten(picture: &mut RgbImage, (x, y): (f32, f32), cover: f32) {
    if x < 0.0 || y < 0.0 {
        return;
    }
    let Some(pixel) = picture.get_pixel_mut_checked(to_u32(x), to_u32(y)) else {
        return;
    };
    let cover = to_u32(cover.clamp(0.0, 1.0) * 256.0);
    for sample in &mut pixel.0 {
        *sample = to_u8((u32::from(*sample) * (256 - cover) + 255 * cover) / 256);
    }
}

/// Pixel counts are below 2^16, which `f32` holds exactly.
#[expect(clippy::as_conversions, reason = "pixel counts are far below 2^24")]
fn to_f32(count: impl TryInto<u32>) -> f32 {
    count.try_into().unwrap_or(u32::MAX) as f32
}

#[expect(
    clippy::as_conversions,
    reason = "float to integer saturates, and the value is a pixel"
)]
fn to_u32(value: f32) -> u32 {
    value as u32
}

#[expect(
    clippy::as_conversions,
    reason = "float to integer saturates, and the value is a count"
)]
fn to_usize(value: f32) -> usize {
    value as usize
}

fn to_u8(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use image::Rgb;

    fn grey(width: u32, height: u32) -> RgbImage {
        RgbImage::from_pixel(width, height, Rgb([128, 128, 128]))
    }

    fn mark() -> Mark {
        Mark {
            time: "2026年11月24日 10:30".into(),
            place: "118.120431, 27.331775 ±8米 建阳区人民路与东市场路口".into(),
            grid: "潭城街道 七贤社区 第3网格".into(),
            worker: "陈晓霞".into(),
        }
    }

    #[test]
    fn chinese_and_latin_text_are_drawn_white_on_a_dark_band_and_the_rest_is_untouched() {
        let mut picture = grey(1200, 900);
        burn(&mut picture, &mark());
        assert_eq!(picture.get_pixel(600, 100).0, [128, 128, 128]);
        let band: Vec<_> = picture.rows().skip(800).flatten().map(|p| p.0[0]).collect();
        assert!(
            band.iter().filter(|&&v| v > 240).count() > 500,
            "white strokes"
        );
        assert!(
            band.iter().filter(|&&v| v < 60).count() > 10_000,
            "dark band"
        );
    }

    #[test]
    fn every_character_of_the_labels_and_of_the_place_has_a_real_glyph() {
        let fonts = fonts().unwrap();
        for c in "建阳区潭城街道七贤社区网格员臺灣國際±…℃0aÄ，。《》（）堃".chars()
        {
            if c == '℃' {
                continue; // Not in the source font; drawn as the box.
            }
            assert_ne!(fonts.pick(c).1.0, 0, "{c} has no glyph");
        }
        assert_eq!(fonts.pick('🕳').1.0, 0);
    }

    #[test]
    fn long_text_wraps_and_ends_in_an_ellipsis_inside_the_width() {
        let fonts = fonts().unwrap();
        let lines = wrap(fonts, &"很长的地名".repeat(60), 20.0, 400.0);
        assert_eq!(lines.len(), LINES_PER_PART);
        assert!(lines[1].ends_with(ELLIPSIS));
        for line in &lines {
            let width: f32 = line.chars().map(|c| fonts.advance(c, 20.0)).sum();
            assert!(width <= 400.0, "{line} is {width} wide");
        }
        let words = wrap(
            fonts,
            "建阳区 corner of Renmin Road and Dongshichang Road",
            20.0,
            200.0,
        );
        assert!(words.iter().all(|line| !line.ends_with("Ro")), "{words:?}");
    }

    #[test]
    fn tiny_flat_and_empty_cases_do_no_harm() {
        for (width, height) in [(1, 1), (40, 3000), (3000, 10), (16, 16)] {
            burn(&mut grey(width, height), &mark());
        }
        let mut picture = grey(300, 200);
        burn(&mut picture, &Mark::default());
        assert_eq!(picture, grey(300, 200));
        let hostile = Mark {
            time: "\u{202e}\0\n👨‍👩‍👧<script>'; DROP".into(),
            ..Mark::default()
        };
        burn(&mut picture, &hostile);
    }
}
