//! The handheld: each page at two sizes, in two languages, in normal and large type.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tests::day::{Places, Spot};
use tests::handheld_driver::Handheld;
use tests::programs::photo;

use crate::Album;

/// Unlocks the handheld of the pictures.
const PIN: &str = "246810";

const SIZES: [(u32, u32); 2] = [(360, 640), (412, 915)];

/// Everything, with a fresh device, one that has filed nothing, and one in the middle of its life.
pub(crate) async fn all(album: &Album, homes: [&Path; 3]) -> Result<()> {
    let program = tests::programs::program("gewu-handheld")?;
    for (width, height) in SIZES {
        for (home, what) in homes.into_iter().zip(["fresh", "empty", "full"]) {
            let window = Handheld::start(&program, home, width, height).await?;
            for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
                for large in [false, true] {
                    let kind = if large { "-large" } else { "" };
                    let start = format!("handheld-{width}x{height}-{language}{kind}");
                    let book = Pages {
                        window: &window,
                        album,
                        start,
                    };
                    book.look(tag, large, what == "fresh").await?;
                    match what {
                        "fresh" => book.fresh().await?,
                        "empty" => book.empty().await?,
                        _ => book.full().await?,
                    }
                }
            }
            window.close().await?;
        }
    }
    Ok(())
}

struct Pages<'a> {
    window: &'a Handheld,
    album: &'a Album,
    start: String,
}

