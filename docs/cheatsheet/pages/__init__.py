"""What pages show beside what was written: each module makes one part of them from the catalogue."""
