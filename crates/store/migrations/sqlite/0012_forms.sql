-- The form of the JSON columns of a row: intent, effects, verdict, gas_condition.
ALTER TABLE transactions ADD COLUMN form BIGINT NOT NULL DEFAULT 1;
