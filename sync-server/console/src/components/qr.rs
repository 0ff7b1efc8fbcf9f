//! A text as a QR code: black on white in either theme, since cameras expect it so.

use leptos::prelude::*;
use qrcode::{Color, QrCode};

/// Light modules around a code; readers need four.
const QUIET: usize = 4;

/// The code, drawn as one path; nothing where the text is too long for any code.
#[component]
pub(crate) fn Qr(
    /// What a camera reads.
    text: String,
    /// What it is, for who doesn't see it.
    label: &'static str,
) -> impl IntoView {
    QrCode::new(text.as_bytes()).ok().map(|code| {
        let side = code.width() + 2 * QUIET;
        view! {
            <svg
                class="qr"
                role="img"
                aria-label=label
                viewBox=format!("0 0 {side} {side}")
                shape-rendering="crispEdges"
                data-text=text
            >
                <rect width=side height=side fill="#fff"/>
                <path d=path(&code) fill="#000"/>
            </svg>
        }
    })
}

fn path(code: &QrCode) -> String {
    let colors = code.to_colors();
    let rows = colors.chunks(code.width().max(1)).enumerate();
    let dark = rows.flat_map(|(y, row)| {
        let dark = row.iter().enumerate().filter(|(_, c)| **c == Color::Dark);
        dark.map(move |(x, _)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET))
    });
    dark.collect()
}
