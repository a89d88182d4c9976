//! Makes a read function public: on [`crate::Store`] through the pool, and on [`crate::WriteTx`] inside the
//! transaction. `by gate` and `by long_reader` use other connections.

macro_rules! reads {
    (by $reader:ident; $($(#[$doc:meta])* $name:ident($($arg:ident: $kind:ty),* $(,)?) -> $out:ty;)+) => {
        impl crate::Store {
            $($(#[$doc])*
            ///
            /// # Errors
            ///
            /// [`StoreError`](crate::StoreError) if the database fails or a stored value is not valid.
            pub async fn $name(&self, $($arg: $kind),*) -> Result<$out, crate::StoreError> {
                let mut conn = self.$reader().await?;
                $name(&mut conn, $($arg),*).await
            })+
        }

        impl crate::WriteTx {
            $($(#[$doc])*
            ///
            /// # Errors
            ///
            /// [`StoreError`](crate::StoreError) if the database fails or a stored value is not valid.
            pub async fn $name(&mut self, $($arg: $kind),*) -> Result<$out, crate::StoreError> {
                $name(self.conn(), $($arg),*).await
            })+
        }
    };
    ($($reads:tt)+) => {
        crate::reads::reads! { by reader; $($reads)+ }
    };
}
pub(crate) use reads;
