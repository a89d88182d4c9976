-- Batches, deployments and signatures have no recipient. Here the column had one at all times, unlike on SQLite.
ALTER TABLE transactions ALTER COLUMN to_address DROP NOT NULL;
