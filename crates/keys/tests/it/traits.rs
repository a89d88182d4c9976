//! Types that hold secrets must not be printable, copyable or serialisable. Checked by the compiler:
//! a type that gains such a trait makes the marked line ambiguous, and this file stops compiling.

use waiaas_keys::{PasswordVerifier, RootKey, SecretString, Vault};

macro_rules! never_implements {
    ($type:ty: $($forbidden:path),+) => {
        $(const _: fn() = || {
            trait AmbiguousIf<A> {
                fn some() {}
            }
            struct Forbidden;
            impl<T: ?Sized> AmbiguousIf<()> for T {}
            impl<T: ?Sized + $forbidden> AmbiguousIf<Forbidden> for T {}
            let _ = <$type as AmbiguousIf<_>>::some; // ambiguous: the type gained a forbidden trait
        };)+
    };
}

never_implements!(RootKey: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
never_implements!(Vault: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
never_implements!(PasswordVerifier: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
never_implements!(waiaas_keys::backup::Opened: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);
never_implements!(waiaas_core::clearance::Clearance: Clone, serde::Serialize, Default);
never_implements!(SecretString: std::fmt::Display, serde::Serialize);

/// Shared between the daemon's tasks.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<Vault>();
const _: () = shared::<PasswordVerifier>();

#[test]
fn a_secret_string_prints_without_its_secret() {
    let shown = format!("{:?}", SecretString::from("my-secret-password"));
    assert!(!shown.contains("my-secret"), "{shown}");
}
