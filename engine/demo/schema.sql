-- The operational database of an outreach pipeline, as the pipeline creates it.
--
-- Instants are UTC text in two spellings, often side by side in one column:
-- what SQLite's CURRENT_TIMESTAMP writes (2026-02-12 10:00:00) and what a
-- JavaScript Date writes (2026-02-12T10:00:00.000Z). Declared column types are
-- affinities only: SQLite stores whatever it is given.

-- The dashboard reads while the pipeline writes.
PRAGMA journal_mode = WAL;

-- A website on its way through the pipeline, one row, rewritten at each stage.
CREATE TABLE sites (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    domain           TEXT NOT NULL,
    landing_page_url TEXT,
    keyword          TEXT,                      -- the search that found the site
    country_code     TEXT,
    html_dom         TEXT,                      -- the captured page, null before the capture
    -- In order: found, assets_captured, scored, rescored, enriched,
    -- proposals_drafted, outreach_partial, outreach_sent.
    -- Off the pipeline: excluded, failing.
    status           TEXT NOT NULL DEFAULT 'found',
    score            REAL,                      -- 0 to 100, null before the scoring
    grade            TEXT,                      -- A+ to F, follows from the score
    http_status_code INTEGER,                   -- of the last capture, null without a response
    error_message    TEXT,
    retry_count      INTEGER NOT NULL DEFAULT 0,
    created_at       DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at       DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_sites_status ON sites(status);
CREATE INDEX idx_sites_updated_at ON sites(updated_at);

-- The history of sites.status: a row is added whenever a site enters a status.
CREATE TABLE site_status (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    INTEGER NOT NULL REFERENCES sites(id),
    status     TEXT NOT NULL,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_site_status_created_at ON site_status(created_at);

-- A message drafted for one contact of a site, rewritten as it is approved and sent.
CREATE TABLE outreaches (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id        INTEGER NOT NULL REFERENCES sites(id),
    contact_method TEXT NOT NULL,               -- email, sms, form, linkedin, x
    contact_uri    TEXT,
    -- pending, approved, sent, delivered, bounced, failed
    status         TEXT NOT NULL DEFAULT 'pending',
    subject_line   TEXT,
    proposal_text  TEXT,
    error_message  TEXT,
    created_at     DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at     DATETIME DEFAULT CURRENT_TIMESTAMP,
    sent_at        DATETIME,
    delivered_at   DATETIME
);
CREATE INDEX idx_outreaches_status ON outreaches(status);
CREATE INDEX idx_outreaches_updated_at ON outreaches(updated_at);

-- The messages that follow an outreach, both ways. Only read_at is ever set later.
CREATE TABLE conversations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    outreach_id  INTEGER NOT NULL REFERENCES outreaches(id),
    direction    TEXT NOT NULL,                 -- inbound, outbound
    channel      TEXT NOT NULL,                 -- email, sms, form, linkedin, x
    sentiment    TEXT,                          -- positive, neutral, objection, negative
    message_body TEXT,
    received_at  DATETIME DEFAULT CURRENT_TIMESTAMP,
    read_at      DATETIME
);
CREATE INDEX idx_conversations_received_at ON conversations(received_at);

-- The calls of language models.
CREATE TABLE llm_usage (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id           INTEGER REFERENCES sites(id),
    stage             TEXT NOT NULL,            -- scoring, rescoring, enrichment, proposals, replies
    provider          TEXT NOT NULL,
    model             TEXT NOT NULL,
    prompt_tokens     INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    estimated_cost    REAL NOT NULL DEFAULT 0,  -- US dollars
    request_id        TEXT,
    created_at        DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_llm_usage_created_at ON llm_usage(created_at);

-- The requests of the capture stage that failed.
CREATE TABLE http_errors (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id     INTEGER REFERENCES sites(id),
    status_code INTEGER,                        -- null: no response (DNS, TLS, timeout)
    url         TEXT,
    message     TEXT,
    occurred_at DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_http_errors_occurred_at ON http_errors(occurred_at);

-- The jobs the pipeline's scheduler runs.
CREATE TABLE cron_jobs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    task_key       TEXT NOT NULL UNIQUE,
    description    TEXT,
    handler_type   TEXT NOT NULL DEFAULT 'function',
    handler_value  TEXT,
    interval_value INTEGER NOT NULL,
    interval_unit  TEXT NOT NULL,               -- minutes, hours, days
    enabled        INTEGER NOT NULL DEFAULT 1,
    critical       INTEGER NOT NULL DEFAULT 0,
    last_run_at    DATETIME,
    created_at     DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at     DATETIME DEFAULT CURRENT_TIMESTAMP
);

-- Their runs: a row is added when a run starts and completed when it ends.
CREATE TABLE cron_job_logs (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    job_name        TEXT NOT NULL,              -- cron_jobs.task_key
    status          TEXT NOT NULL,              -- running, success, failed
    started_at      DATETIME NOT NULL,
    finished_at     DATETIME,
    summary         TEXT,                       -- JSON
    error_message   TEXT,
    items_processed INTEGER NOT NULL DEFAULT 0,
    items_failed    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX idx_cron_job_logs_started_at ON cron_job_logs(started_at);

-- The load of the pipeline's machine, one row a minute.
CREATE TABLE system_metrics (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    cpu_percent    REAL,
    memory_percent REAL,
    disk_percent   REAL,
    recorded_at    DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_system_metrics_recorded_at ON system_metrics(recorded_at);
