"""From features and predictions to proposed signals."""
