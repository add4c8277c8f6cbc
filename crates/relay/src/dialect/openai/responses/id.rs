//! Ids of a response and of its items. An item's id holds that of its response, so that a reference to an item alone finds
//! what it means.

/// What ids of responses begin with.
const PREFIX: &str = "resp_";

/// How many random characters tell responses apart; see `crate::id`.
const LENGTH: usize = 24;

/// The ids of one response.
#[derive(Debug, Clone)]
pub(super) struct Ids(String);

impl Ids {
    /// The ids of the items of `response`.
    pub(super) fn of(response: &str) -> Self {
        Self(response.strip_prefix(PREFIX).unwrap_or(response).to_owned())
    }

    /// A new response's id.
    pub(super) fn new_response() -> String {
        crate::id::random(PREFIX)
    }

    /// The id of an item of the output, by its place.
    pub(super) fn of_output(&self, prefix: &str, index: usize) -> String {
        format!("{prefix}{}o{index}", self.0)
    }

    /// The id of an item of the input that came without one, by its place.
    pub(super) fn of_input(&self, prefix: &str, index: usize) -> String {
        format!("{prefix}{}i{index}", self.0)
    }

    /// The response to which an item belongs; `None`: the id is none of ours.
    pub(super) fn response_of(item: &str) -> Option<String> {
        let (_, rest) = item.split_once('_')?;
        let own = rest.get(..LENGTH).filter(|own| own.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
        Some(format!("{PREFIX}{own}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_items_id_leads_to_its_response() {
        let response = Ids::new_response();
        let ids = Ids::of(&response);
        for item in [ids.of_output("msg_", 0), ids.of_input("fc_", 11)] {
            assert_eq!(Ids::response_of(&item).as_deref(), Some(response.as_str()), "{item}");
        }
        assert_ne!(ids.of_output("msg_", 1), ids.of_input("msg_", 1));
        for foreign in ["", "msg", "msg_short", "msg_0123456789abcdefghijklm/", "rs_ünïcödeünïcödeünïcödeünïcöde"]
        {
            assert_eq!(Ids::response_of(foreign), None, "{foreign}");
        }
    }
}
