//! The flow of the program as one function.
