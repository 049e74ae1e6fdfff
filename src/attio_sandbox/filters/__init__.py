"""Filters and sorts: from Attio's JSON to SQL over the table `cells`."""
