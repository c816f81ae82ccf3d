"""The watch page: the population of a run plays in the browser, during the run or afterwards."""
