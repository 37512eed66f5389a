module github.com/cacheops/cacheops

go 1.25.0
