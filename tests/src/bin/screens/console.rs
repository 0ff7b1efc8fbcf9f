//! The console: each page at the widths of a phone, a desk and a wall, in two languages.

use anyhow::Result;
use tests::console_driver::Console;
use tests::people::PASSWORD;
use tests::programs::Server;

use crate::Album;
use crate::handheld::settle;
use crate::life;

const SIZES: [(u32, u32); 3] = [(390, 844), (1280, 800), (1920, 1080)];

/// Before anything was filed.
pub(crate) async fn empty(album: &Album, server: &Server) -> Result<()> {
    let browser = Console::start(&server.url(), 1280, 800).await?;
    let pages = Pages {
        browser: &browser,
        album,
        address: server.url(),
    };
    browser.find("#sign-in-form").await?;
    pages.each("sign-in").await?;
    pages.sign_in("paiqian", "not the password").await?;
    browser.find("#sign-in-form [role='alert']").await?;
    pages.each("sign-in-error").await?;
    pages.open("/").await?;
    pages.sign_in("guanli", PASSWORD).await?;
    browser.find("#nav-todo").await?;
    for (path, name) in [
        ("/", "list-empty"),
        ("/quarantine", "quarantine-empty"),
        ("/patrols", "patrols-empty"),
        ("/nowhere", "no-such-page"),
    ] {
        pages.open(path).await?;
        pages.each(name).await?;
    }
    Ok(())
}

/// With the demo's day in it; ends with the server stopped.
pub(crate) async fn full(album: &Album, server: &mut Server) -> Result<()> {
    let browser = Console::start(&server.url(), 1280, 800).await?;
    let address = server.url();
    let pages = Pages {
        browser: &browser,
        album,
        address,
    };
    administered(&pages).await?;
    life::all(&pages).await?;
    dispatched(&pages).await?;
    browser.dark(true).await?;
    pages.each("case-dark").await?;
    browser.dark(false).await?;
    server.kill();
    pages
        .browser
        .script("document.querySelector('#nav-todo').click()")
        .await?;
    browser.find(".notice, [role='alert']").await?;
    pages.each("unreachable").await
}

/// What an administrator looks at.
async fn administered(pages: &Pages<'_>) -> Result<()> {
    let browser = pages.browser;
    browser.find("#sign-in-form").await?;
    pages.sign_in("guanli", PASSWORD).await?;
    browser.find("#nav-people").await?;
    for (path, shows, name) in [
        ("/devices", "[data-test='device-row']", "devices"),
        ("/people", "table", "people"),
        (
            "/quarantine",
            "[data-test='quarantine-row']",
            "quarantine-full",
        ),
        ("/audit", "[data-test='audit-row']", "audit"),
        ("/receipts", "#receipt-form", "receipts"),
    ] {
        pages.open(path).await?;
        browser.find(shows).await?;
        pages.each(name).await?;
    }
    browser
        .find("#receipt-text")
        .await?
        .send_keys("{\"root\": 1}")
        .await?;
    browser.click_css("#receipt-check").await?;
    browser.find("[data-test='receipt-bad']").await?;
    pages.each("receipts-wrong").await?;
    rounds(pages).await
}

/// A round is made, said to lack a point, published, and shown with its points.
async fn rounds(pages: &Pages<'_>) -> Result<()> {
    let browser = pages.browser;
    pages.open("/patrols").await?;
    browser.click_css("#change-rounds").await?;
    browser.click_css("#round-new").await?;
    pages.fill("#round-name", "早间巡查").await?;
    pages.fill("#round-area", "350703001012").await?;
    browser.click_css("#round-area-option-350703001012").await?;
    pages.fill("#round-points", "小学门口").await?;
    browser.click_css("#round-save").await?;
    browser.find("#round-form [role='alert'] p").await?;
    pages.show("#round-form").await?;
    pages.each("draft-round-wrong").await?;
    let points = "小学门口,27.1505,118.0292\n东市场后门,27.1506,118.0297,消防通道";
    pages.fill("#round-points", points).await?;
    browser.click_css("#round-save").await?;
    browser.find("[data-test='draft-round']").await?;
    pages.show("#draft-rounds").await?;
    pages.each("draft-rounds").await?;
    browser.click_css("#publish").await?;
    browser.find("[data-test='version-row']").await?;
    pages.open("/patrols").await?;
    browser.find("[data-test='round-point']").await?;
    pages.each("patrols").await
}

/// What a dispatcher works with; ends on a case.
async fn dispatched(pages: &Pages<'_>) -> Result<()> {
    let browser = pages.browser;
    browser.click_css("#sign-out").await?;
    browser.find("#sign-in-form").await?;
    pages.open("/").await?;
    pages.sign_in("paiqian", PASSWORD).await?;
    browser.find("[data-test='case-row']").await?;
    pages.open("/?class=open").await?;
    browser.find("[data-test='case-row']").await?;
    pages.each("list-full").await?;
    browser.click_css("[data-test='case-link']").await?;
    browser.find("[data-test='case']").await?;
    pages.each("case-running").await?;
    pages
        .open("/?text=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%BA%8B")
        .await?;
    pages.each("list-nothing-found").await?;
    pages.open("/").await?;
    browser.click_css("[data-test='case-link']").await?;
    browser.find("[data-test='case']").await?;
    pages.each("case").await?;
    browser
        .script("scrollTo(0, document.body.scrollHeight)")
        .await?;
    pages.each("case-more").await?;
    if let Ok(moves) = browser
        .client()
        .find_all(fantoccini::Locator::Css("[data-test='move']"))
        .await
        && !moves.is_empty()
    {
        browser.click_css("[data-test='move']").await?;
        browser.find("#move-form").await?;
        pages.each("case-move").await?;
        browser.click_css("#move-cancel").await?;
    }
    Ok(())
}

/// A browser whose pages go into the album.
pub(crate) struct Pages<'a> {
    pub(crate) browser: &'a Console,
    album: &'a Album,
    address: String,
}

impl Pages<'_> {
    pub(crate) async fn open(&self, path: &str) -> Result<()> {
        self.browser
            .open(&format!("{}{path}", self.address))
            .await?;
        self.browser.find("#main").await?;
        Ok(())
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Result<()> {
        for (css, text) in [("#login", login), ("#password", password)] {
            let field = self.browser.find(css).await?;
            field.clear().await?;
            field.send_keys(text).await?;
        }
        self.browser.click_css("#sign-in").await
    }

    pub(crate) async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.browser.find(css).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(())
    }

    pub(crate) async fn has(&self, css: &str) -> Result<bool> {
        let code = format!("return document.querySelector(\"{css}\") !== null");
        Ok(self.browser.script(&code).await?.as_bool() == Some(true))
    }

    /// Scrolls so that an element begins at the top.
    pub(crate) async fn show(&self, css: &str) -> Result<()> {
        let code = format!(
            "document.querySelector(\"{css}\").scrollIntoView({{block: 'start', behavior: 'instant'}})"
        );
        self.browser.script(&code).await?;
        Ok(())
    }

    /// The page as it is, at each size and in each language.
    pub(crate) async fn each(&self, name: &str) -> Result<()> {
        for language in ["zh", "en"] {
            for (width, height) in SIZES {
                let Some(file) = self
                    .album
                    .file(&format!("console-{width}-{language}-{name}"))
                else {
                    continue;
                };
                self.browser.resize(width, height).await?;
                settle(self.browser).await?;
                self.browser.picture(&file).await?;
            }
            // Twice around: back to Chinese at the end. The switch is hidden on no page.
            self.browser
                .script("document.getElementById('language')?.click()")
                .await?;
        }
        Ok(())
    }
}
