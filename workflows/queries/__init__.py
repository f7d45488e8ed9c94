"""Everything that only reads: the SQL behind pages, reports and searches."""
