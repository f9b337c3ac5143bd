use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::SchemaId;
use crate::{Client, Clock, ReadError, ResponseOutcome, Transport};
use json::Value;
use schema::LiveSchemas;

/// The schemas that a run needs of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaRequest {
    /// Kinds, by their collections.
    pub entities: BTreeSet<String>,
    /// Plugins.
    pub plugins: BTreeSet<String>,
    /// Vault backends.
    pub vaults: BTreeSet<String>,
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the schemas that are wanted and not known yet, all at once. What the node does not have, or does not show
    /// this token, is left out.
    ///
    /// # Errors
    /// No answer, wrong credentials, or an answer that is not Kong's.
    pub async fn read_schemas(&self, wanted: &SchemaRequest, known: &mut LiveSchemas) -> Result<(), ReadError> {
        let entities = missing_names(&wanted.entities, &known.entities).map(SchemaId::Entity);
        let plugins = missing_names(&wanted.plugins, &known.plugins).map(SchemaId::Plugin);
        let vaults = missing_names(&wanted.vaults, &known.vaults).map(SchemaId::Vault);
        let asked = stream::iter(entities.chain(plugins).chain(vaults));
        let answers = asked.map(|of| async move { Ok((of, self.read_schema(of).await?)) });
        let answers: Vec<_> = answers.buffer_unordered(self.parallelism()).try_collect().await?;
        for (of, schema) in answers {
            let Some(schema) = schema else { continue };
            match of {
                SchemaId::Entity(name) => known.entities.insert(name.to_owned(), schema),
                SchemaId::Plugin(name) => known.plugins.insert(name.to_owned(), schema),
                SchemaId::Vault(name) => known.vaults.insert(name.to_owned(), schema),
            };
        }
        Ok(())
    }

    async fn read_schema(&self, of: SchemaId<'_>) -> Result<Option<Value>, ReadError> {
        let request = self.dialect.schema_request(of);
        let answer = self.send_read(&request).await?;
        match answer.outcome {
            ResponseOutcome::Success => serde_json::from_slice(&answer.response.body)
                .map(Some)
                .map_err(|_| unreadable_response_error(&request, "no JSON")),
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported | ResponseOutcome::Forbidden => Ok(None),
            _ => Err(unexpected_response_error(&request, answer)),
        }
    }
}

fn missing_names<'a>(wanted: &'a BTreeSet<String>, known: &BTreeMap<String, Value>) -> impl Iterator<Item = &'a str> {
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|name| !known.contains_key(*name))
        .collect();
    missing.into_iter()
}
