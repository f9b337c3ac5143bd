//! Functions, blocks, local variables and labels while a chunk is parsed.

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
    jumps: Vec<Jump>,
}

struct Block {
    is_loop: bool,
    first_jump: usize,
    first_local: usize,
}

/// A label, or a goto that has not found its label.
struct Jump {
    name: Vec<u8>,
    is_label: bool,
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
            jumps: Vec::new(),
        }
    }

    pub(super) fn is_local(&self, name: &[u8]) -> bool {
        self.locals.iter().any(|local| local == name)
    }

    pub(super) fn open_block(&mut self, is_loop: bool) {
        self.blocks.push(Block {
            is_loop,
            first_jump: self.jumps.len(),
            first_local: self.locals.len(),
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

    pub(super) fn jump(&mut self, name: &[u8], line: usize) {
        self.jumps.push(Jump {
            name: name.to_vec(),
            is_label: false,
            line,
            locals: self.locals.len(),
        });
    }

    /// Adds a label to the innermost block.
    ///
    /// # Errors
    /// The block has one of that name.
    pub(super) fn add_label(&mut self, name: &[u8], line: usize) -> Result<(), LuaError> {
        let first = self.first_jump();
        if self.jumps[first..]
            .iter()
            .any(|jump| jump.is_label && jump.name == name)
        {
            let message = format!("duplicate label '{}'", String::from_utf8_lossy(name));
            return Err(LuaError::new(line, &message));
        }
        self.jumps.push(Jump {
            name: name.to_vec(),
            is_label: true,
            line,
            locals: self.locals.len(),
        });
        Ok(())
    }

    /// Leads the gotos of this block that came before to a label that it has. One at the end of its block is out of the scope of
    /// the block's variables.
    ///
    /// # Errors
    /// One of them would jump into the scope of a variable.
    pub(super) fn resolve_label(&mut self, name: &[u8], is_last: bool) -> Result<(), LuaError> {
        let first = self.first_jump();
        let locals = match self.blocks.last() {
            Some(block) if is_last => block.first_local,
            _ => self.locals.len(),
        };
        let forward = |jump: &&Jump| !jump.is_label && jump.name == name;
        if let Some(jump) = self.jumps[first..]
            .iter()
            .find(|jump| forward(jump) && jump.locals < locals)
        {
            let label = String::from_utf8_lossy(name);
            let local = String::from_utf8_lossy(&self.locals[jump.locals]);
            let message = format!("<goto {label}> jumps into the scope of local '{local}'");
            return Err(LuaError::new(jump.line, &message));
        }
        let tail = self.jumps.split_off(first);
        self.jumps.extend(tail.into_iter().filter(|jump| !forward(&jump)));
        Ok(())
    }

    fn first_jump(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.first_jump)
    }

    /// Ends the innermost block: gotos that have not found their label look for it further out.
    ///
    /// # Errors
    /// There is no further out.
    pub(super) fn close_block(&mut self) -> Result<(), LuaError> {
        let Some(block) = self.blocks.pop() else { return Ok(()) };
        self.locals.truncate(block.first_local);
        let mut pending: Vec<Jump> = Vec::new();
        let mut labels: Vec<Vec<u8>> = Vec::new();
        for jump in self.jumps.split_off(block.first_jump) {
            let is_end_of_loop = block.is_loop && jump.name == BREAK;
            if jump.is_label {
                labels.push(jump.name);
            } else if !is_end_of_loop && !labels.contains(&jump.name) {
                pending.push(Jump {
                    locals: jump.locals.min(block.first_local),
                    ..jump
                });
            }
        }
        if let Some(lost) = pending.first().filter(|_| self.blocks.is_empty()) {
            return Err(match lost.name.as_slice() {
                BREAK => LuaError::new(lost.line, "no loop to break"),
                name => LuaError::new(
                    lost.line,
                    &format!("undefined label '{}'", String::from_utf8_lossy(name)),
                ),
            });
        }
        self.jumps.extend(pending);
        Ok(())
    }
}
