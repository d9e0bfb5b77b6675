-- What version 0.1.0 left in a source with 13 jobs: its tables as migrations 049 to 051 made them, and one run.

CREATE TABLE dashboard_cache (
    cache_key text primary key,
    cache_value blob not null,
    as_of text not null,
    created_at text not null,
    expires_at text not null,
    raw_bytes integer not null,
    entries integer not null,
    compute_ms real
);
CREATE TABLE dashboard_problems (
    cache_key text primary key,
    kind text not null,
    reason text not null,
    happened_at text not null
);
CREATE TABLE dashboard_runs (
    id integer primary key autoincrement,
    "trigger" text not null,
    scope text not null,
    as_of text not null,
    started_at text not null,
    finished_at text not null,
    duration_ms integer not null,
    datasets integer not null,
    entries integer not null,
    status text not null,
    error text,
    generation integer
);
CREATE TABLE dashboard_unreadable (
    table_name text not null,
    column_name text not null,
    unreadable_values integer not null,
    primary key (table_name, column_name)
);
CREATE TABLE dashboard_state (
    name text primary key,
    value text not null
);
CREATE TABLE dashboard_replica (
    table_name text primary key,
    kept text not null,
    rows integer not null,
    proved_at text,
    covered real not null,
    repaired integer not null,
    repaired_at text
);
CREATE TABLE dashboard_cache_reads (
    cache_key text not null,
    hour text not null,
    outcome text not null,
    cause text not null,
    duration_bucket integer not null,
    reads integer not null,
    total_us integer not null,
    primary key (cache_key, hour, outcome, cause, duration_bucket)
) without rowid;
CREATE TABLE dashboard_cache_writes (
    cache_key text not null,
    hour text not null,
    computations integer not null,
    changed integer not null,
    compute_us integer not null,
    primary key (cache_key, hour)
) without rowid;
CREATE TABLE dashboard_source_marks (
    stored_at text not null,
    table_name text not null,
    last_id integer not null,
    seen_at text not null,
    primary key (stored_at, table_name)
) without rowid;
insert into dashboard_cache values ('errors/active_errors_count', X'789CAB564A4C2EC92C4B8D4F2D2ACA2F2A56B28A36B488D5514A4BCCCCC9CC4B8F2FCE2C4905099A42C55253E2F34B4B8A52139333C0E286460889ACFC24B0506C2D0012FC1DC9', '2026-11-20 12:00:00', '2026-11-26 02:03:00', '2026-11-26 02:18:00', 85, 1, 7.4028145998454419896e+01);
insert into dashboard_cache values ('cron/cron_job_summary', X'789C85544D6FDB300CFD2B46CE4A21C9F2E7AD6B7728366045D3D386C050647531E2C88124770D86FDF751B695B88DB22130433F52C47B34A9DF0BC5F77251FE58DC1A236D24F8C1F65A2ED0E2AE53960B1B49A51BB1DD4B6501BCE766BBE9B8AEA3472D9777DDFED05B6E9B4E0D31CB37DCC868C3C5AE3F38A4D152D84E1FA3667FE8B42BF0A036DD5B648E4AC0CB1779FCD5412D2D8DE45A6C01FADAA89DAC1F944FF9D65B2DB9D84646AABA513F017AD4DDA133BC8D6ACD5FEC88AD1A2BA3BA31A27B95FAE801A82B3A3DCBF0AF6BB4B0DCECAA9D3C3AE9DC49BF3B2917A3F2CF73E1075032A895A716005A4F923F79C5B557FCE005374EF06A14B31BF53E9DE5B683DC464D09DDA47675127B98C4DE9FB51A50723F93EADE9F664ADDFBEA2C542ABE69650D3AADEE25FA605E786B2EC06B06AA09DDD846F0D6971BCFCFAA5CB8FF8A4D451B65A57EE56DB56F1474D840718A6F304A9D2183616CF63704E3319A0FFE297BF008F55950BCE5C656C6726D655D71EBBE37C5345D12B2A4F8999092E525CBBE43E3DEC31497710EB0EADBF65D0CD332C6258ECF47F092B067CC5C254C2E2B25719914739814AE086525C61FB271512669890374181DE97C649904C9C759498B0093B44C9220C11878CF9A657BF71116A617421AE386CA7B633B0281A0F7C21B377BFF4BD3BD52D3F04E98E752F77AB85F2AC7871044F391415150988C1CC5886660184A11A563285D0F054D45D9160E651451866028E0011FA31CB1DC41600905683DD284DDF747309AFFFC6178D6278215D09255E6D60ADF143926499EC5DE2202E3377039399054509CC6CCDB3109DFA438238CE689B74326C32C4B4931DAAB5086699CE32219AD83F2AC486023324AF38224E990857156C469325A020A947C737D958165A0250E2D03BDB60C64BE0C178B02E74868F4F3E0E8437670F4A14868F46978F4414168F4E3F0E80F04A7D177D72974055A32BFB7AED98B0BEE8A5DFFF90B41101F87', '2026-11-20 12:00:00', '2026-11-26 02:03:00', '2026-11-26 02:18:00', 1890, 13, 1.10499170998082263395e+02);
insert into dashboard_cache values ('llm/llm_usage_by_stage', X'789C454FD16AC3300CFC973C9B22C99265F7574A0921335D589A84D87B1AFBF7C9E9428DC0A7F3DDC9FAE94A1D1EB9BBDEBA6D5FB7B50C73E95CB7E76D9EF20B9571DDA7E561382FFB347E3EF352AD39E9BBEBC66136D7F5A6E03C384A4EA2F36A0F16F9DC6A5FD7AFBC34010550E20B38093181DD4400E40F1005D500A644821768B1669E739DD6E59D2028494CA6A8A1A93969CB4109E970078AA7B9D4FEBB7C98072F889EC147675265C2D00043100AD2A0D7A80407A404442867C096F7BE6DF79F64029B0FA2218A22DB9F959A0B88D5C7F03E7AB0C88011C5162346AFC91F6C9B9B42683D82678E2F5623FB48ECCFBAFFFE015C9E6A59', '2026-11-20 12:00:00', '2026-11-26 02:03:00', '2026-11-26 03:03:00', 412, 5, 42.5580129995069);
insert into dashboard_runs values (1, 'command', 'all', '2026-11-20 12:00:00', '2026-11-26 02:02:45', '2026-11-26 02:03:00', 14560, 23, 1091, 'success', NULL, 4);
insert into dashboard_unreadable values ('http_errors', 'status_code', 1);
insert into dashboard_unreadable values ('http_errors', 'occurred_at', 1);
insert into dashboard_unreadable values ('llm_usage', 'estimated_cost', 1);
insert into dashboard_unreadable values ('llm_usage', 'created_at', 1);
insert into dashboard_unreadable values ('outreaches', 'delivered_at', 1);
insert into dashboard_state values ('generation', '4');
insert into dashboard_state values ('generation_mark', 'c61f10f5a0c9b7a0');
insert into dashboard_state values ('time_zone', 'UTC');
insert into dashboard_state values ('integrity', 'ok');
insert into dashboard_state values ('integrity_checked_at', '2026-11-26 02:02:44');
insert into dashboard_state values ('replica eec631ccd51f4887a542f188d0355775', '1');
insert into dashboard_replica values ('conversations', 'appended', 114, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('cron_job_logs', 'appended', 34698, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('cron_jobs', 'whole', 13, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('http_errors', 'appended', 190, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('llm_usage', 'appended', 573, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('outreaches', 'changed', 320, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('site_status', 'appended', 627, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('sites', 'changed', 100, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_replica values ('system_metrics', 'appended', 129600, '2026-11-26 02:02:45', 0.0, 0, NULL);
insert into dashboard_cache_writes values ('cron/cron_job_summary', '2026-11-26 02', 1, 1, 110499);
insert into dashboard_cache_writes values ('errors/active_errors_count', '2026-11-26 02', 1, 1, 74028);
insert into dashboard_cache_writes values ('llm/llm_usage_by_stage', '2026-11-26 02', 1, 1, 42558);
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'conversations', 114, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'cron_job_logs', 34698, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'cron_jobs', 13, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'http_errors', 190, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'llm_usage', 573, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'outreaches', 320, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'site_status', 627, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'sites', 100, '2026-11-26 02:02:54');
insert into dashboard_source_marks values ('2026-11-26 02:03:00', 'system_metrics', 129600, '2026-11-26 02:02:54');
CREATE TRIGGER dashboard_cache_deleted
after delete on dashboard_cache
begin
    update dashboard_state set value = cast(value as integer) + 1 where name = 'generation';
end;
CREATE TRIGGER dashboard_cache_updated
after update on dashboard_cache
begin
    update dashboard_state set value = cast(value as integer) + 1 where name = 'generation';
end;
CREATE TRIGGER dashboard_generation_marked
after update on dashboard_state
when new.name = 'generation'
begin
    update dashboard_state set value = lower(hex(randomblob(8))) where name = 'generation_mark';
end;
