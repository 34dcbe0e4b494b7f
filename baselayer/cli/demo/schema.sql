-- The tables of the demo, in the order and with the column names of the data's files.

CREATE TABLE airlines (
    carrier text PRIMARY KEY,
    name    text NOT NULL
);
COMMENT ON TABLE airlines IS 'Airlines that flew from New York City in 2013';
COMMENT ON COLUMN airlines.carrier IS 'Two-letter code of the airline';

CREATE TABLE airports (
    faa   text PRIMARY KEY,
    name  text NOT NULL,
    lat   double precision NOT NULL,
    lon   double precision NOT NULL,
    alt   integer NOT NULL,
    tz    smallint NOT NULL,
    dst   text NOT NULL,
    tzone text
);
COMMENT ON TABLE airports IS 'Airports of the United States; some destinations are not among them';
COMMENT ON COLUMN airports.faa IS 'Code of the Federal Aviation Administration, such as JFK';
COMMENT ON COLUMN airports.alt IS 'Altitude in feet';
COMMENT ON COLUMN airports.tz IS 'Hours from UTC, without daylight saving';
COMMENT ON COLUMN airports.dst IS 'Daylight saving: A as in the United States, U unknown, N none';
COMMENT ON COLUMN airports.tzone IS 'IANA name of the time zone';

CREATE TABLE planes (
    tailnum      text PRIMARY KEY,
    year         smallint,
    type         text NOT NULL,
    manufacturer text NOT NULL,
    model        text NOT NULL,
    engines      smallint NOT NULL,
    seats        smallint NOT NULL,
    speed        smallint,
    engine       text NOT NULL
);
COMMENT ON TABLE planes IS 'Planes in the register of the FAA; not every tail number is there';
COMMENT ON COLUMN planes.year IS 'Year of manufacture';
COMMENT ON COLUMN planes.speed IS 'Average cruising speed in miles per hour; mostly unknown';

CREATE TABLE weather (
    origin     text NOT NULL,
    year       smallint NOT NULL,
    month      smallint NOT NULL,
    day        smallint NOT NULL,
    hour       smallint NOT NULL,
    temp       double precision,
    dewp       double precision,
    humid      double precision,
    wind_dir   smallint,
    wind_speed double precision,
    wind_gust  double precision,
    precip     double precision NOT NULL,
    pressure   double precision,
    visib      double precision NOT NULL,
    time_hour  timestamptz NOT NULL
);
COMMENT ON TABLE weather IS 'Weather at the three airports of New York City, hour by hour';
COMMENT ON COLUMN weather.temp IS 'Temperature in degrees Fahrenheit';
COMMENT ON COLUMN weather.dewp IS 'Dew point in degrees Fahrenheit';
COMMENT ON COLUMN weather.humid IS 'Relative humidity in percent';
COMMENT ON COLUMN weather.wind_dir IS 'Where the wind comes from, in degrees';
COMMENT ON COLUMN weather.wind_speed IS 'Miles per hour';
COMMENT ON COLUMN weather.precip IS 'Precipitation in inches';
COMMENT ON COLUMN weather.pressure IS 'Pressure at sea level in millibars';
COMMENT ON COLUMN weather.visib IS 'Visibility in miles';
COMMENT ON COLUMN weather.time_hour IS 'The hour that the line speaks of';

CREATE TABLE flights (
    year           smallint NOT NULL,
    month          smallint NOT NULL,
    day            smallint NOT NULL,
    dep_time       smallint,
    sched_dep_time smallint NOT NULL,
    dep_delay      smallint,
    arr_time       smallint,
    sched_arr_time smallint NOT NULL,
    arr_delay      smallint,
    carrier        text NOT NULL,
    flight         integer NOT NULL,
    tailnum        text,
    origin         text NOT NULL,
    dest           text NOT NULL,
    air_time       smallint,
    distance       smallint NOT NULL,
    hour           smallint NOT NULL,
    minute         smallint NOT NULL,
    time_hour      timestamptz NOT NULL
);
COMMENT ON TABLE flights IS 'All flights that were to leave New York City in 2013';
COMMENT ON COLUMN flights.dep_time IS 'Departure, local, as HHMM; null when it was cancelled';
COMMENT ON COLUMN flights.sched_dep_time IS 'Scheduled departure, local, as HHMM';
COMMENT ON COLUMN flights.dep_delay IS 'Minutes late; negative is early';
COMMENT ON COLUMN flights.arr_time IS 'Arrival, local, as HHMM';
COMMENT ON COLUMN flights.sched_arr_time IS 'Scheduled arrival, local, as HHMM';
COMMENT ON COLUMN flights.arr_delay IS 'Minutes late; negative is early, null never arrived here';
COMMENT ON COLUMN flights.tailnum IS 'The plane, see planes';
COMMENT ON COLUMN flights.air_time IS 'Minutes in the air';
COMMENT ON COLUMN flights.distance IS 'Miles between the airports';
COMMENT ON COLUMN flights.hour IS 'Hour of the scheduled departure, local';
COMMENT ON COLUMN flights.time_hour IS 'The hour of the scheduled departure; joins weather';
