-- How a raw source value becomes a replica value. A raw value is text as the engine fetches
-- it: null, printable ASCII as it stands, chr(1) and hexadecimal digits for any other text,
-- chr(2) for a value that has no reading whatever the column. Each macro gives null where
-- the value has none.

create or replace macro readable_text(raw) as
    case
        when raw >= ' ' then raw
        when raw[1] = chr(1) then try(decode(unhex(raw[2:])))
        when raw = '' then raw
    end;

create or replace macro read_text(raw) as readable_text(raw);

create or replace macro trimmed(words) as
    trim(words, chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29)
        || chr(30) || chr(31) || chr(32) || chr(133) || chr(160) || chr(5760) || chr(8192) || chr(8193)
        || chr(8194) || chr(8195) || chr(8196) || chr(8197) || chr(8198) || chr(8199) || chr(8200)
        || chr(8201) || chr(8202) || chr(8232) || chr(8233) || chr(8239) || chr(8287) || chr(12288));

-- Printable ASCII holds no white space but blanks.
create or replace macro read_label(raw) as
    case when raw >= ' ' then lower(trim(raw)) else lower(trimmed(readable_text(raw))) end;

create or replace macro finite_or_null(x) as case when isfinite(x) then x end;

create or replace macro read_number(raw) as
    case
        when regexp_full_match(raw, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?')
            then finite_or_null(try_cast(raw as double))
    end;

-- A hugeint holds every whole number of up to 38 digits.
create or replace macro read_integer(raw) as
    case
        when regexp_full_match(raw, '[+-]?[0-9]+') then try_cast(raw as hugeint)
        when read_number(raw) = trunc(read_number(raw)) then try_cast(read_number(raw) as hugeint)
    end;

-- An id is compared and never shown: a number that is no bigint, such as 4.5, gets a bigint of
-- its own far below all real ids, so that it stays apart from every other.
create or replace macro read_id(raw) as
    case
        when try_cast(read_integer(raw) as bigint) is not null then try_cast(read_integer(raw) as bigint)
        when read_number(raw) is not null
            then cast(-4611686018427387904 - (hash(read_number(raw)) >> 2)::hugeint as bigint)
    end;

create or replace macro read_flag(raw) as read_number(raw) <> 0;

create or replace macro is_present(raw) as raw is not null;

-- Whole seconds and milliseconds are told apart by size: 1e11 seconds is the year 5138.
create or replace macro instant_of_epoch(epoch) as
    make_timestamp(1000000 * case
        when epoch < 4133980800 then epoch
        when epoch between 100000000000 and 4133980799999 then epoch // 1000
    end);

create or replace macro utc_of_wall_time(wall, shift) as
    case
        when shift in ('', 'Z') then wall
        when shift[1] = '+' then wall - to_minutes(60 * shift[2:3]::bigint + shift[5:6]::bigint)
        else wall + to_minutes(60 * shift[2:3]::bigint + shift[5:6]::bigint)
    end;

create or replace macro instant_of_match(m) as
    utc_of_wall_time(
        try_cast(m.day || ' ' || case when m.hour_minute = '' then '00:00' else m.hour_minute end
            || case when m.seconds = '' then ':00' else ':' || m.seconds end as timestamp),
        m.shift);

create or replace macro within_readable_years(instant) as
    case when instant >= timestamp '1970-01-01' and instant < timestamp '2101-01-01' then instant end;

-- The two spellings that nearly all values have come first: the cast alone reads them, and is
-- fast; the pattern is there because the cast reads much else.
create or replace macro read_instant(raw) as
    within_readable_years(case
        when regexp_full_match(raw, '\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?)?')
            then try_cast(left(raw, 19) as timestamp)
        when regexp_full_match(raw, '\d+') then instant_of_epoch(try_cast(raw as bigint))
        when regexp_full_match(raw, '\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?')
            then instant_of_match(regexp_extract(
                raw,
                '^(.{10})(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$',
                ['day', 'hour_minute', 'seconds', 'shift']))
    end);
