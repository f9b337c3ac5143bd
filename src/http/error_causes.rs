use std::error::Error;
use std::io;

/// An error, its cause, the cause of that, and so on. Errors of input and output are followed into the error that they
/// wrap, which they do not name as their source.
pub fn error_causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| cause.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_io_error_wraps_is_a_cause() {
        let innermost = "x".parse::<u8>().expect_err("no number");
        let error = io::Error::other(io::Error::other(innermost.clone()));
        let causes: Vec<&(dyn Error + 'static)> = error_causes(&error).collect();
        assert_eq!(causes.len(), 3);
        assert_eq!(causes[2].downcast_ref(), Some(&innermost));
    }
}
