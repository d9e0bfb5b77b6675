-- The stages of the pipeline, in order. `excluded` and `failing` are not stages of it.

create or replace macro pipeline_stages() as table
    select position, stage
    from (
        values
            (1, 'found'),
            (2, 'assets_captured'),
            (3, 'scored'),
            (4, 'rescored'),
            (5, 'enriched'),
            (6, 'proposals_drafted'),
            (7, 'outreach_partial'),
            (8, 'outreach_sent')
    ) as pipeline (position, stage);

-- What a site without a reply is, in the order of outcomes: excluded, failing, outreach_sent, in_pipeline.
create or replace macro outcome_of(stage) as
    case stage when 'excluded' then 3 when 'failing' then 4 when 'outreach_sent' then 5 else 6 end;
