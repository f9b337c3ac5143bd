use reference::{SettingOrigin, VaultTarget};

/// The variable by which the operator, who runs the check, gives a setting of a vault.
pub(crate) fn operator_variable_name(vault: &str, setting: &str) -> String {
    format!("STRONGROOM_VAULT_{vault}_{setting}")
        .to_ascii_uppercase()
        .replace('-', "_")
}

/// Whether the operator gives a setting.
pub(crate) fn is_set_by_operator(target: &VaultTarget, setting: &str) -> bool {
    target
        .get(setting)
        .is_some_and(|setting| setting.origin == SettingOrigin::Operator)
}
