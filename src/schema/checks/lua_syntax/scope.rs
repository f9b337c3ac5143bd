//! Functions, blocks, local variables and labels while a chunk is parsed.

use std::collections::{HashMap, HashSet};

use super::LuaError;

/// How many local variables a function may have at once.
const MAX_LOCALS: usize = 200;

/// How many variables of outer functions a function may use.
const MAX_UPVALUES: usize = 60;

/// The label that the end of a loop is.
pub(super) const BREAK: &[u8] = b"break";

/// What a function's body declares.
pub(super) struct Function {
    line: usize,
    pub(super) has_varargs: bool,
    locals: Vec<Vec<u8>>,
    upvalues: Vec<Vec<u8>>,
    blocks: Vec<Block>,
    /// The gotos, in their order; none where one has found its label.
    gotos: Vec<Option<Goto>>,
    /// Which gotos look for a label, in their order.
    gotos_by_label: HashMap<Vec<u8>, Vec<usize>>,
}

struct Block {
    is_loop: bool,
    first_goto: usize,
    first_local: usize,
    labels: HashSet<Vec<u8>>,
}

/// A goto that has not found its label.
struct Goto {
    label: Vec<u8>,
    line: usize,
    /// How many locals are in scope there.
    locals: usize,
}

impl Function {
    /// A function that begins on a line; 0 is the chunk itself.
    pub(super) fn new(line: usize, has_varargs: bool) -> Self {
        Self {
            line,
            has_varargs,
            locals: Vec::new(),
            upvalues: Vec::new(),
            blocks: Vec::new(),
            gotos: Vec::new(),
            gotos_by_label: HashMap::new(),
        }
    }

    pub(super) fn is_local(&self, name: &[u8]) -> bool {
        self.locals.iter().any(|local| local == name)
    }

    pub(super) fn open_block(&mut self, is_loop: bool) {
        self.blocks.push(Block {
            is_loop,
            first_goto: self.gotos.len(),
            first_local: self.locals.len(),
            labels: HashSet::new(),
        });
    }

    /// Declares local variables, which are in scope from here on.
    ///
    /// # Errors
    /// They are too many.
    pub(super) fn declare(&mut self, names: Vec<Vec<u8>>, line: usize) -> Result<(), LuaError> {
        self.locals.extend(names);
        match self.locals.len() > MAX_LOCALS {
            true => Err(self.limit_error(line, MAX_LOCALS, "local variables")),
            false => Ok(()),
        }
    }

    pub(super) fn add_upvalue(&mut self, name: &[u8], line: usize) -> Result<(), LuaError> {
        if self.upvalues.iter().any(|upvalue| upvalue == name) {
            return Ok(());
        }
        self.upvalues.push(name.to_vec());
        match self.upvalues.len() > MAX_UPVALUES {
            true => Err(self.limit_error(line, MAX_UPVALUES, "upvalues")),
            false => Ok(()),
        }
    }

    fn limit_error(&self, line: usize, limit: usize, what: &str) -> LuaError {
        let function = match self.line {
            0 => "main function".to_owned(),
            line => format!("function at line {line}"),
        };
        LuaError::new(line, &format!("{function} has more than {limit} {what}"))
    }

    /// Adds a goto. It has found its label if a block around it has that already.
    pub(super) fn add_goto(&mut self, label: &[u8], line: usize) {
        if self.blocks.iter().any(|block| block.labels.contains(label)) {
            return;
        }
        self.gotos_by_label
            .entry(label.to_vec())
            .or_default()
            .push(self.gotos.len());
        self.gotos.push(Some(Goto {
            label: label.to_vec(),
            line,
            locals: self.locals.len(),
        }));
    }

    /// Adds a label to the innermost block.
    ///
    /// # Errors
    /// The block has one of that name.
    pub(super) fn add_label(&mut self, name: &[u8], line: usize) -> Result<(), LuaError> {
        let is_new = self
            .blocks
            .last_mut()
            .is_none_or(|block| block.labels.insert(name.to_vec()));
        match is_new {
            true => Ok(()),
            false => {
                let message = format!("duplicate label '{}'", String::from_utf8_lossy(name));
                Err(LuaError::new(line, &message))
            }
        }
    }

    /// Leads the gotos of this block that came before to a label that it has. One at the end of its block is out of the scope of
    /// the block's variables.
    ///
    /// # Errors
    /// One of them would jump into the scope of a variable.
    pub(super) fn resolve_label(&mut self, name: &[u8], is_last: bool) -> Result<(), LuaError> {
        let (first_goto, first_local) = self
            .blocks
            .last()
            .map_or((0, 0), |block| (block.first_goto, block.first_local));
        let locals = if is_last { first_local } else { self.locals.len() };
        let Some(waiting) = self.gotos_by_label.get_mut(name) else {
            return Ok(());
        };
        let outside = waiting.partition_point(|index| *index < first_goto);
        for index in waiting.drain(outside..) {
            let Some(goto) = self.gotos[index].take() else { continue };
            if let Some(local) = self.locals[..locals].get(goto.locals) {
                let (label, local) = (String::from_utf8_lossy(name), String::from_utf8_lossy(local));
                let message = format!("<goto {label}> jumps into the scope of local '{local}'");
                return Err(LuaError::new(goto.line, &message));
            }
        }
        Ok(())
    }

    /// Ends the innermost block: gotos that have not found their label look for it further out; those that leave a loop
    /// have found its end.
    ///
    /// # Errors
    /// There is no further out.
    pub(super) fn close_block(&mut self) -> Result<(), LuaError> {
        let Some(block) = self.blocks.pop() else { return Ok(()) };
        self.locals.truncate(block.first_local);
        for goto in &mut self.gotos[block.first_goto..] {
            if block.is_loop && goto.as_ref().is_some_and(|goto| goto.label == BREAK) {
                *goto = None;
            }
            if let Some(goto) = goto {
                goto.locals = goto.locals.min(block.first_local);
            }
        }
        if !self.blocks.is_empty() {
            return Ok(());
        }
        match self.gotos.iter().flatten().next() {
            None => Ok(()),
            Some(goto) if goto.label == BREAK => Err(LuaError::new(goto.line, "no loop to break")),
            Some(goto) => {
                let message = format!("undefined label '{}'", String::from_utf8_lossy(&goto.label));
                Err(LuaError::new(goto.line, &message))
            }
        }
    }
}
