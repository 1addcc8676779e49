//! The JSON schema of the IR, made from its types.

/// The JSON schema (draft 2020-12) of the format [`crate::FORMAT`].
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(crate::Ir).to_value()
}