impl Pages<'_> {
    /// Chooses language and type size as a worker would.
    async fn look(&self, tag: &str, large: bool, fresh: bool) -> Result<()> {
        if fresh {
            self.go("#/bind", "bind").await?;
        } else {
            self.go("#/settings", "settings").await?;
        }
        let language = if tag == "en" {
            "language-en"
        } else {
            "language-zh"
        };
        self.press(language).await?;
        self.window.find(&format!("html[lang='{tag}']")).await?;
        let now = self
            .window
            .script("return document.documentElement.dataset.type === 'large'")
            .await?;
        if now.as_bool() != Some(large) {
            self.press("large-type").await?;
        }
        let kind = if large { "large" } else { "normal" };
        self.window
            .find(&format!("html[data-type='{kind}']"))
            .await?;
        Ok(())
    }

    async fn fresh(&self) -> Result<()> {
        self.go("#/bind", "bind").await?;
        self.take("bind").await?;
        self.press("bind-go").await?;
        self.window.find("[role='alert'], .notice").await?;
        self.take("bind-error").await
    }

    async fn empty(&self) -> Result<()> {
        for (hash, page, name) in [
            ("#/", "home", "home-empty"),
            ("#/reports", "reports", "reports-empty"),
            ("#/reports/drafts", "reports", "drafts-empty"),
            ("#/tasks", "tasks", "tasks-empty"),
            ("#/capture", "capture", "capture-empty"),
            ("#/queue", "queue", "queue-empty"),
        ] {
            self.go(hash, page).await?;
            self.take(name).await?;
        }
        Ok(())
    }

    async fn full(&self) -> Result<()> {
        for (hash, page, name) in [
            ("#/", "home", "home-full"),
            ("#/reports", "reports", "reports-full"),
            ("#/tasks", "tasks", "tasks-full"),
            ("#/settings", "settings", "settings"),
            ("#/queue", "queue", "queue"),
        ] {
            self.go(hash, page).await?;
            self.take(name).await?;
        }
        self.scrolled("queue-rules").await?;
        // The round is published on the way through the console.
        if self.album.may_want("console-") {
            self.go("#/tasks", "tasks").await?;
            self.window.click_css("#patrols a").await?;
            self.window.find("main[data-page='patrol']").await?;
            self.window.find("#patrol-points li").await?;
            self.take("patrol").await?;
        }
        self.go("#/reports", "reports").await?;
        self.window.click_css("#reports li:nth-child(2) a").await?;
        self.window.find("main[data-page='report']").await?;
        self.take("report").await?;
        self.window.find("#add-note").await?;
        self.press("add-note").await?;
        self.window.find("#addition-form").await?;
        self.show("#report-additions").await?;
        self.take("report-additions").await?;
        self.window.open_details("#report-receipt").await?;
        self.show("#report-receipt").await?;
        self.take("report-receipt").await?;
        self.scrolled("report-more").await?;
        self.capture().await?;
        self.lock().await
    }

    /// A PIN is set, the handheld locked, a wrong PIN told, and all is as before.
    async fn lock(&self) -> Result<()> {
        self.go("#/settings", "settings").await?;
        self.show("#settings-lock").await?;
        self.take("settings-lock").await?;
        self.type_into("#pin-new", PIN).await?;
        self.type_into("#pin-again", PIN).await?;
        self.press("pin-set").await?;
        self.window.find("#lock-now").await?;
        self.show("#settings-lock").await?;
        self.take("settings-lock-set").await?;
        self.press("lock-now").await?;
        self.window.find("main[data-page='unlock']").await?;
        self.take("unlock").await?;
        self.type_into("#pin", "000000").await?;
        self.press("pin-go").await?;
        self.window.find("[data-page='unlock'] .notice").await?;
        self.take("unlock-wrong").await?;
        self.type_into("#pin", PIN).await?;
        self.press("pin-go").await?;
        self.window.find("main[data-page='settings']").await?;
        self.type_into("#pin-old", PIN).await?;
        self.press("pin-remove").await?;
        self.window
            .until("see the PIN gone", async || {
                let gone = "return document.getElementById('lock-now') === null";
                Ok(self.window.script(gone).await?.as_bool() == Some(true))
            })
            .await
    }

    /// By script: the bar of tabs may lie over it.
    async fn press(&self, id: &str) -> Result<()> {
        self.window
            .script(&format!("document.getElementById('{id}').click()"))
            .await?;
        Ok(())
    }

    /// A report being filled in, from the damaged photo to the sentence after sending.
    async fn capture(&self) -> Result<()> {
        self.go("#/capture", "capture").await?;
        self.window
            .attach("#photo-file", &photo("corrupted.jpg"))
            .await?;
        self.window.find("#section-photos .notice").await?;
        self.take("capture-damaged-photo").await?;
        self.window
            .attach("#photo-file", &photo("jolla.jpg"))
            .await?;
        self.window.find("li.photo").await?;
        self.take("capture-photo").await?;
        self.window.open_details("#place-use").await?;
        let at = Places::read()?.find(Spot::Border)?;
        self.type_into("#place-lat", &at.lat.to_string()).await?;
        self.type_into("#place-lon", &at.lon.to_string()).await?;
        self.window.click_css("#place-use").await?;
        self.window.find("#place-found .found").await?;
        self.show("#section-place").await?;
        self.take("capture-place").await?;
        self.type_into("#category-search", "jinggai").await?;
        self.window.find("#category-found li").await?;
        self.show("#section-category").await?;
        self.take("capture-category").await?;
        self.window.click_css("#category-found li button").await?;
        self.window.click_css("#conditions label").await?;
        self.window.find("#preview ol").await?;
        self.show("#section-category").await?;
        self.take("capture-ready").await?;
        // One of the day's reports is of the same thing at the same place.
        self.window.find("#similar li").await?;
        self.show("#similar").await?;
        self.take("capture-similar").await
    }

    async fn go(&self, hash: &str, page: &str) -> Result<()> {
        self.window
            .script(&format!("location.hash = '{hash}'; scrollTo(0, 0)"))
            .await?;
        self.window
            .find(&format!("main[data-page='{page}']"))
            .await?;
        Ok(())
    }

    async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        self.window
            .until(&format!("type into {css}"), async || {
                // Out from under the bar at the bottom.
                self.scroll_to(css, "center").await?;
                let field = self.window.find(css).await?;
                field.clear().await?;
                field.send_keys(text).await?;
                Ok(true)
            })
            .await
    }

    async fn show(&self, css: &str) -> Result<()> {
        self.scroll_to(css, "start").await
    }

    async fn scroll_to(&self, css: &str, block: &str) -> Result<()> {
        let code = format!(
            "document.querySelector('{css}').scrollIntoView({{block: '{block}', behavior: 'instant'}})"
        );
        self.window.script(&code).await?;
        Ok(())
    }

    async fn scrolled(&self, name: &str) -> Result<()> {
        self.window
            .script("scrollTo(0, document.body.scrollHeight)")
            .await?;
        self.take(name).await
    }

    async fn take(&self, name: &str) -> Result<()> {
        let Some(file) = self.album.file(&format!("{}-{name}", self.start)) else {
            return Ok(());
        };
        settle(self.window).await?;
        self.window.picture(&file)
    }
}

/// Until pictures are loaded and nothing says that it is being read; then one beat for the paint.
pub(crate) async fn settle(page: &tests::webdriver::Page) -> Result<()> {
    page.until("see everything loaded", async || {
        let done = page
            .script(
                "return document.readyState === 'complete' \
                 && [...document.images].every(image => image.complete) \
                 && !/正在读取|Loading/.test(document.body.innerText)",
            )
            .await?;
        Ok(done.as_bool() == Some(true))
    })
    .await?;
    tokio::time::sleep(Duration::from_millis(250)).await;
    Ok(())
}
