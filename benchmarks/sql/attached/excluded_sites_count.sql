select count(*) as excluded_sites
from sites
where stage = 'excluded'
