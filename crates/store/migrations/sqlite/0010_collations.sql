-- Text is compared by byte. Only PostgreSQL had columns with another collation; here nothing changes.
SELECT 1;
