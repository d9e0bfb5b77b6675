-- Error messages as they are grouped: parts that differ between occurrences are replaced by a placeholder.

create or replace macro is_message(message) as coalesce(trimmed(message) <> '', false);

create or replace macro without_urls(message) as
    regexp_replace(message, 'https?://[^\s\v\x1c-\x1f\x85\p{Z}]+', '<url>', 'g');

create or replace macro without_uuids(message) as
    regexp_replace(message, '\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b', '<id>', 'g');

create or replace macro without_hashes(message) as
    regexp_replace(message, '\b[0-9a-fA-F]{16,}\b', '<id>', 'g');

create or replace macro without_numbers(message) as regexp_replace(message, '[0-9]+', '<n>', 'g');

create or replace macro normalised_message(message) as
    left(without_numbers(without_hashes(without_uuids(without_urls(trimmed(message))))), 200);

-- A message on one line: white space becomes single blanks, and control and format characters are removed.
-- Nearly all messages are printable ASCII with single blanks, so one pattern tests for that first.
create or replace macro cleaned_message(message) as
    case
        when regexp_matches(message, '[^!-~]{2}|[^ -~]|^ | $')
            then trim(
                regexp_replace(
                    regexp_replace(message, '[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\p{Cf}]+', '', 'g'),
                    '[\t-\r\x85\p{Z}]+', ' ', 'g'
                )
            )
        else message
    end;

-- The text of an error as it is shown; null if it is empty.
create or replace macro error_text(message) as nullif(left(cleaned_message(message), 500), '');
