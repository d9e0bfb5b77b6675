-- Error messages as they are grouped: what differs from one occurrence to the next gives way to a mark.

create or replace macro is_message(message) as coalesce(trimmed(message) <> '', false);

create or replace macro without_urls(message) as
    regexp_replace(message, 'https?://[^\s\v\x1c-\x1f\x85\p{Z}]+', '<url>', 'g');

create or replace macro without_uuids(message) as
    regexp_replace(message, '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', '<id>', 'g');

create or replace macro without_hashes(message) as
    regexp_replace(message, '\b[0-9a-fA-F]{16,}\b', '<id>', 'g');

create or replace macro without_numbers(message) as regexp_replace(message, '\p{Nd}+', '<n>', 'g');

create or replace macro normalised_message(message) as
    left(without_numbers(without_hashes(without_uuids(without_urls(trimmed(message))))), 200);
