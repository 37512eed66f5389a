package sqlcache_test
var preparedPrograms,writePrograms, transactionPrograms, contextPrograms, sessionPrograms []program
func failurePrograms() []program { return nil }
