-- The casts: they turn a raw source value into a replica value, or into null if it is unreadable.
-- A raw value is text in the form in which the engine fetches it: null, printable ASCII unchanged, chr(1)
-- and hexadecimal digits for any other text, chr(2) for a value that the cast cannot read.

create or replace macro readable_text(raw) as
    case
        when raw >= ' ' then raw
        when raw[1] = chr(1) then try(decode(unhex(raw[2:])))
        when raw = '' then raw
    end;

create or replace macro read_text(raw) as readable_text(raw);

create or replace macro read_code(raw) as readable_text(raw);

create or replace macro trimmed(words) as trim(words, white_space());

-- In printable ASCII the only white space is the blank.
create or replace macro read_label(raw) as
    case when raw >= ' ' then lower(trim(raw)) else lower(trimmed(readable_text(raw))) end;

create or replace macro finite_or_null(x) as case when isfinite(x) then x end;

create or replace macro read_number(raw) as
    case
        when regexp_full_match(raw, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?')
            then finite_or_null(try_cast(raw as double))
    end;

-- DuckDB plans a macro's argument again for each use of it. A long argument is passed as the only element
-- of a list, because it is then planned once.
create or replace macro whole_number(numbers) as
    list_transform(numbers, lambda n: case when n = trunc(n) then try_cast(n as hugeint) end)[1];

-- A hugeint can hold every whole number of up to 38 digits.
create or replace macro read_integer(raw) as
    case
        when regexp_full_match(raw, '[+-]?[0-9]+') then try_cast(raw as hugeint)
        else whole_number([read_number(raw)])
    end;

-- An id is compared and never shown. A number that is not a bigint, such as 4.5, gets its own bigint far
-- below all real ids, so it differs from every other id.
create or replace macro id_of_number(numbers) as
    list_transform(
        numbers,
        lambda n: case
            when n = trunc(n) and try_cast(n as bigint) is not null then try_cast(n as bigint)
            when n is not null then cast(-4611686018427387904 - (hash(n) >> 2)::hugeint as bigint)
        end)[1];

create or replace macro read_id(raw) as
    case
        when regexp_full_match(raw, '[+-]?[0-9]+') and try_cast(raw as bigint) is not null
            then try_cast(raw as bigint)
        else id_of_number([read_number(raw)])
    end;

create or replace macro read_flag(raw) as read_number(raw) <> 0;

create or replace macro is_present(raw) as raw is not null;

-- The size distinguishes seconds from milliseconds, because 1e11 seconds is the year 5138.
create or replace macro instant_of_epoch(epoch) as
    make_timestamp(1000000 * case
        when epoch < 4133980800 then epoch
        when epoch between 100000000000 and 4133980799999 then epoch // 1000
    end);

create or replace macro within_readable_years(instants) as
    list_transform(
        instants,
        lambda t: case when t between timestamp '1970-01-01' and timestamp '2100-12-31 23:59:59' then t end)[1];

-- If a text ends in ±HH:MM, the minutes that its wall time is ahead of UTC; otherwise 0.
create or replace macro shift_minutes(raw) as
    case
        when raw[-6] in ('+', '-') then cast(raw[-6:-4] as integer) * 60 + cast(raw[-6] || raw[-2:] as integer)
        else 0
    end;

create or replace macro wall_time(raw) as
    try_cast(regexp_replace(raw, '(\.\d+)?(Z|[+-]\d\d:\d\d)?$', '') as timestamp);

-- The two most frequent spellings come first, because try_cast alone reads them fast. The pattern is needed
-- because try_cast also reads texts that are not instants.
create or replace macro read_instant(raw) as
    case
        when regexp_full_match(raw, '(19[7-9]\d|20\d\d|2100)-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?)?')
            then try_cast(left(raw, 19) as timestamp)
        when regexp_full_match(raw, '\d+') then instant_of_epoch(try_cast(raw as bigint))
        when regexp_full_match(raw, '\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?')
            then within_readable_years([wall_time(raw) - to_minutes(shift_minutes(raw))])
    end;

-- The fast casts read values that SQLite returns unchanged. The engine's fast expressions return chr(2) for
-- a value that is not of the kind the column should hold. Each macro returns what the cast above returns, or
-- null if only the cast above can decide.

-- Text that is not UTF-8 must stop here, because some of it makes DuckDB itself fail.
create or replace macro fast_text(raw) as
    case when not starts_with(raw, chr(2)) then try(decode(encode(raw))) end;

create or replace macro fast_ascii_label(words) as
    case
        when words = '' then words
        when strlen(words) = length(words) and words >= '!' and words[-1] >= '!' then lower(words)
    end;

create or replace macro fast_label(raw) as fast_ascii_label(fast_text(raw));

create or replace macro fast_number(raw) as finite_or_null(try_cast(raw as double));

create or replace macro fast_whole_number(raw) as cast(try_cast(raw as bigint) as double);

create or replace macro fast_integer(raw) as cast(try_cast(raw as bigint) as hugeint);

create or replace macro fast_id(raw) as try_cast(raw as bigint);

create or replace macro fast_flag(raw) as try_cast(raw as bigint) <> 0;
