module github.com/cacheops/cacheops/cmd/cacheops

go 1.26.0
