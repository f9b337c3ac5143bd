use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{refused, unreadable};
use crate::dialect::SchemaOf;
use crate::{Client, Clock, Outcome, ReadError, Transport};
use json::Value;
use schema::LiveSchemas;

/// The schemas that a run needs of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
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
    pub async fn schemas(&self, wanted: &Wanted, known: &mut LiveSchemas) -> Result<(), ReadError> {
        let entities = missing(&wanted.entities, &known.entities).map(SchemaOf::Entity);
        let plugins = missing(&wanted.plugins, &known.plugins).map(SchemaOf::Plugin);
        let vaults = missing(&wanted.vaults, &known.vaults).map(SchemaOf::Vault);
        let asked = stream::iter(entities.chain(plugins).chain(vaults));
        let answers = asked.map(|of| async move { Ok((of, self.schema(of).await?)) });
        let answers: Vec<_> = answers.buffer_unordered(self.parallelism()).try_collect().await?;
        for (of, schema) in answers {
            let Some(schema) = schema else { continue };
            match of {
                SchemaOf::Entity(name) => known.entities.insert(name.to_owned(), schema),
                SchemaOf::Plugin(name) => known.plugins.insert(name.to_owned(), schema),
                SchemaOf::Vault(name) => known.vaults.insert(name.to_owned(), schema),
            };
        }
        Ok(())
    }

    async fn schema(&self, of: SchemaOf<'_>) -> Result<Option<Value>, ReadError> {
        let request = self.dialect.schema(of);
        let answer = self.ask(&request).await?;
        match answer.outcome {
            Outcome::Done => serde_json::from_slice(&answer.response.body)
                .map(Some)
                .map_err(|_| unreadable(&request, "no JSON")),
            Outcome::Missing | Outcome::NotHere | Outcome::Forbidden => Ok(None),
            _ => Err(refused(&request, answer)),
        }
    }
}

fn missing<'a>(wanted: &'a BTreeSet<String>, known: &BTreeMap<String, Value>) -> impl Iterator<Item = &'a str> {
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|name| !known.contains_key(*name))
        .collect();
    missing.into_iter()
}
