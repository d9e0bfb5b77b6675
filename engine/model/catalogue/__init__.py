"""What the SQL files declare: headers, the columns of datasets, rollups, the words of the schema."""
