DROP TABLE spare_codes;
DROP TABLE second_factors;
