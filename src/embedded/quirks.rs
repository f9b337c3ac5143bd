use super::admin_route::AdminRoute;
use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use schema::{KindId, Quirk};

impl EmbeddedControlPlane {
    /// What is odd about a whole kind of paths.
    pub(super) fn check_available(&self, place: &AdminRoute) -> Result<(), EmbeddedError> {
        let quirks = place
            .kinds()
            .into_iter()
            .flat_map(|kind| &self.catalog.kind(kind).quirks);
        for quirk in quirks {
            match quirk {
                Quirk::OnlyWithWasm if !self.has_wasm_filters => {
                    let why = "this endpoint is only available when wasm is enabled";
                    return Err(EmbeddedError::Message(400, why.to_owned()));
                }
                Quirk::OnlyWithWasm | Quirk::PutByNameFails | Quirk::PutNeedsExisting => {}
            }
        }
        Ok(())
    }

    /// What is odd about a PUT by something else than the id.
    pub(super) fn check_put_by_name(&self, kind: KindId) -> Result<(), EmbeddedError> {
        if self.has_quirk(kind, Quirk::PutByNameFails) {
            Err(EmbeddedError::Message(500, "An unexpected error occurred".to_owned()))
        } else {
            Ok(())
        }
    }

    /// What is odd about a PUT on a nested path that creates.
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
