"""Every rule on sources: `nox -s lint` runs them without a build."""
