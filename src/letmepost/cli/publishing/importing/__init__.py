"""`letmepost import`: publishes the rows of a CSV file, each at most once."""
