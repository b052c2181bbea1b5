"""Tables as people's programs save them: csv, tsv, xlsx, parquet, in and out."""
