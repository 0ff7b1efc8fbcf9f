//! 投诉建议: where people turn who aren't content with how a matter was handled.

use crate::label::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The channel of a district; empty where it named none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Complaints {
    /// The number to call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// The address to open.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
}

impl Complaints {
    /// Whether the district named none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phone.is_empty() && self.url.is_empty()
    }

    /// A sentence that says where; none where there is nothing to say.
    #[must_use]
    pub fn words(&self, lang: Lang) -> Option<String> {
        let named = |name: &str, value: &str| (!value.is_empty()).then(|| format!("{name}{value}"));
        let ways = [
            named(lang.pick("电话", "phone "), &self.phone),
            named(lang.pick("网址", "web "), &self.url),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        let ways = ways.join(lang.pick("，", ", "));
        (!ways.is_empty()).then(|| match lang {
            Lang::Zh => format!("投诉建议：{ways}。"),
            Lang::En => format!("Complaints: {ways}."),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_says_where_to_complain_as_far_as_it_named_it() {
        let mut channel = Complaints::default();
        assert!(channel.is_empty());
        assert_eq!(channel.words(Lang::Zh), None);
        channel.phone = String::from("12345");
        assert_eq!(
            channel.words(Lang::Zh).as_deref(),
            Some("投诉建议：电话12345。")
        );
        channel.url = String::from("https://example.org");
        assert_eq!(
            channel.words(Lang::En).as_deref(),
            Some("Complaints: phone 12345, web https://example.org.")
        );
    }
}
