"""What an export is made of: its columns, rows and files. Files are written, nothing else is known."""
