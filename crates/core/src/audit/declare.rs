//! The macro that declares the events, each once, with its details.

/// Declares [`AuditEvent`], and the parser of the details of each event. A name without an entry here, or with two,
/// does not compile.
macro_rules! audit_events {
    ($($variant:ident $({ $($(#[$meta:meta])* $field:ident: $type:ty),+ $(,)? })?),+ $(,)?) => {
        /// An event with its details, as stored in a row of the audit log besides its wallet, session and
        /// transaction. Never secrets.
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
            /// None for any value that the daemon stores in an event.
            pub fn details(&self) -> Result<String, serde_json::Error> {
                let text = serde_json::to_string(self)?;
                Ok(if text == NOTHING { "{}".to_owned() } else { text })
            }

            /// Parses the details of a row with this name. Additional fields stored by earlier versions are ignored.
            ///
            /// # Errors
            ///
            /// If the details lack a field, which is possible in a row from another version. Such a row is shown as
            /// text.
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
