//! How the events are declared: each once, with its details.

/// Declares [`AuditEvent`], and how the details of each event are read. A name without details here, or with
/// details twice, does not compile.
macro_rules! audit_events {
    ($($variant:ident $({ $($(#[$meta:meta])* $field:ident: $type:ty),+ $(,)? })?),+ $(,)?) => {
        /// What happened, and what a row of the audit log says of it beside its wallet, session and transaction.
        /// Never secrets.
        ///
        /// The serialised value is the text of the details alone; the name is [`AuditEvent::kind`].
        #[derive(Clone, PartialEq, Debug, Serialize)]
        #[serde(untagged, rename_all_fields = "camelCase")]
        pub enum AuditEvent {
            $(
                #[doc = concat!("[`AuditEventKind::", stringify!($variant), "`]")]
                $variant $({ $($(#[$meta])* $field: $type),+ })?
            ),+
        }

        /// The serialised form of an event without details. Earlier versions stored it.
        const NOTHING: &str = "null";

        impl AuditEvent {
            /// Its name.
            pub const fn kind(&self) -> AuditEventKind {
                match self { $(Self::$variant { .. } => AuditEventKind::$variant),+ }
            }

            /// The details as the text of a JSON object.
            ///
            /// # Errors
            ///
            /// None for any value that the daemon puts into an event.
            pub fn details(&self) -> Result<String, serde_json::Error> {
                let text = serde_json::to_string(self)?;
                Ok(if text == NOTHING { "{}".to_owned() } else { text })
            }

            /// Reads the details of a row of this name. Fields that earlier versions stored besides are ignored.
            ///
            /// # Errors
            ///
            /// The details lack something that an event of this name says today, as those of a row from another
            /// version can. Such a row is shown by its text.
            pub fn read(kind: AuditEventKind, details: &str) -> Result<Self, serde_json::Error> {
                let details = if details == NOTHING { "{}" } else { details };
                match kind {
                    $(AuditEventKind::$variant => {
                        #[derive(Deserialize)]
                        #[serde(rename_all = "camelCase")]
                        struct Details { $($($(#[$meta])* $field: $type),+)? }
                        let Details { $($($field),+)? } = serde_json::from_str(details)?;
                        Ok(Self::$variant { $($($field),+)? })
                    }),+
                }
            }
        }
    };
}

pub(super) use audit_events;
