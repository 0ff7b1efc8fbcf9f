//! What the handheld's driver and the console's driver share: a private display, a driver
//! process, and a page that is used the way people use it, by the words they see.
//!
//! Nothing here sleeps for a fixed time: each act is tried again until it works or
//! [`PATIENCE`] is over, and then says what was on the page instead. Processes end with their
//! guards, together with whatever they started.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How long an act may take before it counts as failed; generous, because two cores may be busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at again.
const PERIOD: Duration = Duration::from_millis(50);

/// A process with all its children, killed when dropped.
#[derive(Debug)]
pub struct Guarded(Child);

impl Guarded {
    /// Starts the command as the leader of a process group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        Ok(Self(child))
    }

    /// The id of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        // Nothing can be done about a failure here; the processes end with the machine.
        let _ = Command::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

/// A screen of its own, by Xvfb.
#[derive(Debug)]
pub struct Display {
    /// Held for its end.
    _server: Guarded,
    number: u32,
}

impl Display {
    /// Starts a display of this many pixels, on a number that Xvfb finds free.
    pub fn start(width: u32, height: u32) -> Result<Self> {
        let mut server = Guarded::start(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
                .arg(format!("{width}x{height}x24"))
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let output = server.0.stdout.take().context("Xvfb has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let number = line.trim().parse().context("Xvfb named no display")?;
        Ok(Self {
            _server: server,
            number,
        })
    }

    /// The value for the variable `DISPLAY`.
    #[must_use]
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// A picture of the whole display. The WebKit driver's own picture call hangs there.
    pub fn picture(&self, file: &Path) -> Result<()> {
        let status = Command::new("import")
            .args(["-display", &self.name(), "-window", "root"])
            .arg(file)
            .status()
            .context("could not start import")?;
        if !status.success() {
            bail!("could not take a picture of display {}", self.name());
        }
        Ok(())
    }
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Starts a driver process and opens a session with it.
pub(crate) async fn open(
    command: &mut Command,
    port: u16,
    capabilities: Capabilities,
) -> Result<(Guarded, Client)> {
    let driver = Guarded::start(command.stdin(Stdio::null()))?;
    wait_for_port(port).await?;
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .context("the driver opened no session")?;
    Ok((driver, client))
}

/// Waits until something listens.
pub async fn wait_for_port(port: u16) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > end {
            bail!("nothing listens on port {port}");
        }
        tokio::time::sleep(PERIOD).await;
    }
    Ok(())
}

/// A page, used by the words on it.
#[derive(Debug, Clone)]
pub struct Page {
    client: Client,
}

impl Page {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The session, for what isn't covered here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// All words on the page that are shown.
    pub async fn words(&self) -> Result<String> {
        let words = self
            .script("return document.body ? document.body.innerText : ''")
            .await?;
        Ok(words.as_str().unwrap_or_default().to_owned())
    }

    /// Runs JavaScript in the page and gives what it returns.
    pub async fn script(&self, code: &str) -> Result<Value> {
        Ok(self.client.execute(code, Vec::new()).await?)
    }

    /// Waits until these words are shown.
    pub async fn see(&self, text: &str) -> Result<()> {
        self.until(&format!("see “{text}”"), async || {
            Ok(self.words().await?.contains(text))
        })
        .await
    }

    /// Waits until these words are no longer shown.
    pub async fn see_no_more(&self, text: &str) -> Result<()> {
        self.until(&format!("see “{text}” no more"), async || {
            Ok(!self.words().await?.contains(text))
        })
        .await
    }

    /// Waits until an element is there.
    pub async fn find(&self, css: &str) -> Result<Element> {
        let found = self.client.wait().at_most(PATIENCE).every(PERIOD);
        match found.for_element(Locator::Css(css)).await {
            Ok(element) => Ok(element),
            Err(error) => Err(self
                .failed(&format!("find {css}"), Some(error.into()))
                .await),
        }
    }

    /// Presses the button, link, tab or option that says this (or is labelled so).
    pub async fn click(&self, text: &str) -> Result<()> {
        let quoted = quoted(text);
        let path = format!(
            "//*[self::button or self::a or self::summary or self::label or @role='button' \
             or @role='tab' or @role='option' or @role='radio' or @role='menuitem' \
             or @role='switch' or @role='treeitem'][not(@disabled)]\
             [contains(normalize-space(.), {quoted}) or contains(@aria-label, {quoted})]"
        );
        self.until(&format!("press “{text}”"), async || {
            self.press_first(Locator::XPath(&path)).await
        })
        .await
    }

    /// Presses the first shown element that a selector names.
    pub async fn click_css(&self, css: &str) -> Result<()> {
        self.until(&format!("press {css}"), async || {
            self.press_first(Locator::Css(css)).await
        })
        .await
    }

