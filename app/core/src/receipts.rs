//! A receipt for the screen: its text, and a QR code of it that another phone can read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use shared::receipt::Receipt;
use shared::wire::handheld::ReceiptView;

/// Points on a side at least: a receipt has some 100 modules, and a camera wants three points each.
const SIDE_MIN: u32 = 360;

/// The receipt as text and picture; `None` when it has no such form, which a receipt always has.
pub(crate) fn view(receipt: &Receipt) -> Option<ReceiptView> {
    let text = serde_json::to_string(receipt).ok()?;
    // On a screen nothing is torn or dirty: the lowest correction gives the largest modules.
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(SIDE_MIN, SIDE_MIN)
        .build();
    Some(ReceiptView {
        picture: format!("data:image/svg+xml;base64,{}", BASE64.encode(picture)),
        text,
    })
}
