"""The baselines, a file each; `forecast.baselines` lists them."""
