//! Access tokens, for whoever looks after the relay, running or not.

use super::{Relay, StartError};
use crate::{
    settings::Settings,
    token::{NewToken, Secret, TokenError, TokenInfo},
};

impl Relay {
    /// All tokens, also those whose time is over: this machine's, the oldest first, then those of the shared file.
    ///
    /// # Errors
    /// [`TokenError`] when they can't be read.
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>, TokenError> {
        let settings = self.settings();
        self.shared.tokens.read(settings.tokens_file.as_deref()).await?;
        Ok(self.shared.tokens.infos())
    }

    /// Makes a token. Its secret is given this once.
    ///
    /// # Errors
    /// [`TokenError`]; there is no new token then.
    pub async fn add_token(&self, new: NewToken) -> Result<(TokenInfo, Secret), TokenError> {
        self.shared.tokens.add(new, self.shared.clock.unix_ms()).await
    }

    /// Revokes the token of this id or name, and says whether there was one. Requests that are being answered go on; without
    /// any token left, a relay that requires one refuses everybody.
    ///
    /// # Errors
    /// [`TokenError`] when it can't be removed, or is one of the shared file.
    pub async fn revoke_token(&self, id_or_name: &str) -> Result<bool, TokenError> {
        self.shared.tokens.revoke(id_or_name).await
    }

    /// Whether callers need a token: by the setting, or because others than this machine's programs can reach a stored key.
    #[must_use]
    pub fn requires_token(&self) -> bool {
        self.shared.snapshot.load().requires_token()
    }

    /// A stored key must not be within reach of the network without any token that callers could be asked for. The demo's
    /// opens nothing.
    pub(crate) async fn check_exposure(&self, settings: &Settings, has_key: bool) -> Result<(), StartError> {
        if !has_key || settings.host.is_loopback() || self.shared.snapshot.load().is_demo {
            return Ok(());
        }
        let tokens = &self.shared.tokens;
        let read = tokens.read(settings.tokens_file.as_deref()).await;
        if tokens.has_any(self.shared.clock.unix_ms()) {
            return Ok(());
        }
        read?;
        Err(StartError::NoToken { host: settings.host.to_string() })
    }
}