    /// Replaces what is in the field with this label.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        self.until(&format!("fill “{label}”"), async || {
            let Some(field) = self.field(label).await? else {
                return Ok(false);
            };
            Ok(field.clear().await.is_ok() && field.send_keys(text).await.is_ok())
        })
        .await
    }

    /// Chooses an option, by its words, in the select box with this label.
    pub async fn choose(&self, label: &str, option: &str) -> Result<()> {
        self.until(
            &format!("choose “{option}” in “{label}”"),
            async || {
                let Some(field) = self.field(label).await? else {
                    return Ok(false);
                };
                Ok(field.select_by_label(option).await.is_ok())
            },
        )
        .await
    }

    /// Opens the fold that holds an element, as soon as it is there.
    pub async fn open_details(&self, css: &str) -> Result<()> {
        let code = format!(
            "const fold = document.querySelector({})?.closest('details'); \
             if (fold) fold.open = true; return Boolean(fold)",
            Value::from(css)
        );
        self.until(&format!("open the fold around {css}"), async || {
            Ok(self.script(&code).await?.as_bool() == Some(true))
        })
        .await
    }

    /// Gives a file to the file input that a selector names, as the file picker would.
    pub async fn attach(&self, css: &str, file: &Path) -> Result<()> {
        let file = file
            .canonicalize()
            .with_context(|| format!("no file {}", file.display()))?;
        let path = file.to_str().context("the file's name is not text")?;
        let input = self.find(css).await?;
        input
            .send_keys(path)
            .await
            .with_context(|| format!("could not attach a file to {css}"))
    }

    /// Types on whatever has the focus.
    pub async fn type_keys(&self, keys: &str) -> Result<()> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// Tries until the condition holds; errors count as "not yet".
    pub async fn until<F>(&self, what: &str, mut condition: F) -> Result<()>
    where
        F: AsyncFnMut() -> Result<bool>,
    {
        let end = Instant::now() + PATIENCE;
        loop {
            let last = match condition().await {
                Ok(true) => return Ok(()),
                Ok(false) => None,
                Err(error) => Some(error),
            };
            if Instant::now() > end {
                return Err(self.failed(what, last).await);
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    async fn press_first(&self, locator: Locator<'_>) -> Result<bool> {
        for element in self.client.find_all(locator).await? {
            if !element.is_displayed().await.unwrap_or(false) {
                continue;
            }
            let shown = serde_json::to_value(&element)?;
            // To the middle, away from bars that float over the edges.
            let scroll = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
            self.client.execute(scroll, vec![shown]).await?;
            if element.click().await.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The field that a label names: around it, by `for`, or by `aria-label`.
    async fn field(&self, label: &str) -> Result<Option<Element>> {
        let quoted = quoted(label);
        let path = format!(
            "//label[contains(normalize-space(.), {quoted})]\
             /descendant::*[self::input or self::select or self::textarea]\
             | //*[@id = //label[contains(normalize-space(.), {quoted})]/@for]\
             | //*[self::input or self::select or self::textarea][contains(@aria-label, {quoted})]"
        );
        for field in self.client.find_all(Locator::XPath(&path)).await? {
            if field.is_displayed().await? {
                return Ok(Some(field));
            }
        }
        Ok(None)
    }

    async fn failed(&self, what: &str, last: Option<anyhow::Error>) -> anyhow::Error {
        let words = self
            .words()
            .await
            .unwrap_or_else(|error| format!("(no page: {error:#})"));
        let reason = last
            .map(|error| format!(" ({error:#})"))
            .unwrap_or_default();
        anyhow!("could not {what}{reason}; the page says:\n{words}")
    }
}

/// A call of Chromium's own protocol through its driver.
#[derive(Debug)]
pub(crate) struct DevTools {
    pub(crate) method: &'static str,
    pub(crate) parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &reqwest::Url,
        session: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as std::str::FromStr>::Err> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &reqwest::Url) -> (axum::http::Method, Option<String>) {
        let body = json!({ "cmd": self.method, "params": self.parameters });
        (axum::http::Method::POST, Some(body.to_string()))
    }
}

/// A text as XPath writes it, which knows no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}

/// Is this the error of a session that is gone?
#[must_use]
pub fn is_gone(error: &CmdError) -> bool {
    error.is_invalid_session_id() || matches!(error, CmdError::Lost(_) | CmdError::Failed(_))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_text_with_quotes_is_one_xpath_string() {
        assert_eq!(quoted("井盖"), "'井盖'");
        assert_eq!(quoted("a'b"), "concat('a', \"'\", 'b')");
    }
}
