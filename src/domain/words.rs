//! Closed sets of words: each an enum that prints its value and reads it back.

/// Makes an enum with its snake_case values. Reading ignores case, blanks, hyphens and underscores.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal / $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the specification.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The value as it stands in JSON, forms and rows.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $value),+ }
            }

            /// The words a page shows.
            pub const fn label(self) -> &'static str {
                match self { $($name::$variant => $label),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::words::Unknown;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let folded = $crate::domain::words::fold(text);
                Self::ALL.iter().copied().find(|word| $crate::domain::words::fold(word.as_str()) == folded).ok_or($crate::domain::words::Unknown)
            }
        }
    };
}
pub(crate) use words;

/// The form in which two spellings of one word are equal.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// The text is none of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not one of the words that are known here")
    }
}
