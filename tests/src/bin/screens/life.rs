//! The console through the life of a case: what its unit, the dispatcher and the supervisor see
//! and fill in.

use anyhow::Result;
use tests::people::PASSWORD;
use tests::programs::photo;

use crate::console::Pages;

/// From the first signature to the last resort; begins and ends with somebody signed in.
pub(crate) async fn all(pages: &Pages<'_>) -> Result<()> {
    switch(pages, "shizheng").await?;
    asks(pages).await?;
    finishes(pages).await?;
    switch(pages, "paiqian").await?;
    grants(pages).await?;
    switch(pages, "ducha").await?;
    urges(pages).await?;
    for _ in 0..2 {
        switch(pages, "shizheng").await?;
        open(pages, "/?class=open&sort=opened").await?;
        act(pages, "hand-back", "现场是电力井，不属本单位").await?;
        let number = pages.browser.find("[data-test='case-no']").await?;
        let number = number.text().await?;
        switch(pages, "paiqian").await?;
        open(pages, &format!("/?text={}", number.trim())).await?;
        if pages
            .has("[data-test='returned-by'] li:nth-child(2)")
            .await?
        {
            break;
        }
        begin(pages, "dispatch").await?;
        pages.fill("#move-unit", "市政中心").await?;
        pages.browser.click_css("[data-test='option']").await?;
        send(pages).await?;
    }
    pages.each("case-last-resort").await?;
    begin(pages, "add-part").await?;
    pages.each("case-form-part").await
}

/// A unit that asks, with what is missing said.
async fn asks(pages: &Pages<'_>) -> Result<()> {
    open(pages, "/?class=open&sort=opened").await?;
    act(pages, "start", "").await?;
    pages.each("case-unit").await?;
    pages
        .browser
        .script("document.querySelector('#moves-more')?.setAttribute('open', '')")
        .await?;
    pages.show("#moves").await?;
    pages.each("case-unit-moves").await?;
    begin(pages, "ask-suspension").await?;
    pages.browser.click_css("#move-submit").await?;
    pages.each("case-form-missing").await?;
    pages.browser.click_css("#move-cancel").await?;
    act(pages, "ask-extension", "要等配件").await
}

async fn finishes(pages: &Pages<'_>) -> Result<()> {
    begin(pages, "finish").await?;
    pages
        .browser
        .attach("#move-photo", &photo("landscape_6.jpg"))
        .await?;
    pages
        .browser
        .find("[data-test='photo-sent'][data-state='safe']")
        .await?;
    pages.each("case-form-finish").await?;
    pages.browser.click_css("#move-cancel").await
}

async fn grants(pages: &Pages<'_>) -> Result<()> {
    pages.open("/?asked=extension").await?;
    pages.browser.find("[data-test='case-row']").await?;
    pages.each("list-asked").await?;
    pages.browser.click_css("[data-test='case-link']").await?;
    pages.browser.find("[data-test='asked']").await?;
    pages.each("case-asked").await?;
    act(pages, "grant", "").await?;
    pages.browser.click_css("#deadline-why").await?;
    pages.each("case-why").await
}

async fn urges(pages: &Pages<'_>) -> Result<()> {
    open(pages, "/?class=open&sort=opened").await?;
    begin(pages, "urge").await?;
    pages.browser.click_css("#move-card-red").await?;
    pages.fill("#move-reason", "群众反复反映").await?;
    pages.each("case-form-urge").await?;
    send(pages).await?;
    pages.open("/?card=yellow,red&class=open").await?;
    pages.browser.find("[data-test='case-row']").await?;
    pages.each("list-urged").await
}

/// Signs in as somebody else.
async fn switch(pages: &Pages<'_>, login: &str) -> Result<()> {
    pages.browser.click_css("#sign-out").await?;
    pages.browser.find("#sign-in-form").await?;
    pages.open("/").await?;
    pages.sign_in(login, PASSWORD).await?;
    pages.browser.find("#nav-todo").await?;
    Ok(())
}

/// Opens the first case of a list.
async fn open(pages: &Pages<'_>, list: &str) -> Result<()> {
    pages.open(list).await?;
    pages.browser.click_css("[data-test='case-link']").await?;
    pages.browser.find("[data-test='case']").await?;
    Ok(())
}

async fn begin(pages: &Pages<'_>, kind: &str) -> Result<()> {
    let css = format!("#move-{kind}");
    pages.browser.find(&css).await?;
    pages
        .browser
        .script("document.querySelector('#moves-more')?.setAttribute('open', '')")
        .await?;
    pages.browser.click_css(&css).await?;
    pages.browser.find("#move-form").await?;
    pages.show("#moves").await
}

async fn send(pages: &Pages<'_>) -> Result<()> {
    pages.browser.click_css("#move-submit").await?;
    pages.browser.find("[data-test='done']").await?;
    Ok(())
}

async fn act(pages: &Pages<'_>, kind: &str, why: &str) -> Result<()> {
    begin(pages, kind).await?;
    if !why.is_empty() {
        pages.fill("#move-reason", why).await?;
    }
    send(pages).await
}
