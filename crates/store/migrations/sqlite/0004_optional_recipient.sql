-- Batches, deployments and signatures have no recipient. Only PostgreSQL asked for one; here nothing changes.
SELECT 1;
