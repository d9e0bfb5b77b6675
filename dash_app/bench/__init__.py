"""What the dashboard is measured beside in `dashboard bench`: the same pages as an ordinary Dash app."""
