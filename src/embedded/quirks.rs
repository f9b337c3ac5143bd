use super::admin_route::AdminRoute;
use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use schema::{KindId, Quirk};

impl EmbeddedControlPlane {
    /// Refuses the paths of kinds that this node does not have.
    pub(super) fn check_available(&self, route: &AdminRoute) -> Result<(), EmbeddedError> {
        let quirks = route
            .kinds()
            .into_iter()
            .flat_map(|kind| &self.catalog.kind(kind).quirks);
        for quirk in quirks {
            match quirk {
                Quirk::OnlyWithWasm if !self.has_wasm_filters => {
                    let message = "this endpoint is only available when wasm is enabled";
                    return Err(EmbeddedError::Message(400, message.to_owned()));
                }
                Quirk::OnlyWithWasm | Quirk::PutByNameFails | Quirk::PutNeedsExisting => {}
            }
        }
        Ok(())
    }

    /// Refuses a PUT by name where Kong fails.
    pub(super) fn check_put_by_name(&self, kind: KindId) -> Result<(), EmbeddedError> {
        if self.has_quirk(kind, Quirk::PutByNameFails) {
            Err(EmbeddedError::Message(500, "An unexpected error occurred".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Refuses to create by a PUT on a nested path where Kong does not.
    pub(super) fn check_put_creates(&self, kind: KindId) -> Result<(), EmbeddedError> {
        if self.has_quirk(kind, Quirk::PutNeedsExisting) {
            Err(EmbeddedError::NotFound)
        } else {
            Ok(())
        }
    }

    fn has_quirk(&self, kind: KindId, quirk: Quirk) -> bool {
        self.catalog.kind(kind).quirks.contains(&quirk)
    }
}
