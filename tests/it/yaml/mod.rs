mod hostile;
mod texts;
