-- Keys and indexes, made after the rows are in: that is the quicker order.

ALTER TABLE weather ADD PRIMARY KEY (origin, time_hour);
ALTER TABLE flights ADD PRIMARY KEY (time_hour, carrier, flight);
ALTER TABLE flights ADD FOREIGN KEY (carrier) REFERENCES airlines;
ALTER TABLE flights ADD FOREIGN KEY (origin) REFERENCES airports;
ALTER TABLE weather ADD FOREIGN KEY (origin) REFERENCES airports;
CREATE INDEX ON flights (origin, dest);
CREATE INDEX ON flights (tailnum);
