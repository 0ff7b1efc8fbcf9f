//! Where the handheld is: asked of the receiver on a phone, not known on a desktop.
//!
//! The phone's part compiles only for a phone and has not been tried on one yet; see
//! `docs/HANDHELD.md`. It asks once, when the worker wants it; nothing here follows anybody.

use shared::wire::handheld::{PlaceInput, Problem};

/// Whether there is a receiver to ask.
pub(crate) const HAS_RECEIVER: bool = cfg!(any(target_os = "android", target_os = "ios"));

/// Longest wait for a fix; beyond it the worker sets a pin.
#[cfg(any(target_os = "android", target_os = "ios"))]
const WAIT_MS: u32 = 15_000;
/// A fix this old is still where a walking worker is.
#[cfg(any(target_os = "android", target_os = "ios"))]
const AGE_MS: u32 = 10_000;

/// The present position with its accuracy.
#[cfg(any(target_os = "android", target_os = "ios"))]
pub(crate) fn ask(handle: &tauri::AppHandle) -> Result<PlaceInput, Problem> {
    use tauri::plugin::PermissionState;
    use tauri_plugin_geolocation::{GeolocationExt, PermissionType, PositionOptions};
    let receiver = handle.geolocation();
    let allowed = receiver
        .check_permissions()
        .is_ok_and(|status| status.location == PermissionState::Granted);
    if !allowed {
        receiver
            .request_permissions(Some(vec![PermissionType::Location]))
            .map_err(|_| refused())?;
    }
    let options = PositionOptions {
        enable_high_accuracy: true,
        timeout: WAIT_MS,
        maximum_age: AGE_MS,
    };
    let fix = receiver
        .get_current_position(Some(options))
        .map_err(|_| refused())?;
    Ok(PlaceInput {
        lat: fix.coords.latitude,
        lon: fix.coords.longitude,
        accuracy_m: Some(fix.coords.accuracy),
        source: shared::report::PlaceSource::Gps,
        words: String::new(),
    })
}

/// The present position with its accuracy.
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub(crate) fn ask(_: &tauri::AppHandle) -> Result<PlaceInput, Problem> {
    Err(Problem {
        code: String::from("no_receiver"),
        words: String::from("这台设备没有定位功能。请在图上点一下，或输入经纬度。"),
        words_en: String::from(
            "This machine has no receiver. Tap the map, or type the coordinates.",
        ),
    })
}

#[cfg(any(target_os = "android", target_os = "ios"))]
fn refused() -> Problem {
    Problem {
        code: String::from("no_position"),
        words: String::from(
            "没有取到位置。请打开定位、允许本应用使用位置，或到开阔处再试；也可以在图上点一下。",
        ),
        words_en: String::from(
            "No position. Switch location on, allow it for this app, or try in the open; or tap the map.",
        ),
    }
}
