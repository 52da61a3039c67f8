"""Lists of invalid holders' cards (失效名单): compact, exact for every issued number, signed, with overlays."""
